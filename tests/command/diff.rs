//! `diff`: the differences between two archives.

use snakecrate_base::testing::{ok, serve, status};

use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::{OPEN, PAIR, PROBE};
use crate::support::wheel::Wheel;

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

/// Two archives of `asked`: versions 1 and 2.
fn two_versions() -> Sandbox {
    let sandbox = Sandbox::new();
    for version in ["1", "2"] {
        Wheel::new("asked", version).write(&sandbox.path(version));
        let arguments = ["asked", "-o", &format!("app{version}"), "--wheelhouse", version];
        sandbox.build(arguments).done();
    }
    sandbox
}

#[test]
fn yanked_versions_stand_out_if_the_index_says_so() {
    const JSON: &[u8] =
        br#"{"files": [{"filename": "asked-2-py3-none-any.whl", "yanked": "leaks"}]}"#;
    const HTML: &[u8] = b"<a href='asked-2-py3-none-any.whl#sha256=0' data-yanked='leaks'>x</a>";
    let sandbox = two_versions();
    for body in [JSON, HTML] {
        let (index, requests) = serve(move |path, _| match path {
            "/simple/asked/" => ok(body),
            _ => status("404 Not Found"),
        });
        let index = format!("{index}/simple");
        let online = ["diff", "app1", "app2", "--online", "--index-url", &index];
        sandbox.run(online).success().stdout_contains("YANKED: leaks").done();
        assert_eq!(requests(), 1, "only wheels are asked for");
        let json = sandbox.run(online.iter().chain(&["--json"])).json();
        let asked = json["components"].as_array().unwrap();
        let asked = asked.iter().find(|one| one["kind"] == "wheel").unwrap();
        assert_eq!((&asked["yanked"], &json["index"]), (&"leaks".into(), &index.clone().into()));
        assert!(asked["notes"].as_array().unwrap().contains(&"yanked".into()));
        let back = sandbox.run(["diff", "app2", "app1", "--online", "--index-url", online[5]]);
        assert!(!back.text().contains("YANKED"), "version 1 isn't");
    }
}

#[test]
fn an_index_that_does_not_answer_fails_behind_the_differences() {
    let sandbox = two_versions();
    let (index, _) = serve(|_, _| status("403 Forbidden"));
    let outcome = sandbox.run(["diff", "app1", "app2", "--online", "--index-url", &index]);
    let outcome = outcome.code(1).stdout_contains("asked");
    let error = "cannot ask the package index whether asked 2 was yanked";
    outcome.stderr_contains(error).stderr_contains("or leave out --online").done();
    sandbox.run(["diff", "app1", "app2"]).success().stdout_contains("asked").done();
}
