//! `snakecrate runtime`, and `build --runtime external`.

use std::fs;

use serde_json::Value;

use crate::support::needs::needs;
use crate::support::sandbox::shared::{self, EXTERNAL, runtime_file};
use crate::support::sandbox::{Run, Sandbox};

const WHY: &str = "a runtime file is made for the tests' own target";

/// The packer with the suite's cache.
fn packer<'a>(sandbox: &'a Sandbox, arguments: &[&str]) -> Run<'a> {
    sandbox.packer(arguments).env("SNAKECRATE_CACHE", shared::packer_cache())
}

fn inspected(sandbox: &Sandbox, path: &str) -> Value {
    sandbox.run(["inspect", "--json", path]).json()
}

fn kinds(report: &Value) -> Vec<&str> {
    let components = report["components"].as_array().unwrap();
    components.iter().map(|component| component["kind"].as_str().unwrap()).collect()
}

#[test]
fn the_same_python_makes_the_same_bytes_anywhere() {
    needs!(Native(WHY));
    let sandbox = Sandbox::new();
    let arguments = ["--quiet", "runtime", "--level", "3", "-o", "mine"];
    packer(&sandbox, &arguments).redirected("umask 077;").expect(0, "", "");
    let sandbox_cache = sandbox.packer(["--quiet", "runtime", "--level", "3", "-o", "again"]);
    sandbox_cache.env("TZ", "Asia/Tokyo").expect(0, "", "");
    let expected = fs::read(runtime_file()).unwrap();
    for name in ["mine", "again"] {
        assert!(fs::read(sandbox.path(name)).unwrap() == expected, "{name} differs");
    }
}

#[test]
fn a_runtime_file_begins_with_its_record_and_has_no_application() {
    needs!(Native(WHY));
    let sandbox = Sandbox::new();
    let path = runtime_file().to_str().unwrap();
    assert!(fs::read(path).unwrap().starts_with(b"\x89SNAKE\r\n\x02\0\0\0"));
    let report = inspected(&sandbox, path);
    assert_eq!((report["stub"].as_u64(), report["name"].as_str()), (Some(256), Some("cpython")));
    assert_eq!(report["entries"], serde_json::json!([]));
    let kinds = kinds(&report);
    assert_eq!(kinds.iter().filter(|kind| **kind == "runtime").count(), 1);
    assert!(!kinds.contains(&"app") && !kinds.contains(&"wheel"), "{kinds:?}");
    let names: Vec<_> = report["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"ssl") && names.contains(&"sqlite3"), "{names:?}");
    assert!(!names.contains(&"tkinter"), "{names:?}");
    sandbox.run(["verify", path]).success().stdout_contains(": whole: ").stderr("").done();
    sandbox.run(["audit", path]).success().stdout_contains("requires glibc").stderr("").done();
}

#[test]
fn an_archive_without_a_runtime_has_the_application_alone() {
    needs!(Native(WHY));
    let sandbox = Sandbox::new();
    let path = EXTERNAL.path().to_str().unwrap();
    assert_eq!(kinds(&inspected(&sandbox, path)), ["app"]);
    sandbox
        .run(["verify", path])
        .success()
        .stdout_contains(": whole: 1 components")
        .stderr("")
        .done();
    sandbox.run(["extract", path, "out"]).success().stdout("").stderr_contains("Extracted").done();
}

#[test]
fn a_build_proves_with_the_runtime_of_its_interpreter() {
    needs!(Native(WHY));
    let sandbox = Sandbox::new().project("probe");
    let arguments = ["build", "probe", "--runtime", "external", "--level", "3", "-o", "app"];
    let built = packer(&sandbox, &arguments).output().success().stdout("");
    built.stderr_contains("Proven probe: ").done();
}

#[test]
fn the_key_of_a_project_chooses_an_external_runtime_and_run_ignores_it() {
    needs!(Native(WHY));
    let more = "[project.scripts]\nkeyed = 'keyed:main'\n[tool.snakecrate]\nruntime = 'external'\n";
    let sandbox = Sandbox::new()
        .bare_project("keyed", more)
        .file("keyed/keyed.py", "def main():\n    print('keyed')\n");
    sandbox.build(["keyed", "-o", "app"]).expect(0, "", "");
    assert_eq!(kinds(&inspected(&sandbox, "app")), ["app"]);
    packer(&sandbox, &["--quiet", "run", "keyed"]).expect(0, "keyed\n", "");
}

#[test]
fn options_about_the_runtime_belong_to_its_file() {
    needs!(Native(WHY));
    let sandbox = Sandbox::new().project("tiny");
    for (options, shown) in [
        (&["--include-lib", "libz.so.1"][..], "--include-lib"),
        (&["--libc", "bundled"], "--libc bundled"),
        (&["--runtime-minimal"], "--runtime-minimal"),
    ] {
        let arguments = [&["tiny", "--runtime", "external", "-o", "app"], options].concat();
        let error = format!(
            "error: `{shown}` is about the runtime, which is in another file\n \
             help: give {shown} to `snakecrate runtime`, which makes that file\n"
        );
        sandbox.build(arguments).expect(1, "", &error);
    }
}

#[test]
fn commands_that_need_an_application_refuse_a_runtime_file() {
    needs!(Native(WHY));
    let sandbox = Sandbox::new();
    let path = runtime_file().to_str().unwrap();
    for command in [&["test", path][..], &["extract", path, "--env", "out"]] {
        let refused = sandbox.run(command).code(1).stdout("");
        refused.stderr_contains("is a runtime file, and no application").done();
    }
}

#[test]
fn inspect_shows_which_runtime_file_an_archive_needs() {
    needs!(Native(WHY));
    let sandbox = Sandbox::new();
    let path = EXTERNAL.path().to_str().unwrap();
    let runtime = &inspected(&sandbox, path)["runtime"];
    let name = runtime_file().file_name().unwrap().to_str().unwrap();
    assert_eq!(runtime["file"], name);
    let least = runtime["at_least"].as_str().unwrap();
    let shown = format!("runtime    in {name}, {least} or later, with sqlite3, ssl\n");
    sandbox.run(["inspect", path]).success().stdout_contains(&shown).stderr("").done();
}

#[test]
fn the_commands_that_read_work_without_a_runtime() {
    needs!(Native(WHY));
    let sandbox = Sandbox::new().with(&EXTERNAL, "old").file("read.py", "import sqlite3, json\n");
    sandbox.build(["read.py", "--runtime", "external", "-o", "app"]).done();
    let runtime = &inspected(&sandbox, "app")["runtime"];
    assert_eq!(runtime["parts"], serde_json::json!(["sqlite3"]));
    let least = runtime["at_least"].as_str().unwrap();
    let name = runtime_file().file_name().unwrap().to_str().unwrap();
    let shown = format!("runtime    in {name}, {least} or later, with sqlite3\n");
    sandbox.run(["inspect", "app"]).success().stdout_contains(&shown).stderr("").done();
    let verified = sandbox.run(["verify", "app"]).success().stderr("");
    verified.stdout_contains("app: whole: 1 components").done();
    sandbox.run(["audit", "app"]).success().stdout_contains("app").stderr("").done();
    let difference = sandbox.run(["diff", "--json", "old", "app"]).json();
    assert_eq!(difference["components"].as_array().unwrap().len(), 2, "{difference}");
    sandbox.run(["diff", "old", "app"]).success().stdout_contains("read").stderr("").done();
    let with_runtime = sandbox.run(["diff", "app", runtime_file().to_str().unwrap()]).success();
    with_runtime.stdout_contains("sqlite3").stderr("").done();
}

#[test]
fn commands_that_need_a_runtime_inside_say_how_to_get_one() {
    needs!(Native(WHY));
    let sandbox = Sandbox::new().with(&EXTERNAL, "app");
    for command in [
        &["extract", "app", "--env", "out"][..],
        &["image", "./app", "-o", "out"],
        &["package", "--deb", "./app", "--unpacked", "-o", "out.deb"],
    ] {
        sandbox.run(command).refused(1, "app", "--runtime external");
        assert!(!sandbox.path("out").exists(), "{command:?}");
    }
}
