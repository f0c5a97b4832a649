//! Missing libraries and modules, with a proof.
//!
//! The builds share the packer's cache with the suite. Their archives are always the same, so what an
//! earlier run has proven is known; a failure is never remembered.

use std::fs;

use crate::support::sandbox::{Outcome, Sandbox, shared};
use crate::support::wheel::{Wheel, library};

const FAILURE: i32 = 1;

/// Builds `source` with a proof.
fn build(sandbox: &Sandbox, source: &str, arguments: &[&str]) -> Outcome {
    let packer = sandbox.packer(["build", "--level", "3", "--offline", "-o", "app", source]);
    packer.args(arguments).env("SNAKECRATE_CACHE", shared::packer_cache()).output()
}

/// The warnings and errors of a build, and what helps.
fn remarks(outcome: Outcome) -> Vec<String> {
    let (_, stdout, stderr) = outcome.parts();
    assert_eq!(stdout, "");
    let is_remark = |line: &&str| {
        ["warning: ", "error: ", " help: "].iter().any(|start| line.starts_with(start))
    };
    stderr.lines().filter(is_remark).map(str::to_owned).collect()
}

/// A wheel with a module that needs two libraries, which this machine has only while it is linked.
/// The application imports it if `imports`.
fn torch(sandbox: &Sandbox, imports: bool) -> String {
    let names = ["libfabric.so.99", "libmpi.so.99"];
    let libraries = names.map(|name| sandbox.path("libs").join(name));
    for (name, path) in names.iter().zip(&libraries) {
        let function = &name[..name.find('.').unwrap()];
        let soname = format!("-Wl,-soname,{name}");
        library(path, &format!("int {function}(void) {{ return 0; }}"), &["-nostdlib", &soname]);
    }
    let source = "int libfabric(void), libmpi(void);\n\
                  void *PyInit_plugin(void) { return (void *)(long)(libfabric() + libmpi()); }\n";
    let linked = libraries.each_ref().map(|path| path.to_str().unwrap());
    library(&sandbox.path("plugin.so"), source, &linked);
    fs::remove_dir_all(sandbox.path("libs")).unwrap();
    let main = if imports { "import plugin\n" } else { "" };
    Wheel::new("torchlike", "1.0")
        .tags("py3-none-manylinux1_x86_64")
        .file("torchlike.py", format!("{main}def main():\n    print('started')\n"))
        .file("plugin.so", fs::read(sandbox.path("plugin.so")).unwrap())
        .write(&sandbox.path("wheels"))
        .to_str()
        .unwrap()
        .to_owned()
}

/// `torch` was refused, because its plug-ins want libfabric, libmpi and others.
#[test]
fn a_missing_library_that_no_import_needs_is_one_warning() {
    let sandbox = Sandbox::new();
    let wheel = torch(&sandbox, false);
    let expected =
        "warning: torchlike: 2 libraries are missing for 1 file; `snakecrate audit` lists them";
    assert_eq!(remarks(build(&sandbox, &wheel, &[]).success()), [expected]);
    sandbox.archive("app").expect(0, "started\n", "");
    let listed = sandbox.run(["audit", "app"]).code(FAILURE).any_stderr().text();
    let row = listed.lines().find(|line| line.starts_with("libfabric.so.99 ")).expect("a row");
    assert_eq!(row.split_whitespace().nth(1), Some("missing"), "{row}");
}

#[test]
fn a_missing_library_that_an_import_needs_fails_the_build() {
    let sandbox = Sandbox::new();
    let wheel = torch(&sandbox, true);
    let outcome = build(&sandbox, &wheel, &[]).code(FAILURE).stdout("");
    outcome
        .stderr_contains("ImportError: libfabric.so.99: cannot open shared object file")
        .stderr_contains("\ntorchlike needs libfabric.so.99 (lib/python")
        .stderr_contains("--include-lib libfabric.so.99")
        .done();
    assert!(!sandbox.path("app").exists() && sandbox.path("app.failed").exists());
}

/// Without a proof there is no evidence.
#[test]
fn several_missing_libraries_are_one_error_with_one_flag() {
    let sandbox = Sandbox::new();
    let wheel = torch(&sandbox, false);
    let remarks = remarks(build(&sandbox, &wheel, &["--no-proof"]).code(FAILURE));
    assert_eq!(
        remarks,
        [
            "error: 2 libraries are missing, which torchlike needs: libfabric.so.99, libmpi.so.99",
            " help: bundle them from this machine with --include-lib libfabric.so.99,libmpi.so.99, \
             or build without them with --allow-missing libfabric.so.99,libmpi.so.99",
        ]
    );
    for allowed in ["libfabric.so.99,libmpi.so.99", "lib*.so.99"] {
        let arguments = ["--no-proof", "--allow-missing", allowed, "--quiet"];
        build(&sandbox, &wheel, &arguments).expect(0, "", "");
    }
}

/// The error and the help of a build that fails its proof, without the traceback.
fn advice(sandbox: &Sandbox, source: &str, arguments: &[&str]) -> (String, String) {
    let (_, _, stderr) = build(sandbox, source, arguments).code(FAILURE).parts();
    let lines: Vec<_> = stderr.lines().collect();
    let help = lines.iter().position(|line| line.starts_with(" help: ")).expect("help");
    let remedy = lines[help].trim_start_matches(" help: ").split("; look into").next().unwrap();
    (lines[help - 1].to_owned(), remedy.to_owned())
}

#[test]
fn a_missing_module_is_named_with_its_distribution() {
    let sandbox =
        Sandbox::new().file("tool.py", "import yaml\n").file("other.py", "import company.x\n");
    let (cause, help) = advice(&sandbox, "tool.py", &[]);
    assert_eq!(cause, "the module yaml is in PyYAML, which isn't packed");
    assert_eq!(help, "add PyYAML to the dependencies, or use --with PyYAML");
    // One that only the project's virtual environment has.
    let info = ".venv/lib/python3/site-packages/company-1.0.dist-info";
    let sandbox = sandbox
        .file(
            &format!("{info}/METADATA"),
            "Metadata-Version: 2.1\nName: Company-Tools\nVersion: 1.0\n",
        )
        .file(&format!("{info}/RECORD"), "company/x.py,,\n");
    let (cause, _) = advice(&sandbox, "other.py", &[]);
    assert!(cause.starts_with("the module company is in Company-Tools, which is in "), "{cause}");
}

#[test]
fn a_missing_module_is_named_with_the_extra_that_has_it() {
    let sandbox = Sandbox::new();
    let wheel = Wheel::new("server", "1.0")
        .metadata("Provides-Extra: fast\n")
        .requires("uvloop>=0.1 ; extra == 'fast'")
        .file("server.py", "import uvloop\ndef main():\n    pass\n")
        .write(&sandbox.path("wheels"));
    let (cause, help) = advice(&sandbox, wheel.to_str().unwrap(), &[]);
    assert_eq!(cause, "the extra `fast` of server has uvloop, and isn't packed");
    assert_eq!(help, "require server[fast], or use --with 'uvloop'");
}

#[test]
fn a_module_that_was_left_out_is_named_with_its_flag() {
    let sandbox = Sandbox::new().file("tool.py", "import sqlite3\n");
    let (cause, help) = advice(&sandbox, "tool.py", &["--runtime-drop", "sqlite3"]);
    assert_eq!(cause, "sqlite3 was left out of the standard library");
    assert_eq!(help, "use --runtime-keep sqlite3");
}
