//! The user's own commands in the proof.

use super::*;

#[test]
fn a_command_of_the_users_must_succeed() {
    let script = "import sys\nprint('out', sys.argv[1:])\nsys.exit(int(sys.argv[1]))\n";
    let sandbox = Sandbox::new().file("tool.py", script);
    build(&sandbox, &["tool.py", "--proof-command", "tool 0 'a b'"])
        .output()
        .success()
        .stdout("")
        .stderr_contains(", 1 command\n")
        .done();
    fs::remove_file(sandbox.path("app")).unwrap();
    let outcome = build(&sandbox, &["tool.py", "--proof-command", "tool 3 'a b'"]).output();
    let parts = ["error: `tool 3 'a b'` exits with status 3:\nout ['3', 'a b']\n", "--no-proof"];
    fails(&sandbox, outcome, &parts);
}

#[test]
fn commands_run_the_entry_that_they_name() {
    let settings = "\n[tool.snakecrate.proof]\ncommands = ['right one', 'left']\n";
    let project = fs::read_to_string(shared::projects().join("pair/pyproject.toml")).unwrap();
    let sandbox = Sandbox::new().project("pair").file("pair/pyproject.toml", project + settings);
    build(&sandbox, &["pair", "--report", "report.json", "--quiet"]).expect(0, "", "");
    let report = report(&sandbox);
    assert_eq!(report["proof"]["commands"], serde_json::json!(["right one", "left"]));
}

#[test]
fn a_command_that_names_no_entry_is_refused() {
    let sandbox = Sandbox::new().project("pair");
    let outcome = build(&sandbox, &["pair", "--quiet", "--proof-command", "middle 1"]).output();
    outcome.refused(FAILURE, "proof command `middle` isn't an entry", "left, right");
    assert_eq!(sandbox.names(), ["pair"]);
}
