//! `diff`: the differences between two archives.

use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::{OPEN, PAIR, PROBE};

#[test]
fn equal_archives_have_no_differences() {
    let sandbox = Sandbox::new().with(&PROBE, "app").with(&PROBE, "copy");
    sandbox.run(["diff", "--exit-code", "app", "copy"]).expect(0, "app and copy are equal\n", "");
}

#[test]
fn an_option_that_differs_is_named() {
    let sandbox = Sandbox::new().with(&PROBE, "app").with(&OPEN, "open");
    let document = sandbox.run(["diff", "--json", "app", "open"]).json();
    assert_eq!(document["equal"], false);
    let properties = document["properties"].as_array().unwrap();
    let options = properties.iter().find(|one| one["name"] == "launch.options").unwrap();
    assert_ne!(options["old"], options["new"]);
    let wheels = document["components"].as_array().unwrap();
    assert!(wheels.iter().all(|one| one["kind"] != "runtime"), "the runtime is the same");
}

#[test]
fn entries_and_components_come_and_go() {
    let sandbox = Sandbox::new().with(&PROBE, "app").with(&PAIR, "pair");
    let document = sandbox.run(["diff", "--json", "app", "pair"]).json();
    let change = |list: &str, name: &str| {
        let all = document[list].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap()["change"].clone()
    };
    assert_eq!(change("entries", "probe"), "removed");
    assert_eq!(change("entries", "left"), "added");
    assert_eq!(change("components", "probe"), "removed");
    assert_eq!(change("components", "pair"), "added");
}

#[test]
fn exit_code_tells_different_archives_from_failures() {
    let sandbox = Sandbox::new().with(&PROBE, "app").with(&PAIR, "pair");
    sandbox.run(["diff", "app", "pair"]).success().stdout_contains("left").done();
    let exit = sandbox.run(["diff", "--exit-code", "app", "pair"]);
    exit.code(3).stdout_contains("left").done();
    let missing = sandbox.run(["diff", "--exit-code", "app", "missing"]);
    missing.code(1).stderr_contains("no such file: `missing`").done();
}
