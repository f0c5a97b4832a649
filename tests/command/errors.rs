//! Errors of the packer: one line says what happened, one line what to do. The packer leaves nothing
//! behind and destroys nothing.

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
fn run_refuses_an_output_file() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.run(["run", "-o", "app", "tool.py"]);
    outcome.code(USAGE).stdout("").stderr_contains("use `build` to write a file").done();
}

#[test]
fn an_unknown_default_entry_is_answered_with_the_existing_ones() {
    let sandbox = Sandbox::new().project("pair");
    let outcome = sandbox.build(["pair", "-o", "app", "--default", "middle"]);
    outcome.refused(FAILURE, "no entry named `middle`", "left, right");
}

#[test]
fn a_missing_source_is_named() {
    let sandbox = Sandbox::new();
    sandbox.build(["./nowhere", "-o", "app"]).refused(FAILURE, "nowhere", "");
    assert!(sandbox.names().is_empty());
}

#[test]
fn a_directory_without_a_project_is_refused() {
    let sandbox = Sandbox::new().file("empty/.keep", "");
    sandbox.build(["empty", "-o", "app"]).refused(FAILURE, "pyproject.toml", "");
}

#[test]
fn several_projects_in_a_directory_are_listed() {
    let sandbox = Sandbox::new().project("probe").project("pair");
    sandbox.build([".", "-o", "app"]).refused(FAILURE, "pair", "");
}

#[test]
fn invalid_toml_is_refused() {
    let sandbox = Sandbox::new().file("app/pyproject.toml", "[project");
    sandbox.build(["app", "-o", "out"]).refused(FAILURE, "pyproject.toml", "");
}

#[test]
fn an_unknown_key_is_named() {
    let project = "[project]\nname = 'a'\nversion = '1'\n[tool.snakecrate]\nlevle = 3\n";
    let sandbox = Sandbox::new().file("app/pyproject.toml", project);
    sandbox.build(["app", "-o", "out"]).refused(FAILURE, "levle", "");
}

#[test]
fn an_unknown_entry_is_answered_with_the_existing_ones() {
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
fn an_unsatisfiable_requirement_is_named() {
    let sandbox = Sandbox::new().file("links/.keep", "");
    let arguments = ["absent-thing==1", "-o", "app", "--offline", "--find-links", "links"];
    sandbox.build(arguments).code(FAILURE).stdout("").stderr_contains("absent-thing").done();
    assert_eq!(sandbox.names(), ["links"]);
}

#[test]
fn a_missing_python_version_is_named() {
    let sandbox = Sandbox::new().project("probe");
    let arguments = ["probe", "-o", "app", "--python", "9.9", "--offline"];
    sandbox.build(arguments).refused(FAILURE, "9.9", "");
}

#[test]
fn an_output_in_a_missing_directory_was_refused_after_minutes() {
    let sandbox = Sandbox::new().project("tiny").file("taken", "");
    let arguments = ["tiny", "-o", "new/one/app", "--report", "new/two/report.json"];
    sandbox.build(arguments).done();
    sandbox.archive("new/one/app").expect(0, "tiny\n", "");
    assert!(sandbox.path("new/two/report.json").is_file());
    let what = "cannot make the directory taken: File exists (os error 17)";
    let help = "name a place that you can write to (with several targets, a directory)";
    sandbox.build(["no-such-project", "-o", "taken/app"]).refused(FAILURE, what, help);
}

#[test]
fn an_output_that_is_a_directory_is_refused() {
    let sandbox = Sandbox::new().project("probe").file("app/file", "mine");
    sandbox.build(["probe", "-o", "app"]).refused(FAILURE, "`app`", "");
    assert_eq!(std::fs::read(sandbox.path("app/file")).unwrap(), b"mine");
}

#[test]
fn an_output_in_another_users_directory_is_refused() {
    needs!(Root);
    // The other user may not be able to enter the directory of the packer.
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
fn commands_that_read_archives_refuse_other_files() {
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
fn extract_refuses_a_directory_with_files() {
    let sandbox = Sandbox::new().with(&PROBE, "app").file("out/mine", "");
    sandbox.run(["extract", "app", "out"]).refused(FAILURE, "out", "");
}
