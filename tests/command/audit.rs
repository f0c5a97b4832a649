//! The requirements of native code: `audit`, and the audit in `build`.

use std::fs;

use crate::support::sandbox::Sandbox;
use crate::support::wheel::{Wheel, library};

const FAILURE: i32 = 1;
const WHEEL: &str = "demo-1.0-py3-none-manylinux1_x86_64.whl";

/// A wheel with two modules: `plain.so`, and `own.so` with a search path of its own. Both need
/// `libanswer.so.7`, which is in `libs`.
fn demo() -> Sandbox {
    let sandbox = Sandbox::new();
    let answer = sandbox.path("libs/libanswer.so.7");
    let soname = "-Wl,-soname,libanswer.so.7";
    library(&answer, "int answer(void) { return 42; }", &[soname, "-nostdlib"]);
    let source = "int answer(void); int puts(const char *);\n\
                  void *PyInit_it(void) { return 0; }\n\
                  int ask(void) { puts(\"asked\"); return answer(); }\n";
    let answer = answer.to_str().unwrap();
    let runpath = ["-Wl,--enable-new-dtags", "-Wl,-rpath,$ORIGIN/data"];
    library(&sandbox.path("plain.so"), source, &[answer]);
    library(&sandbox.path("own.so"), source, &[&runpath[..], &[answer]].concat());
    let read = |name: &str| fs::read(sandbox.path(name)).unwrap();
    let python = "import ctypes, os, sys\n\
                  def main():\n    \
                  name = os.path.join(os.path.dirname(__file__), sys.argv[1] + '.so')\n    \
                  sys.exit(ctypes.CDLL(name).ask())\n";
    Wheel::new("demo", "1.0")
        .tags("py3-none-manylinux1_x86_64")
        .file("demo/__init__.py", python)
        .file("demo/plain.so", read("plain.so"))
        .file("demo/own.so", read("own.so"))
        .write(&sandbox.path(""));
    sandbox
}

#[test]
fn the_audit_of_a_wheel_lists_everything_it_needs() {
    demo().run(["audit", WHEEL]).expect(
        FAILURE,
        "\
demo-1.0-py3-none-manylinux1_x86_64.whl: requires glibc ≥ 2.2; missing: libanswer.so.7
GLIBC_2.2.5         demo: demo/own.so
x86-64 level        unknown: no file declares one

component  files  glibc  libstdc++  policy         tags
demo       2      2.2.5  -          manylinux_2_5  manylinux1_x86_64

library         provided by  needed by
libanswer.so.7  missing      demo: demo/own.so and 1 more
libc.so.6       glibc        demo: demo/own.so and 1 more

error: libanswer.so.7 is missing: demo needs it (demo/own.so)
",
        "\
error: libanswer.so.7 is missing: demo needs it (demo/own.so)
 help: bundle it from this machine with --include-lib libanswer.so.7, or build without it with --allow-missing libanswer.so.7
",
    );
}

#[test]
fn json_has_floors_providers_and_policies() {
    let sandbox = demo();
    let arguments = ["audit", "--json", WHEEL, "--allow-missing", "libanswer.so.7"];
    let report = sandbox.run(arguments).success().json();
    assert_eq!(report["glibc"]["version"], "2.2.5");
    assert_eq!(report["glibc"]["component"], "demo");
    assert_eq!(report["libraries"][0]["provider"]["by"], "missing");
    assert_eq!(report["components"][0]["policy"], "2.5");
}

#[test]
fn files_without_native_code_are_refused() {
    let sandbox = Sandbox::new().file("text", "text").file("folder/text", "text");
    sandbox.run(["audit", "text"]).refused(FAILURE, "text isn't an archive", ".whl");
    sandbox.run(["audit", "absent"]).refused(FAILURE, "absent", "path");
    let arguments = ["audit", "folder"];
    sandbox.run(arguments).expect(0, "folder: requires nothing: there is no native code\n", "");
}

#[test]
fn a_build_fails_without_a_library_and_succeeds_with_it() {
    let sandbox = demo();
    let build = [WHEEL, "-o", "app", "--offline"];
    sandbox.build(build).refused(
        FAILURE,
        "libanswer.so.7 is missing: demo needs it",
        "--include-lib libanswer.so.7",
    );
    assert!(!sandbox.path("app").exists());

    let include = [&build[..], &["--include-lib", "libanswer.so.7"]].concat();
    sandbox.build(&include).refused(FAILURE, "libanswer.so.7: it isn't on this machine", "");
    let here = sandbox.path("libs");
    sandbox.build_with(&include, "LD_LIBRARY_PATH", here.to_str().unwrap()).success().done();
    // The archive has its own copies, for both kinds of search path.
    fs::remove_dir_all(here).unwrap();
    for library in ["plain", "own"] {
        sandbox.archive("app").args([library]).output().expect(42, "asked\n", "");
    }
    let report = sandbox.run(["audit", "--json", "app"]).success().json();
    let of = |name: &str| {
        let libraries = report["libraries"].as_array().unwrap().iter();
        libraries.filter(|library| library["name"] == name).collect::<Vec<_>>()
    };
    assert_eq!(of("libanswer.so.7").len(), 2, "one in the runtime and one in the environment");
    assert!(of("libanswer.so.7").iter().all(|l| l["provider"]["by"] == "archive"));
    assert_eq!(report["problems"], serde_json::json!([]));
}

#[test]
fn a_build_that_needs_too_new_a_glibc_fails() {
    let sandbox = Sandbox::new().project("probe");
    let arguments = ["probe", "-o", "app", "--max-glibc", "2.3"];
    sandbox
        .build(arguments)
        .code(FAILURE)
        .stdout("")
        .stderr_contains("at most 2.3 is allowed")
        .done();
    assert!(!sandbox.path("app").exists());
    let arguments = ["probe", "-o", "app", "--max-glibc", "2"];
    sandbox.build(arguments).code(2).stdout("").stderr_contains("isn't a version of glibc").done();
}
