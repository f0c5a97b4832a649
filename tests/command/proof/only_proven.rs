//! `--only-proven`: archives with what the commands of their proof load, and nothing else.

use super::*;
use crate::support::wheel::Wheel;

/// A script with modules beside it, of which each argument imports one.
const TOOL: &str = "\
import importlib, os, sys
import always

if sys.argv[1:2] == ['child']:
    child = os.fork()
    if child == 0:
        import of_child
        os._exit(0)
    os.waitpid(child, 0)
elif sys.argv[1:]:
    print(importlib.import_module(sys.argv[1]).__name__)
";

const HELP: &str = "with --proof-command, and build again";

fn tool() -> Sandbox {
    let modules = ["always", "other", "of_child", "forgotten"];
    let sandbox = Sandbox::new().file("tool.py", TOOL);
    // Only what a script imports is packed with it.
    let imports = modules.map(|name| format!("    import {name}\n")).concat();
    let tool = format!("{TOOL}\nif False:\n{imports}    import sqlite3\n");
    modules.iter().fold(sandbox.file("tool.py", tool), |sandbox, name| {
        sandbox.file(&format!("{name}.py"), "")
    })
}

fn built(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    build(sandbox, &[&["tool.py", "--only-proven"], arguments].concat()).output()
}

/// The paths of all files in an archive, by `size`.
fn files(sandbox: &Sandbox, archive: &str) -> Vec<String> {
    let sizes = sandbox.run(["size", "--json", archive]).json();
    let files = sizes["files"].as_array().unwrap().iter();
    files.map(|file| file["path"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_no_command_loads_is_left_out_and_says_so() {
    let sandbox = tool();
    let commands = ["--proof-command", "tool", "--proof-command", "tool other"];
    let (_, _, stderr) = built(&sandbox, &commands).success().parts();
    assert!(stderr.contains("Reduced tool to the "), "{stderr}");
    assert!(stderr.contains(" modules that 2 commands loaded, of "), "{stderr}");
    assert_eq!(stderr.matches("Audited").count(), 1, "{stderr}");
    sandbox.archive("app").arg("other").expect(0, "other\n", "");
    for (module, command) in [("forgotten", "'app forgotten'"), ("sqlite3", "'app sqlite3'")] {
        let error = format!(
            "ModuleNotFoundError: No module named '{module}': the build with --only-proven left it \
             out; add a command that loads it, such as {command}, {HELP}\n"
        );
        sandbox.archive("app").arg(module).output().code(1).stderr_contains(&error).done();
    }
    let error = format!("such as 'app sqlite3 ...', {HELP}\n");
    let run = sandbox.archive("app").args(["sqlite3", "--password=secret"]).output();
    run.code(1).stderr_contains(&error).done();
    let error = "ModuleNotFoundError: No module named 'nowhere'\n";
    sandbox.archive("app").arg("nowhere").output().code(1).stderr_contains(error).done();
    let files = files(&sandbox, "app");
    let has = |end: &str| files.iter().any(|file| file.ends_with(end));
    assert!(has("app/always.py") && has("app/other.py") && has("/os.py"));
    assert!(!has("app/forgotten.py") && !has("/sqlite3/dbapi2.py") && !has("/argparse.py"));
}

#[test]
fn whoever_asks_for_a_left_out_module_gets_the_usual_answer() {
    let sandbox = tool();
    built(&sandbox, &["--proof-command", "tool json"]).success().any_stderr().done();
    let asked = "\
import importlib.util, json
print(importlib.util.find_spec('sqlite3'))
for code in 'from json import tool', '\"\".encode(\"cp037\")', 'from json import nothing':
    try:
        exec(code)
    except Exception as error:
        print(type(error).__name__, str(error).partition(' (')[0])
";
    let text =
        format!("the build with --only-proven left it out; add a command that loads it {HELP}");
    let expected = format!(
        "None\nImportError cannot import name 'tool': {text}\nLookupError unknown encoding: cp037: {text}\n\
         ImportError cannot import name 'nothing' from 'json'\n"
    );
    sandbox.archive("app").env("SNAKECRATE", "python").args(["-c", asked]).expect(0, &expected, "");
}

/// A directory of the standard library without its `__init__.py` was a namespace package.
#[test]
fn packages_of_frozen_modules_are_packages() {
    let sandbox = Sandbox::new().file("tool.py", "print('tool')\n");
    built(&sandbox, &["--proof-command", "tool"]).success().any_stderr().done();
    let python =
        |code: &str| sandbox.archive("app").env("SNAKECRATE", "python").args(["-c", code]).output();
    python("import importlib; print(importlib.import_module('os').__name__)").expect(0, "os\n", "");
    let error = format!(
        "ModuleNotFoundError: No module named 'importlib.resources': the build with --only-proven left it out; \
         add a command that loads it {HELP}\n"
    );
    python("import importlib.resources").code(1).stderr_contains(&error).done();
}

#[test]
fn modules_of_forked_children_are_evidence() {
    let sandbox = tool();
    built(&sandbox, &["--proof-command", "tool child"]).success().any_stderr().done();
    sandbox.archive("app").arg("of_child").expect(0, "of_child\n", "");
}

#[test]
fn builds_with_other_caches_give_the_same_bytes() {
    let sandbox = tool();
    let mut archives = Vec::new();
    for cache in ["one", "two"] {
        let packer = sandbox.packer(["build", "--level", "1", "--offline", "-o", "app", "tool.py"]);
        let packer = packer.args(["--only-proven", "--proof-command", "tool other", "--quiet"]);
        packer
            .args(target::options())
            .env("SNAKECRATE_CACHE", sandbox.path(cache))
            .expect(0, "", "");
        archives.push(fs::read(sandbox.path("app")).unwrap());
    }
    assert!(archives[0] == archives[1]);
}

#[test]
fn files_of_wheels_are_dropped_by_name() {
    let sandbox = Sandbox::new();
    Wheel::new("proven-only", "1.0")
        .file("proven_only/__init__.py", "import proven_only.used\ndef main():\n    print('ran')\n")
        .file("proven_only/used.py", "")
        .file("proven_only/data.json", "{}")
        .file("proven_only/unused/__init__.py", "")
        .file("proven_only/unused/data.json", "{}")
        .write(&sandbox.path("."));
    let arguments = ["proven-only", "--find-links", ".", "--only-proven"];
    let commands = ["--proof-command", "proven-only"];
    build(&sandbox, &[&arguments[..], &commands].concat()).output().success().any_stderr().done();
    sandbox.archive("app").expect(0, "ran\n", "");
    let dropped = sandbox.run(["inspect", "--dropped", "--json", "app"]).json();
    let files = ["proven_only/unused/__init__.py", "proven_only/unused/data.json"];
    let rule = serde_json::json!({
        "name": "proven-only", "version": "1.0", "rule": "--only-proven", "files": files,
    });
    assert_eq!(dropped["dropped"], serde_json::json!([rule]), "{dropped}");
}

#[test]
fn it_fits_together_with_the_other_ways_to_small_archives() {
    let sandbox = tool();
    let small = ["--sourceless", "--runtime-minimal", "--optimize", "1", "--strip", "all"];
    let arguments = [&["--proof-command", "tool other"], &small[..]].concat();
    built(&sandbox, &arguments).success().any_stderr().done();
    sandbox.archive("app").arg("other").expect(0, "other\n", "");
    let part = format!("such as 'app forgotten', {HELP}\n");
    sandbox.archive("app").arg("forgotten").output().code(1).stderr_contains(&part).done();
}

#[test]
fn without_a_command_or_a_proof_there_is_no_evidence() {
    let sandbox = tool();
    built(&sandbox, &["--quiet"]).refused(
        FAILURE,
        "--only-proven packs what the commands of the proof load, and there are none",
        "name the commands that have to work, each with --proof-command, such as 'app --version'",
    );
    built(&sandbox, &["--quiet", "--no-proof", "--proof-command", "tool"]).refused(
        FAILURE,
        "--only-proven packs what the proof loads, and the archive was not proven: the user chose so",
        "leave out --only-proven for this target",
    );
    assert!(!sandbox.names().iter().any(|name| name.starts_with("app")));
}

#[test]
fn a_command_that_is_cut_off_is_no_evidence() {
    let sandbox = Sandbox::new().file("tool.py", "import os\nos._exit(0)\n");
    built(&sandbox, &["--quiet", "--proof-command", "tool a"]).refused(
        FAILURE,
        "nothing is known about the modules that these commands load: tool a",
        "leave out --only-proven, or give commands that end by themselves",
    );
}

#[test]
fn entries_that_no_command_starts_are_named() {
    let sandbox = Sandbox::new().project("pair");
    let arguments = ["pair", "--only-proven", "--proof-command", "left"];
    let warning =
        "warning: no command of the proof starts right: what is imported later may be missing\n";
    build(&sandbox, &arguments).output().success().stderr_contains(warning).done();
    sandbox.archive("app").arg("right").expect(0, "right []\n", "");
}
