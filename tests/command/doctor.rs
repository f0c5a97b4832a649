//! `snakecrate doctor`: what this machine has and lacks for builds.

use serde_json::Value;

use crate::support::needs::needs;
use crate::support::sandbox::Sandbox;

/// The states of a subject, and what was found.
fn checks(document: &Value, subject: &str) -> Vec<(String, String, String)> {
    let all = document["checks"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of_subject = all.filter(|check| check["subject"] == subject);
    of_subject.map(|one| (text(&one["state"]), text(&one["found"]), text(&one["help"]))).collect()
}

#[test]
fn this_machine_can_build() {
    let sandbox = Sandbox::new();
    let document = sandbox.run(["doctor", "--json"]).json();
    assert_eq!(document["can_build"], true);
    for subject in ["launcher", "python", "uv", "cache"] {
        let found = checks(&document, subject);
        assert!(matches!(&found[..], [(state, ..)] if state == "good"), "{document:#}");
    }
    let place = format!("{}/build (", sandbox.cache().display());
    assert!(checks(&document, "cache")[0].1.starts_with(&place), "{document:#}");
    // Everything that is limited says what to do.
    for check in document["checks"].as_array().unwrap() {
        assert_eq!(check["state"] == "good", check["help"].is_null(), "{check:#}");
    }
    let text = sandbox.run(["doctor"]).text();
    assert!(text.ends_with("\nThis machine can build.\n"), "{text}");
    for check in document["checks"].as_array().unwrap() {
        let state = check["state"].as_str().unwrap();
        let subject = check["subject"].as_str().unwrap();
        let start = format!("{state:7}  {subject:15}  ");
        assert!(text.lines().any(|line| line.starts_with(&start)), "`{start}` in:\n{text}");
    }
}

#[test]
fn without_uv_only_applications_without_dependencies_can_be_built() {
    let sandbox = Sandbox::new();
    let run = sandbox.packer(["doctor", "--json"]).env("UV", sandbox.path("absent"));
    let document = run.output().json();
    assert_eq!(document["can_build"], true);
    let (state, found, help) = checks(&document, "uv").remove(0);
    assert_eq!(state, "limited");
    assert!(found.ends_with("; only applications without dependencies can be built"), "{found}");
    assert!(!help.is_empty());
}

#[test]
fn without_a_cache_nothing_can_be_built() {
    let sandbox = Sandbox::new().file("file", "");
    let run = sandbox.packer(["doctor", "--json"]).env("SNAKECRATE_CACHE", sandbox.path("file"));
    let (status, document, _) = run.output().parts();
    assert_eq!(status.code(), Some(1));
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["can_build"], false);
    let (state, _, help) = checks(&document, "cache").remove(0);
    let advice = "set SNAKECRATE_CACHE to a directory that you own, where programs may run";
    assert_eq!((&*state, &*help), ("bad", advice));
    let run = sandbox.packer(["doctor"]).env("SNAKECRATE_CACHE", sandbox.path("file"));
    run.output().code(1).stdout_contains("\nNothing can be built here.\n").done();
}

#[test]
fn a_mount_without_execution_is_named_with_its_effect() {
    needs!(Mounts);
    let sandbox = Sandbox::new();
    let mount = format!("mount -t tmpfs -o noexec,size=2G none {}", sandbox.home().display());
    let run = sandbox.packer(["doctor", "--json"]).env("TMPDIR", sandbox.home());
    let document = run.mounted(&mount).output().json();
    assert_eq!(document["can_build"], true);
    let (state, found, help) = checks(&document, "temporary files").remove(0);
    assert_eq!(state, "limited");
    let effect = "mounted with noexec: build back ends that compile may fail there";
    assert!(found.contains("(tmpfs)") && found.ends_with(effect), "{found}");
    assert_eq!(help, "set TMPDIR to a directory elsewhere");
}

#[test]
fn little_space_is_named_with_what_makes_room() {
    needs!(Mounts);
    let sandbox = Sandbox::new();
    let mount = format!("mount -t tmpfs -o size=10M,mode=700 none {}", sandbox.cache().display());
    let document = sandbox.packer(["doctor", "--json"]).mounted(&mount).output().json();
    let (state, found, help) = checks(&document, "cache").remove(0);
    assert_eq!(state, "limited");
    assert!(found.ends_with("free: a build may need more"), "{found}");
    assert!(help.contains("snakecrate cache prune"), "{help}");
}
