//! A runtime of a core and parts: who shares what, and how an environment has it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::repair::{files, is_whole};
use crate::support::sandbox::Sandbox;

/// Prints the modules that work of those that parts have.
const SCRIPTS: [(&str, &str); 3] = [
    ("plain", "print('plain')\n"),
    ("secure", "import ssl\nprint('secure', ssl.create_default_context().check_hostname)\n"),
    (
        "store",
        "import sqlite3\nprint('store', sqlite3.connect(':memory:').execute('select 6*7').fetchone())\n",
    ),
];
const SAYS: [(&str, &str); 3] =
    [("plain", "plain\n"), ("secure", "secure True\n"), ("store", "store (42,)\n")];

/// A sandbox with an archive of each script.
fn built(options: &[&str]) -> Sandbox {
    let sandbox = SCRIPTS.iter().fold(Sandbox::new(), |sandbox, (name, script)| {
        sandbox.file(&format!("{name}.py"), script)
    });
    for (name, _) in SCRIPTS {
        let script = format!("{name}.py");
        sandbox
            .build([&[script.as_str(), "-o", name][..], options].concat())
            .success()
            .any_stderr()
            .done();
    }
    sandbox
}

/// The components of an archive of these kinds: labels and digests.
fn components(sandbox: &Sandbox, archive: &str, kinds: &[&str]) -> BTreeMap<String, String> {
    let document = sandbox.run(["inspect", "--json", archive]).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = document["components"].as_array().unwrap().iter();
    let all = all.filter(|one| kinds.contains(&one["kind"].as_str().unwrap()));
    all.map(|one| (text(&one["name"]), text(&one["digest"]))).collect()
}

#[test]
fn applications_of_one_interpreter_have_the_same_core() {
    let sandbox = built(&[]);
    let core = components(&sandbox, "plain", &["runtime"]);
    assert_eq!(core.len(), 1);
    for name in ["secure", "store"] {
        assert_eq!(components(&sandbox, name, &["runtime"]), core, "{name}");
    }
    assert!(components(&sandbox, "plain", &["part"]).is_empty());
    let secure = components(&sandbox, "secure", &["part"]);
    let store = components(&sandbox, "store", &["part"]);
    assert!(secure.contains_key("ssl") && !secure.contains_key("sqlite3"), "{secure:?}");
    assert!(store.contains_key("sqlite3") && !store.contains_key("ssl"), "{store:?}");
}

#[test]
fn no_file_of_the_runtime_is_stored_twice() {
    let sandbox = built(&[]);
    for (name, says) in SAYS {
        sandbox.archive(name).expect(0, says, "");
    }
    let mut stored: BTreeMap<Vec<u8>, (u64, PathBuf)> = BTreeMap::new();
    let all = [files(&sandbox, "components"), files(&sandbox, "envs")].concat();
    let is_of_runtime = |path: &&PathBuf| {
        let text = path.to_str().unwrap();
        text.contains("/lib/python3.") && !text.contains("/site-packages/")
            || text.contains("/lib/lib")
    };
    let of_runtime: Vec<_> = all.iter().filter(is_of_runtime).collect();
    assert!(of_runtime.len() > 1500, "{}", of_runtime.len());
    for path in of_runtime {
        let contents = fs::read(path).unwrap();
        // Packages of the standard library have equal modules, such as empty ones.
        if contents.len() < 4096 {
            continue;
        }
        let inode = fs::metadata(path).unwrap().ino();
        let (first, other) = stored.entry(contents).or_insert_with(|| (inode, path.clone()));
        assert_eq!(inode, *first, "{} and {}", path.display(), other.display());
    }
}

#[test]
fn only_a_runtime_with_parts_has_links_in_the_environment() {
    let sandbox = built(&[]);
    for (name, says) in SAYS {
        sandbox.archive(name).expect(0, says, "");
        let env = env_of(&sandbox, name);
        assert_eq!(env.join(".snakecrate/runtime").exists(), name != "plain", "{name}");
        let home = fs::read_to_string(env.join("pyvenv.cfg")).unwrap();
        let place = if name == "plain" { "/components/" } else { "/.snakecrate/runtime/bin" };
        assert!(home.lines().next().unwrap().contains(place), "{home}");
    }
}

#[test]
fn lost_files_of_a_part_come_back() {
    let sandbox = built(&[]);
    sandbox.archive("secure").expect(0, SAYS[1].1, "");
    let is_of_ssl = |path: &&PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("_ssl.") || name.starts_with("libssl.") || name == "cacert.pem"
    };
    let damage: [fn(&Path); 2] = [
        |path| fs::remove_file(path).unwrap(),
        |path| {
            fs::remove_file(path).unwrap();
            fs::write(path, "damaged").unwrap();
        },
    ];
    // What only this part has, such as `share`, is a link in the environment.
    for (area, count) in [("envs", 2), ("components", 3)] {
        let found: Vec<_> = files(&sandbox, area);
        let found: Vec<_> = found.iter().filter(is_of_ssl).collect();
        assert_eq!(found.len(), count, "{found:?}");
        for (path, damage) in found.iter().zip(damage.iter().cycle()) {
            damage(path);
            let verify = sandbox.archive("secure").env("SNAKECRATE", "verify").output();
            let name = path.file_name().unwrap().to_str().unwrap();
            verify.code(1).stdout_contains(name).done();
            sandbox
                .archive("secure")
                .env("SNAKECRATE", "repair")
                .output()
                .success()
                .any_stderr()
                .text();
            sandbox.archive("secure").expect(0, SAYS[1].1, "");
            is_whole(&sandbox);
        }
    }
}

#[test]
fn parts_find_their_libraries_with_a_bundled_c_library() {
    let sandbox = built(&["--libc", "bundled"]);
    for (name, says) in SAYS {
        sandbox.archive(name).expect(0, says, "");
        sandbox.archive(name).expect(0, says, "");
    }
    is_whole(&sandbox);
}

#[test]
fn a_policy_that_names_files_makes_one_runtime() {
    let sandbox = Sandbox::new().file("a.py", "import ssl\nprint(ssl.HAS_SNI)\n");
    let options = ["a.py", "-o", "a", "--runtime-drop", "wave.py"];
    sandbox.build(options).success().any_stderr().done();
    assert!(components(&sandbox, "a", &["part"]).is_empty());
    sandbox.archive("a").expect(0, "True\n", "");
    // The name of a part names no file.
    sandbox.build(["a.py", "-o", "b", "--runtime-keep", "sqlite3"]).success().any_stderr().done();
    assert!(components(&sandbox, "b", &["part"]).contains_key("sqlite3"));
    sandbox.archive("b").expect(0, "True\n", "");
}

/// The environment of the archive `name`.
fn env_of(sandbox: &Sandbox, name: &str) -> PathBuf {
    let info = sandbox.run(["cache", "list", "--json"]).json();
    let mut envs = info["envs"].as_array().unwrap().iter();
    let env = envs.find(|env| env["name"] == name).unwrap();
    env["path"].as_str().unwrap().into()
}
