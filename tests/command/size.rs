//! What makes archives smaller, by default and when asked for; all of them run.

use std::fs;
use std::process::Command;

use crate::support::sandbox::{Sandbox, shared};

/// Prints what the interpreter has of this module's file, docstring and asserts, and whether all
/// files that the distribution is said to have are there.
const MODULE: &str = "'''the docstring'''
import importlib.metadata, os, sys
def main():
    there = all(file.locate().exists() for file in importlib.metadata.files('demo'))
    names = sorted(file.name for file in importlib.metadata.files('demo'))
    print(os.path.basename(__file__), __doc__, __debug__, sys.flags.optimize, there)
    print('conftest.py' in names, 'demo.py' in names, 'demo.pyc' in names)
";

fn demo() -> Sandbox {
    Sandbox::new()
        .bare_project("demo", "[project.scripts]\ndemo = 'demo:main'\n")
        .file("demo/demo.py", MODULE)
        .file("demo/conftest.py", "x = 1\n")
}

#[test]
fn nothing_that_an_application_sees_goes_unasked() {
    let sandbox = demo();
    sandbox.build(["demo", "-o", "app"]).expect(0, "", "");
    let wanted = "demo.py the docstring True 0 True\nTrue True False\n";
    sandbox.archive("app").expect(0, wanted, "");
}

#[test]
fn bytecode_alone_will_do_and_the_list_of_files_is_true() {
    let sandbox = demo();
    sandbox.build(["demo", "-o", "app", "--sourceless"]).expect(0, "", "");
    let wanted = "demo.pyc the docstring True 0 True\nFalse False True\n";
    sandbox.archive("app").expect(0, wanted, "");
    sandbox.run(["extract", "app", "out"]).success().any_stderr().done();
    let trees = fs::read_dir(sandbox.path("out")).unwrap().flatten();
    let sources = trees
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("runtime"))
        .flat_map(|entry| sources_in(&entry.path()))
        .count();
    assert_eq!(sources, 0, "the runtime has no sources either");
}

fn sources_in(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(sources_in(&entry.path()));
        } else if entry.path().extension().is_some_and(|extension| extension == "py") {
            found.push(entry.path());
        }
    }
    found
}

#[test]
fn the_interpreter_starts_with_the_optimization_that_was_compiled_for() {
    let sandbox = demo();
    sandbox.build(["demo", "-o", "app", "--optimize", "2"]).expect(0, "", "");
    sandbox.archive("app").expect(0, "demo.py None False 2 True\nTrue True False\n", "");
    // Each `-O` counts: with `optimize` there are not two.
    sandbox.build(["demo", "-o", "key", "--optimize", "1", "--python-option=-O"]).expect(0, "", "");
    sandbox.archive("key").expect(0, "demo.py the docstring False 1 True\nTrue True False\n", "");
}

#[test]
fn what_is_excluded_is_gone_from_the_list_of_files_too() {
    let sandbox = demo();
    sandbox.build(["demo", "-o", "app", "--exclude", "tests"]).expect(0, "", "");
    let wanted = "demo.py the docstring True 0 True\nFalse True False\n";
    sandbox.archive("app").expect(0, wanted, "");
    sandbox
        .build(["demo", "-o", "kept", "--exclude", "tests", "--include", "conftest.py"])
        .expect(0, "", "");
    let wanted = "demo.py the docstring True 0 True\nTrue True False\n";
    sandbox.archive("kept").expect(0, wanted, "");
}

#[test]
fn a_minimal_runtime_has_what_the_application_can_import_and_any_encoding() {
    let script = "import json\nprint(json.dumps('é'.encode('cp1252').decode('latin-1')))\n\
        print(b'\\x82\\xa0'.decode('shift_jis').isalpha())\n";
    let sandbox = Sandbox::new().file("tool.py", script);
    sandbox.build(["tool.py", "-o", "whole"]).expect(0, "", "");
    sandbox.build(["tool.py", "-o", "app", "--runtime-minimal"]).expect(0, "", "");
    for archive in ["whole", "app"] {
        sandbox.archive(archive).expect(0, "\"\\u00e9\"\nTrue\n", "");
    }
    let length = |name: &str| fs::metadata(sandbox.path(name)).unwrap().len();
    assert!(length("app") + 1_000_000 < length("whole"));
    let open = Sandbox::new().file("tool.py", "import csv, sys\nexec(sys.argv[1])\n");
    let packer = open.packer(["build", "tool.py", "-o", "app", "--runtime-minimal"]);
    packer
        .args(["--level", "3"])
        .env("SNAKECRATE_CACHE", shared::packer_cache())
        .output()
        .success()
        .stderr_contains("runtime-minimal has no effect")
        .done();
    open.archive("app").arg("import wave; print(wave.__name__)").expect(0, "wave\n", "");
}

#[test]
fn debug_information_of_wheels_goes_and_more_or_less_when_asked_for() {
    let sandbox = Sandbox::new()
        .bare_project("native", "")
        .file("a.c", "int puts(const char *);\nint main(void) { return puts(\"runs\") < 0; }\n");
    fs::create_dir(sandbox.path("native/scripts")).unwrap();
    let compiled = Command::new("cc")
        .args(["-g", "-o"])
        .args([sandbox.path("native/scripts/tool"), sandbox.path("a.c")])
        .status()
        .unwrap();
    assert!(compiled.success());
    let has = |strip: &[&str], name: &str| {
        let arguments = [&["native", "-o", name, "-e", "tool"], strip].concat();
        sandbox.build(arguments).expect(0, "", "");
        sandbox.archive(name).expect(0, "runs\n", "");
        let out = format!("{name}-out");
        sandbox.run(["extract", name, &out]).success().any_stderr().done();
        let tool = fs::read(sandbox.path(&out).join("app-native-1/bin/tool")).unwrap();
        let has = |what: &[u8]| tool.windows(what.len()).any(|window| window == what);
        // A file's name in the debug information, and one among the symbols.
        (has(b"GNU C"), has(b"__do_global_dtors_aux"))
    };
    assert_eq!(has(&["--strip", "none"], "none"), (true, true));
    assert_eq!(has(&[], "default"), (false, true));
    assert_eq!(has(&["--strip", "all"], "all"), (false, false));
}
