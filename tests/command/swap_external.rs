//! `swap` on archives that take their runtime from a file.

use std::fs;

use serde_json::{Value, json};

use super::swap::{caller, is_there, more, swap};
use crate::support::needs::needs;
use crate::support::sandbox::shared::{self, runtime_file};
use crate::support::sandbox::{Run, Sandbox};
use crate::support::wheel::Wheel;

const FAILURE: i32 = 1;
const WHY: &str = "a runtime file is made for the tests' own target";

/// Builds `output` without a runtime, of the wheels in a directory.
fn build(sandbox: &Sandbox, source: &str, wheels: &str, output: &str) {
    let options = ["--wheelhouse", wheels, "--offline", "--runtime", "external"];
    sandbox.build([&[source, "-o", output][..], &options].concat()).done();
}

/// `caller`, which requires `callee` 1.5, without a runtime. The archive is `app`.
fn called() -> Sandbox {
    let sandbox = Sandbox::new();
    let directory = sandbox.path("wheels");
    caller().write(&directory);
    Wheel::new("callee", "1.5").write(&directory);
    build(&sandbox, "caller", "wheels", "app");
    sandbox
}

/// The archive with the suite's runtime file.
fn start<'s>(sandbox: &'s Sandbox, name: &str) -> Run<'s> {
    sandbox.archive(name).env("SNAKECRATE_RUNTIME", runtime_file())
}

/// What the archive needs of its runtime file.
fn needed(sandbox: &Sandbox, archive: &str) -> Value {
    sandbox.run(["inspect", "--json", archive]).json()["runtime"].clone()
}

#[test]
fn a_wheel_of_an_archive_without_a_runtime_is_replaced() {
    needs!(Native(WHY));
    let sandbox = called();
    let wheel = more(&sandbox, Wheel::new("callee", "1.6"));
    swap(&sandbox, &["--wheel", &wheel]).expect(0, "", "");
    start(&sandbox, "new").expect(0, "callee 1.6\n", "");
    start(&sandbox, "app").expect(0, "callee 1.5\n", "");

    let caller = "caller-1-py3-none-any.whl";
    fs::copy(sandbox.path("wheels").join(caller), sandbox.path("more").join(caller)).unwrap();
    build(&sandbox, "caller", "more", "built");
    assert!(fs::read(sandbox.path("new")).unwrap() == fs::read(sandbox.path("built")).unwrap());
}

#[test]
fn what_is_in_the_runtime_file_is_not_replaced() {
    needs!(Native(WHY));
    let sandbox = called();
    for (option, value, help) in [
        ("--python", "3.12", "`snakecrate runtime SPEC -o FILE` makes another"),
        ("--libc", "host", "`snakecrate runtime SPEC --libc WHICH -o FILE` makes another"),
    ] {
        let error = format!(
            "app has no runtime inside, and {option} would replace it: Python and the C library are \
             in a runtime file"
        );
        swap(&sandbox, &[option, value]).refused(FAILURE, &error, help);
    }
    assert!(!is_there(&sandbox, "new"));
}

#[test]
fn a_new_component_raises_what_the_runtime_file_has_to_have() {
    needs!(Native(WHY));
    let sandbox = called();
    assert_eq!(needed(&sandbox, "app")["parts"], json!([]));
    let module = "import sqlite3\ndef main():\n    print(sqlite3.threadsafety >= 0)\n";
    let wheel = Wheel::new("callee", "1.6").file("callee.py", module);
    swap(&sandbox, &["--wheel", &more(&sandbox, wheel)]).expect(0, "", "");
    let (before, after) = (needed(&sandbox, "app"), needed(&sandbox, "new"));
    assert_eq!((&after["parts"], &after["at_least"]), (&json!(["sqlite3"]), &before["at_least"]));
    start(&sandbox, "new").expect(0, "True\n", "");
}

#[test]
fn a_script_without_a_runtime_is_replaced_from_its_source() {
    needs!(Native(WHY));
    let script = |text: &str| {
        format!("# /// script\n# dependencies = ['outscripted']\n# ///\nimport outscripted\n{text}")
    };
    let sandbox = Sandbox::new().file("tool.py", script("print('one')\n"));
    Wheel::new("outscripted", "1").write(&sandbox.path("wheels"));
    build(&sandbox, "tool.py", "wheels", "app");
    let sandbox = sandbox.file("tool.py", script("import zoneinfo\nprint('two')\n"));
    swap(&sandbox, &["--app", "tool.py"]).expect(0, "", "");
    start(&sandbox, "new").expect(0, "two\n", "");
    build(&sandbox, "tool.py", "wheels", "built");
    assert!(fs::read(sandbox.path("new")).unwrap() == fs::read(sandbox.path("built")).unwrap());
}

#[test]
fn the_result_is_proven_with_this_machines_runtime() {
    needs!(Native(WHY));
    let sandbox = called();
    let run = |wheel: &str| {
        let packer = sandbox.packer(["swap", "app", "-o", "new", "--level", "3", "--wheel", wheel]);
        packer.env("SNAKECRATE_CACHE", shared::packer_cache()).output()
    };
    let wheel = Wheel::new("caller", "2").file("caller.py", "def other(): pass\n");
    let broken = more(&sandbox, wheel.requires("callee"));
    let outcome = run(&broken).code(FAILURE);
    outcome.stderr_contains("the entry `caller` cannot be started").done();
    let good = more(&sandbox, Wheel::new("callee", "1.7"));
    run(&good).success().stderr_contains("Proven caller: ").done();
    start(&sandbox, "new").expect(0, "callee 1.7\n", "");
}
