//! Build back ends: how they are called, what is shown when they fail, and their environments.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::sandbox::{Outcome, Run, Sandbox, uv};
use crate::support::wheel::Wheel;

const FAILURE: i32 = 1;

/// A back end in the project, which does `code` before it builds.
fn failing(code: &str) -> Sandbox {
    let backend = format!("def build_wheel(out, config=None, metadata=None):\n{code}\n");
    Sandbox::new().bare_project("demo", "").file("demo/backend.py", backend)
}

fn refused(sandbox: &Sandbox, expected: &str) {
    sandbox.build(["demo", "-o", "app"]).expect(FAILURE, "", expected);
}

#[test]
fn an_exception_of_a_back_end_is_the_first_line_of_the_error() {
    let sandbox = failing("    print('halfway')\n    raise ValueError('no')");
    refused(
        &sandbox,
        "error: cannot build a wheel of [WORK]/demo: ValueError: no\n    halfway\n\
         \u{20}help: run it again with -v to see the whole output\n",
    );
}

#[test]
fn a_missing_compiler_is_reported_as_that() {
    let sandbox = failing(
        "    print('building extension')\n    raise SystemExit(\"error: command 'gcc' failed: No such file or directory\")",
    );
    refused(
        &sandbox,
        "error: cannot build a wheel of [WORK]/demo: the program `gcc` is missing on this machine\n    \
         building extension\n    error: command 'gcc' failed: No such file or directory\n\
         \u{20}help: install it (on Debian: apt install gcc), or choose a version that has a wheel\n",
    );
}

#[test]
fn a_missing_header_is_reported_with_its_package() {
    let sandbox = failing(
        "    import os\n    os.write(2, b'x.c:1:10: fatal error: ffi.h: No such file or directory\\n')\n    os._exit(1)",
    );
    refused(
        &sandbox,
        "error: cannot build a wheel of [WORK]/demo: the C header `ffi.h` is missing on this machine\n    \
         x.c:1:10: fatal error: ffi.h: No such file or directory\n\
         \u{20}help: install it (on Debian: apt install libffi-dev), or choose a version that has a wheel\n",
    );
}

#[test]
fn a_back_end_that_dies_silently_is_reported() {
    refused(
        &failing("    import os\n    os._exit(3)"),
        "error: cannot build a wheel of [WORK]/demo: its build back end failed without a message\n\
         \u{20}help: run it again with -v to see the whole output\n",
    );
}

#[test]
fn a_setup_py_that_raises_is_reported_with_its_exception() {
    let sandbox = Sandbox::new().file("demo/setup.py", "raise ValueError('no')\n");
    let sandbox = sandbox.file("demo/demo.py", "");
    let (status, _, stderr) = sandbox.build(["demo", "-o", "app"]).parts();
    if stderr.contains("what the build of") {
        snakecrate_base::skip!("setuptools cannot be installed: no package index");
    }
    assert!(!status.success());
    let place = sandbox.path("demo");
    let first = format!("error: cannot build a wheel of {}: ValueError: no\n", place.display());
    assert!(stderr.starts_with(&first), "{stderr}");
}

#[test]
fn a_git_source_that_cannot_be_fetched_is_named_without_credentials() {
    let sandbox = Sandbox::new().file("tool.py", "print('hello')\n");
    let source = "x @ git+http://me:s3cr3t@127.0.0.1:1/there/x.git";
    let (status, _, stderr) = sandbox.build(["tool.py", "-o", "app", "--with", source]).parts();
    assert!(!status.success());
    let first = "error: cannot fetch the git source http://127.0.0.1:1/there/x.git\n";
    assert!(stderr.starts_with(first) && !stderr.contains("s3cr3t"), "{stderr}");
    assert!(stderr.contains("    Failed to download and build `x @ git+http://"), "{stderr}");
}

#[test]
fn a_variable_that_names_something_else_than_uv_is_refused() {
    let sandbox = Sandbox::new().project("tiny");
    // With an empty cache: an environment that is there needs no uv.
    let build = sandbox.packer(["build", "--quiet", "tiny", "-o", "app"]);
    let outcome = build.env("UV", "/nonexistent/uv").output();
    outcome.refused(FAILURE, "/nonexistent/uv, which isn't uv", "UV");
}

/// Builds `demo` with the cache of the sandbox, and shows all commands.
fn build_aloud<'a>(sandbox: &'a Sandbox, name: &str) -> Run<'a> {
    let arguments = ["build", "demo", "-o", name, "--level", "1", "--no-proof", "-v"];
    sandbox.packer(arguments).args(["--offline", "--find-links", "links"])
}

/// A project whose back end is a distribution, which asks for another one.
fn with_a_back_end_to_install() -> Sandbox {
    let sandbox = Sandbox::new().bare_project("demo", "[project.scripts]\ndemo = 'demo:main'\n");
    let backend = fs::read_to_string(sandbox.path("demo/backend.py")).unwrap();
    let asks = "\ndef get_requires_for_build_wheel(config=None):\n    return ['asked']\n";
    let module = format!("{backend}{asks}").replace("def build_wheel", "def build");
    let module = format!(
        "{module}\ndef build_wheel(*arguments):\n    import asked\n    return build(*arguments)\n"
    );
    Wheel::new("installed", "1").file("installed.py", &module).write(&sandbox.path("links"));
    Wheel::new("asked", "1").write(&sandbox.path("links"));
    fs::remove_file(sandbox.path("demo/backend.py")).unwrap();
    let text = fs::read_to_string(sandbox.path("demo/pyproject.toml")).unwrap();
    let text = text.replace("requires = []", "requires = ['installed']");
    let text = text.replace("'backend'\nbackend-path = ['.']", "'installed'");
    sandbox.file("demo/pyproject.toml", text).file("demo/demo.py", "def main():\n    print(1)\n")
}

fn uses_of_uv(outcome: Outcome) -> usize {
    let (status, _, stderr) = outcome.parts();
    assert!(status.success(), "{stderr}");
    let uv = uv().into_string().unwrap();
    stderr.lines().filter(|line| line.trim_start().starts_with(&uv)).count()
}

#[test]
fn an_environment_of_a_back_end_is_made_once_and_survives_a_killed_build() {
    let sandbox = with_a_back_end_to_install();
    // A uv that dies with the packer while it installs.
    let real = uv().into_string().unwrap();
    let deadly = format!(
        "#!/bin/sh\ncase \"$1 $2\" in 'pip install') kill -9 $PPID; exit 1;; esac\nexec {real} \"$@\"\n"
    );
    let sandbox = sandbox.file("deadly/uv", deadly);
    let path = sandbox.path("deadly/uv");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let killed = build_aloud(&sandbox, "app").env("UV", &path).output();
    killed.any_stderr().killed_by(rustix::process::Signal::KILL).done();

    // Two environments, as the back end asks for another requirement; the killed one is not used.
    let (one, two) = std::thread::scope(|scope| {
        let other = scope.spawn(|| build_aloud(&sandbox, "other").output());
        (build_aloud(&sandbox, "app").output(), other.join().unwrap())
    });
    assert!(uses_of_uv(one) >= 2 && uses_of_uv(two) >= 2);
    sandbox.archive("app").expect(0, "1\n", "");
    let sandbox = sandbox.file("demo/demo.py", "def main():\n    print(2)\n");
    assert_eq!(uses_of_uv(build_aloud(&sandbox, "app").output()), 0, "the environments are there");
    sandbox.archive("app").expect(0, "2\n", "");
}

#[test]
fn constraints_and_overrides_choose_versions() {
    let sandbox = Sandbox::new().file("tool.py", "import lib\nlib.main()\n");
    for version in ["1", "2", "3"] {
        Wheel::new("lib", version).write(&sandbox.path("links"));
    }
    Wheel::new("user", "1").metadata("Requires-Dist: lib>=2").write(&sandbox.path("links"));
    let sandbox = sandbox
        .file("constraints.txt", "-r more.txt\n")
        .file("more.txt", "lib<3\n")
        .file("overrides.txt", "lib==1\n");
    let common = ["tool.py", "-o", "app", "--with", "user", "--offline", "--find-links", "links"];
    let build = |more: &[&str]| {
        sandbox.build(common.iter().chain(more)).done();
        sandbox.archive("app").output().text()
    };
    assert_eq!(build(&[]), "lib 3\n");
    assert_eq!(build(&["--constraint", "constraints.txt"]), "lib 2\n");
    // The contents count, not only the names.
    fs::write(sandbox.path("more.txt"), "lib<4\n").unwrap();
    assert_eq!(build(&["--constraint", "constraints.txt"]), "lib 3\n");
    assert_eq!(build(&["--override", "overrides.txt"]), "lib 1\n");
}
