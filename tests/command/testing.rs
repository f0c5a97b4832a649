//! `snakecrate test`: the runner is a forged wheel, so that no index is needed.

use crate::support::needs::needs;
use crate::support::sandbox::{Outcome, Sandbox, shared};
use crate::support::wheel::Wheel;

/// A runner that executes the files it is given, and ends with the number of those that fail.
const RUNNER: &str = "import sys
def main(paths):
    failed = 0
    for path in paths:
        try:
            with open(path) as file:
                exec(compile(file.read(), path, 'exec'), {'__name__': 'test', '__file__': path})
        except AssertionError as error:
            print(path, 'failed:', error)
            failed += 1
        else:
            print(path, 'passed')
    return failed
";

/// A project with a flat layout, its archive, and the wheel of the runner in `links/`. After the build
/// the project's sources differ from the archive's.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new()
        .bare_project("demo", "[project.scripts]\ndemo = 'demo.cli:main'\n")
        .file("demo/demo/__init__.py", "WHERE = 'archive'\n")
        .file("demo/demo/__main__.py", "from demo.cli import main\nmain()\n")
        .file(
            "demo/demo/cli.py",
            "import demo, sys\n\
             def main(): print(demo.WHERE, sys.argv[1:])\n\
             def whole():\n    import pydoc_data.topics\n",
        );
    sandbox.build(["demo", "-o", "app"]).expect(0, "", "");
    let runner = Wheel::new("tinyrunner", "1").requires("tinyplugin>=1");
    runner
        .file("tinyrunner/__init__.py", RUNNER)
        .file(
            "tinyrunner/__main__.py",
            "import sys, tinyplugin, tinyrunner\nsys.exit(tinyrunner.main(sys.argv[1:]))\n",
        )
        .write(&sandbox.path("links"));
    Wheel::new("tinyplugin", "1").write(&sandbox.path("links"));
    Wheel::new("demo", "99").write(&sandbox.path("links"));
    sandbox.file("demo/demo/__init__.py", "WHERE = 'sources'\n")
}

/// Runs the tests in the project's directory.
fn test(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    let run = sandbox.packer(["test", "../app", "--offline", "--find-links", "../links"]);
    let run = run.in_dir("demo").env("SNAKECRATE_CACHE", shared::packer_cache());
    run.args(["--quiet", "--with", "tinyrunner", "-m", "tinyrunner"]).args(arguments).output()
}

#[test]
fn the_artifact_is_tested_not_the_sources_beside_the_tests() {
    let sandbox = sandbox().file(
        "demo/test_it.py",
        "import os, sys, demo, helper, tinyplugin
from importlib.metadata import version
assert (demo.WHERE, version('demo')) == ('archive', '1'), demo.__file__
assert sys.path[0] == os.getcwd() and helper.VALUE == 3
assert demo.__file__.startswith(sys.prefix) and 'tinyplugin' in tinyplugin.__file__
",
    );
    let sandbox = sandbox
        .file("demo/helper.py", "VALUE = 3\n")
        .file("demo/demo-5.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 5\n");
    test(&sandbox, &["--", "test_it.py"]).expect(0, "test_it.py passed\n", "");
}

#[test]
fn the_exit_status_is_the_runners() {
    let sandbox = sandbox().file("demo/bad.py", "assert False, 'as it should'\n");
    let failed = "bad.py failed: as it should\nbad.py failed: as it should\n";
    test(&sandbox, &["--", "bad.py", "bad.py"]).expect(2, failed, "");
}

#[test]
fn child_interpreters_see_the_artifact_and_the_requirements() {
    let sandbox = sandbox().file(
        "demo/children.py",
        "import os, subprocess, sys
def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
code = 'import demo, tinyplugin; print(demo.WHERE)'
assert said(sys.executable, '-c', code) == 'archive\\n'
assert said(sys.executable, '-m', 'demo', 'x') == \"archive ['x']\\n\"
assert said('demo', 'x') == \"archive ['x']\\n\"
assert said('tinyplugin') == 'tinyplugin 1\\n'
assert said('/usr/bin/env', 'LD_ODD=x', sys.executable, '-c', 'import demo') == ''
assert os.environ['LD_ODD'] == 'x'
",
    );
    let run = sandbox.packer(["test", "../app", "--offline", "--find-links", "../links"]);
    let run = run.in_dir("demo").env("SNAKECRATE_CACHE", shared::packer_cache());
    let run =
        run.args(["--quiet", "--with", "tinyrunner", "-m", "tinyrunner", "--", "children.py"]);
    run.env("LD_ODD", "x").expect(0, "children.py passed\n", "");
}

#[test]
fn tests_have_the_whole_standard_library_and_the_application_has_its_part() {
    let sandbox = sandbox().file(
        "demo/library.py",
        "import test.support, unittest, pydoc_data.topics, sys, demo.cli
del sys.modules['pydoc_data.topics'], sys.modules['pydoc_data']
try:
    demo.cli.whole()
except ImportError:
    pass
else:
    assert False, 'the application has no such module without tests'
",
    );
    test(&sandbox, &["--", "library.py"]).expect(0, "library.py passed\n", "");
}

#[test]
fn the_environment_of_the_archive_stays_as_it_is() {
    let sandbox = sandbox().file("demo/fine.py", "import demo, tinyplugin\n");
    // In a cache of this test's own, which is verified afterwards.
    let run = |arguments: &[&str]| {
        let run = sandbox.packer(["test", "../app", "--offline", "--find-links", "../links"]);
        run.in_dir("demo").args(arguments).output()
    };
    let arguments = ["--with", "tinyrunner", "-m", "tinyrunner", "--", "fine.py"];
    run(&arguments).code(0).stdout("fine.py passed\n").stderr_contains("Testing").done();
    let count = || walkdir::WalkDir::new(sandbox.cache().join("v2")).into_iter().count();
    let before = count();
    run(&arguments).code(0).stdout("fine.py passed\n").any_stderr().done();
    assert_eq!(count(), before);
    sandbox.run(["cache", "verify"]).expect(0, "[CACHE]: every file is as it was packed\n", "");
}

#[test]
fn the_archives_versions_are_kept() {
    let sandbox = sandbox();
    let refused = test(&sandbox, &["--with", "demo>=2", "--", "x.py"]);
    refused.code(1).stdout("").stderr_contains("demo").done();
}

#[test]
fn an_archive_without_access_to_its_interpreter_is_not_tested() {
    let sandbox = sandbox();
    sandbox.build(["demo", "-o", "app", "--no-interpreter-access"]).expect(0, "", "");
    test(&sandbox, &["--", "x.py"]).expect(
        1,
        "",
        "error: ../app was built without access to its interpreter\n \
         help: build it without --no-interpreter-access to test it\n",
    );
}

#[test]
fn an_archive_without_a_runtime_is_tested_with_its_runtime_file() {
    needs!(Native("a runtime file is made for the tests' own target"));
    let sandbox = sandbox()
        .file("demo/test_it.py", "import demo\nassert '/site-packages/' in demo.__file__\n");
    sandbox.build(["demo", "-o", "app", "--runtime", "external"]).expect(0, "", "");
    let run = |runtime: &std::path::Path| {
        let run = sandbox.packer(["test", "../app", "--offline", "--find-links", "../links"]);
        let run = run.in_dir("demo").env("SNAKECRATE_CACHE", shared::packer_cache());
        let run = run.env("SNAKECRATE_RUNTIME", runtime);
        run.args(["--quiet", "--with", "tinyrunner", "-m", "tinyrunner", "--", "test_it.py"])
            .output()
    };
    run(shared::runtime_file()).expect(0, "test_it.py passed\n", "");
    let error = "app: this archive needs a runtime file, cpython-3.";
    let refused = run(std::path::Path::new("/srv/none")).code(1).stdout("").stderr_contains(error);
    refused.stderr_contains(" help: put the file there, or name it in SNAKECRATE_RUNTIME").done();
}
