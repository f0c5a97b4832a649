//! The files that a build for several targets writes.

use std::fs;

use super::*;

const FAILURE: i32 = 1;

fn hello() -> Sandbox {
    Sandbox::new().file("hello.py", "print('hello')\n")
}

#[test]
fn several_targets_are_files_of_a_directory() {
    needs_launcher!();
    let sandbox = hello();
    let minor = &minors(&sandbox)[0];
    let run = build_both(&sandbox, minor).args(["hello.py", "--quiet", "--no-proof"]);
    run.args(["-o", "dist", "--report", "reports"]).expect(0, "", "");
    assert_eq!(names(&sandbox, "dist"), both("hello"));
    let reports = both("hello").map(|name| format!("{name}.json"));
    assert_eq!(names(&sandbox, "reports"), reports);
    for target in [own(), foreign()] {
        let report = inspected(&sandbox, &format!("dist/hello-{target}"));
        assert_eq!(report["target"], target.triple);
        let written = fs::read(sandbox.path(format!("reports/hello-{target}.json"))).unwrap();
        let written: serde_json::Value = serde_json::from_slice(&written).unwrap();
        assert_eq!(written["target"], target.triple);
        assert_eq!(written["archive"]["path"], format!("dist/hello-{target}"));
    }
    sandbox.archive(format!("dist/hello-{}", own())).expect(0, "hello\n", "");
}

#[test]
fn one_foreign_target_is_one_file() {
    needs_launcher!();
    let sandbox = hello();
    let minor = &minors(&sandbox)[0];
    let run = build_foreign(&sandbox, minor).args(["hello.py", "--quiet", "--no-proof"]);
    run.args(["-o", "app"]).expect(0, "", "");
    assert_eq!(sandbox.names(), ["app", "foreign-python", "hello.py"]);
    assert_eq!(inspected(&sandbox, "app")["target"], foreign().triple);
    // Nobody has to look for it.
    let text = sandbox.run(["inspect", "app"]).text();
    let first = format!("target     {} ({})", foreign().name, foreign().triple);
    assert_eq!(text.lines().next(), Some(first.as_str()));
}

#[test]
fn a_file_where_the_directory_should_be_is_refused() {
    needs_launcher!();
    let sandbox = hello().file("dist", "a file");
    let minor = &minors(&sandbox)[0];
    let run = build_both(&sandbox, minor).args(["hello.py", "--quiet", "--no-proof"]);
    let outcome = run.args(["-o", "dist"]).output().code(FAILURE).stdout("");
    outcome.stderr_contains("cannot make the directory dist: ").done();
    assert_eq!(fs::read(sandbox.path("dist")).unwrap(), b"a file");
}

#[test]
fn a_target_that_fails_leaves_the_files_of_the_others() {
    needs_launcher!();
    let sandbox = hello().file("hello.py", "import nowhere\n");
    let minor = &minors(&sandbox)[0];
    // The foreign archive brings no C library, so it is not started, and cannot fail.
    let run = build_both(&sandbox, minor).args(["hello.py", "-o", "dist"]);
    let (status, stdout, stderr) = run.output().parts();
    assert_eq!((status.code(), &*stdout), (Some(FAILURE), ""), "{stderr}");
    let failed = format!("error: not built for {}: the entry `hello` cannot be started:", own());
    assert!(stderr.contains(&failed), "{stderr}");
    assert!(!stderr.contains(&format!("not built for {}", foreign())), "{stderr}");
    let kept = format!("dist/hello-{}.failed", own());
    assert!(stderr.contains(&format!("look into {kept}")), "{stderr}");
    let mut expected = [format!("hello-{}.failed", own()), format!("hello-{}", foreign())];
    expected.sort();
    assert_eq!(names(&sandbox, "dist"), expected);
    sandbox.run(["verify", &kept]).success().any_stderr().stdout_contains("whole").done();
}

#[test]
fn artifacts_are_built_for_every_target() {
    needs_launcher!();
    let project = fs::read_to_string(shared::projects().join("pair/pyproject.toml")).unwrap();
    let artifacts = format!(
        "\n[tool.snakecrate]\ntarget = ['{}', '{}']\n[tool.snakecrate.artifact.one]\n\
         entries = 'left'\n[tool.snakecrate.artifact.two]\nentries = 'right'\noutput = 'second'\n",
        own(),
        foreign()
    );
    let sandbox = Sandbox::new().project("pair").file("pair/pyproject.toml", project + &artifacts);
    let minor = &minors(&sandbox)[0];
    let python = foreign_python(&sandbox, "foreign-python", foreign(), minor);
    let run = sandbox.packer(["build", "pair", "--libc", "host", "--python", &python]);
    let run = run.args(shared::OPTIONS).env("SNAKECRATE_CACHE", shared::packer_cache());
    run.expect(0, "", "");
    let [first, second] = both("one");
    assert_eq!(sandbox.names(), ["foreign-python", &first, &second, "pair"]);
    assert_eq!(names(&sandbox, "pair/second"), both("two"));
    for (archive, entry) in [("one", "left"), ("pair/second/two", "right")] {
        for target in [own(), foreign()] {
            let report = inspected(&sandbox, &format!("{archive}-{target}"));
            assert_eq!(
                (&report["target"], &report["entries"][0]["name"]),
                (&target.triple.into(), &entry.into())
            );
        }
    }
}

#[test]
fn config_shows_all_targets_and_their_pythons() {
    let sandbox = hello();
    let named = format!("{}=/srv/python", foreign());
    let arguments = ["config", "hello.py", "--json", "--python", &named, "--python", "3.12"];
    let run = sandbox.packer(arguments).args(["--target", foreign().name, "--target", own().name]);
    let options = run.output().success().json()["artifacts"][0]["options"].clone();
    let targets = serde_json::json!([foreign().name, own().name]);
    let flag = |name: &str| serde_json::json!({ "kind": "flag", "name": name });
    assert_eq!(
        options["target"],
        serde_json::json!({ "value": targets, "origin": flag("--target") })
    );
    assert_eq!(options["python"]["value"], serde_json::json!([named, "3.12"]));
}
