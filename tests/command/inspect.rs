//! Reading archives: `inspect`, `verify`, `extract`, and zip tools.

use std::process::Command;

use crate::support::needs::needs;
use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::{PAIR, PROBE};

#[test]
fn inspect_lists_components_with_version_digest_and_size() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let document = sandbox.run(["inspect", "--json", "app"]).json();
    assert_eq!(document["name"], "probe");
    assert_eq!(document["version"], "1.2.3");
    let components = document["components"].as_array().unwrap();
    assert_eq!(components[0]["kind"], "runtime");
    let kinds: Vec<_> = components.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert!(kinds.is_sorted_by_key(|kind| {
        ["runtime", "part", "app", "libc"].map(|k| k == *kind).iter().position(|is| *is)
    }));
    let app = components.iter().find(|one| one["kind"] == "app").unwrap();
    assert_eq!(app["name"], "probe");
    for component in components {
        let digest = component["digest"].as_str().unwrap();
        assert_eq!(digest.trim_start_matches("blake3:").len(), 64, "{digest}");
        assert!(component["unpacked"].as_u64().unwrap() > 0);
        assert!(!component["version"].as_str().unwrap().is_empty());
    }
}

#[test]
fn inspect_shows_the_entries() {
    let sandbox = Sandbox::new().with(&PAIR, "app");
    let text = sandbox.run(["inspect", "app"]).text();
    for part in ["pair", "1.0", "left", "pair:left", "right", "x86_64-unknown-linux"] {
        assert!(text.contains(part), "`{part}` in:\n{text}");
    }
}

#[test]
fn verify_accepts_an_undamaged_archive() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    sandbox.run(["verify", "app"]).success().stdout_contains("app").done();
}

#[test]
fn extract_writes_the_components_as_ordinary_files() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let _ = sandbox.run(["extract", "app", "out"]).success().any_stderr().text();
    let found = walkdir::WalkDir::new(sandbox.path("out")).into_iter().flatten();
    let names: Vec<_> = found.map(|entry| entry.file_name().to_owned()).collect();
    for name in ["probe.py", "os.py", "entry_points.txt"] {
        assert!(names.iter().any(|found| found == name), "{name}");
    }
}

#[test]
fn zip_tools_read_the_archive() {
    needs!(Program("unzip"));
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let unzip = Command::new("unzip").arg("-tqq").arg(sandbox.path("app")).output().unwrap();
    assert!(unzip.status.success(), "{unzip:?}");
    let mut python = Command::new("python3");
    let list = python.args(["-m", "zipfile", "-l"]).arg(sandbox.path("app")).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    assert!(list.contains("\nmanifest.json "), "{list}");
    assert!(list.contains("\ncomponents/runtime-cpython-3."), "{list}");
}
