//! Options that make archives smaller; the archives run.

use std::fs;
use std::process::Command;

use crate::support::sandbox::{Sandbox, shared};

/// Prints the module's file and docstring, whether asserts are active, and whether all files that the
/// distribution lists exist.
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
fn by_default_applications_see_no_difference() {
    let sandbox = demo();
    sandbox.build(["demo", "-o", "app"]).expect(0, "", "");
    let wanted = "demo.py the docstring True 0 True\nTrue True False\n";
    sandbox.archive("app").expect(0, wanted, "");
}

#[test]
fn sourceless_applications_run_and_list_their_real_files() {
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
fn the_interpreter_starts_with_the_compiled_optimization() {
    let sandbox = demo();
    sandbox.build(["demo", "-o", "app", "--optimize", "2"]).expect(0, "", "");
    sandbox.archive("app").expect(0, "demo.py None False 2 True\nTrue True False\n", "");
    // Each `-O` counts, so `optimize` must not add a second one.
    sandbox.build(["demo", "-o", "key", "--optimize", "1", "--python-option=-O"]).expect(0, "", "");
    sandbox.archive("key").expect(0, "demo.py the docstring False 1 True\nTrue True False\n", "");
}

#[test]
fn excluded_files_are_gone_from_the_list_of_files() {
    let sandbox = demo();
    sandbox.build(["demo", "-o", "app", "--exclude", "tests"]).expect(0, "", "");
    let wanted = "demo.py the docstring True 0 True\nFalse True False\n";
    sandbox.archive("app").expect(0, wanted, "");
    sandbox
        .build(["demo", "-o", "kept", "--exclude", "tests", "--keep", "conftest.py"])
        .expect(0, "", "");
    let wanted = "demo.py the docstring True 0 True\nTrue True False\n";
    sandbox.archive("kept").expect(0, wanted, "");
}

#[test]
fn a_minimal_runtime_has_all_imports_and_encodings() {
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
fn strip_removes_nothing_debug_information_or_all_symbols() {
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
        // The compiler's name in the debug information, and a local symbol.
        (has(b"GNU C"), has(b"__do_global_dtors_aux"))
    };
    assert_eq!(has(&["--strip", "none"], "none"), (true, true));
    assert_eq!(has(&[], "default"), (false, true));
    assert_eq!(has(&["--strip", "all"], "all"), (false, false));
}
