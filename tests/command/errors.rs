//! What the packer says where something is wrong: one line what happened, one line what to do.
//! Nothing is left behind and nothing is destroyed.

use std::os::unix::fs::symlink;

use crate::support::needs::needs;
use crate::support::sandbox::shared::PROBE;
use crate::support::sandbox::{PACKER, Sandbox};

const USAGE: i32 = 2;
const FAILURE: i32 = 1;

#[test]
fn an_unknown_option_is_a_usage_error() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.run(["build", "--nonsense"]);
    outcome.code(USAGE).stdout("").stderr_contains("--nonsense").done();
}

#[test]
fn no_such_source() {
    let sandbox = Sandbox::new();
    sandbox.build(["./nowhere", "-o", "app"]).refused(FAILURE, "nowhere", "");
    assert!(sandbox.names().is_empty());
}

#[test]
fn a_directory_without_a_project() {
    let sandbox = Sandbox::new().file("empty/.keep", "");
    sandbox.build(["empty", "-o", "app"]).refused(FAILURE, "pyproject.toml", "");
}

#[test]
fn several_projects_in_a_directory_are_listed() {
    let sandbox = Sandbox::new().project("probe").project("pair");
    sandbox.build([".", "-o", "app"]).refused(FAILURE, "pair", "");
}

#[test]
fn a_project_that_is_no_toml() {
    let sandbox = Sandbox::new().file("app/pyproject.toml", "[project");
    sandbox.build(["app", "-o", "out"]).refused(FAILURE, "pyproject.toml", "");
}

#[test]
fn an_unknown_key_in_the_configuration_is_named() {
    let project = "[project]\nname = 'a'\nversion = '1'\n[tool.snakecrate]\nlevle = 3\n";
    let sandbox = Sandbox::new().file("app/pyproject.toml", project);
    sandbox.build(["app", "-o", "out"]).refused(FAILURE, "levle", "");
}

#[test]
fn an_unknown_entry_is_answered_with_those_there_are() {
    let sandbox = Sandbox::new().project("pair");
    sandbox.build(["pair", "-o", "app", "-e", "middle"]).refused(FAILURE, "middle", "left");
    assert_eq!(sandbox.names(), ["pair"]);
}

#[test]
fn a_project_without_commands_needs_a_module_or_an_entry() {
    let sandbox = Sandbox::new().bare_project("library", "").file("library/library.py", "");
    sandbox.build(["library", "-o", "app"]).refused(FAILURE, "entr", "-m MODULE");
}

#[test]
fn a_requirement_that_nothing_satisfies() {
    let sandbox = Sandbox::new().file("links/.keep", "");
    let arguments = ["absent-thing==1", "-o", "app", "--offline", "--find-links", "links"];
    sandbox.build(arguments).code(FAILURE).stdout("").stderr_contains("absent-thing").done();
    assert_eq!(sandbox.names(), ["links"]);
}

#[test]
fn a_python_that_nobody_has() {
    let sandbox = Sandbox::new().project("probe");
    let arguments = ["probe", "-o", "app", "--python", "9.9", "--offline"];
    sandbox.build(arguments).refused(FAILURE, "9.9", "");
}

#[test]
fn an_output_in_a_missing_directory() {
    let sandbox = Sandbox::new().project("probe");
    sandbox.build(["probe", "-o", "missing/app"]).refused(FAILURE, "missing", "");
}

#[test]
fn an_output_that_is_a_directory() {
    let sandbox = Sandbox::new().project("probe").file("app/file", "mine");
    sandbox.build(["probe", "-o", "app"]).refused(FAILURE, "`app`", "");
    assert_eq!(std::fs::read(sandbox.path("app/file")).unwrap(), b"mine");
}

#[test]
fn an_output_in_a_directory_of_somebody_else() {
    needs!(Root);
    // The packer may lie below a directory that the other user cannot enter.
    let sandbox = Sandbox::new().with(&PROBE, "app").file("tool.py", "").copy(PACKER, "snakecrate");
    let run = sandbox.archive("snakecrate").args(["inspect", "app"]).as_user(12345);
    let _ = run.output().success().text();
    let run = sandbox.archive("snakecrate").args(["build", "-q", "tool.py", "-o", "mine"]);
    let run = run.env("PATH", "/usr/bin:/bin").as_user(12345);
    run.output().code(FAILURE).stdout("").stderr_contains("mine").done();
    assert!(!sandbox.path("mine").exists());
}

#[test]
fn a_failed_build_leaves_the_old_archive_alone() {
    let sandbox = Sandbox::new().project("pair").file("app", "the old one");
    sandbox.build(["pair", "-o", "app", "-e", "middle"]).refused(FAILURE, "middle", "left");
    assert_eq!(std::fs::read(sandbox.path("app")).unwrap(), b"the old one");
    assert_eq!(sandbox.names(), ["app", "pair"]);
}

#[test]
fn what_is_no_archive_is_refused_by_every_command_that_reads_one() {
    let sandbox = Sandbox::new().file("text", "just text").file("nothing", "");
    symlink("/bin/true", sandbox.path("true")).unwrap();
    for file in ["text", "nothing", "true"] {
        sandbox.run(["inspect", file]).refused(FAILURE, file, "");
        sandbox.run(["verify", file]).refused(FAILURE, file, "");
        sandbox.run(["extract", file, "out"]).refused(FAILURE, file, "");
    }
    sandbox.run(["inspect", "absent"]).refused(FAILURE, "absent", "");
    assert_eq!(sandbox.names(), ["nothing", "text", "true"]);
}

#[test]
fn extract_does_not_write_into_a_directory_with_something_in_it() {
    let sandbox = Sandbox::new().with(&PROBE, "app").file("out/mine", "");
    sandbox.run(["extract", "app", "out"]).refused(FAILURE, "out", "");
}
