//! The proof: a build succeeds only if its archive starts.
//!
//! The builds of these tests share the packer's cache with the suite, so each proof has a variable
//! of its own: it would be remembered otherwise.

/// The user's own commands in the proof.
mod commands;

/// `--only-proven`: what no command loads is left out.
mod only_proven;

/// What the build report says of the proof.
mod reports;

/// What surrounds a proof: time, processes, network, environment, and the cache it uses.
mod surroundings;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use rustix::process::Signal;
use serde_json::Value;

use crate::support::needs::needs;
use crate::support::sandbox::{Outcome, Run, Sandbox, shared};
use crate::support::target;

const FAILURE: i32 = 1;

/// `snakecrate build` with a proof, which an earlier run of the suite cannot have made.
fn build<'s>(sandbox: &'s Sandbox, arguments: &[&str]) -> Run<'s> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
    proven(sandbox, arguments).args(["--proof-env".into(), format!("TEST={now}")])
}

/// `snakecrate build` with a proof.
fn proven<'s>(sandbox: &'s Sandbox, arguments: &[&str]) -> Run<'s> {
    let packer = sandbox.packer(["build", "--level", "3", "--offline", "-o", "app"]);
    packer.args(target::options()).args(arguments).env("SNAKECRATE_CACHE", shared::packer_cache())
}

/// The build fails with these parts of its message, and leaves nothing but `app.failed`.
#[track_caller]
fn fails(sandbox: &Sandbox, outcome: Outcome, parts: &[&str]) {
    let outcome = outcome.code(FAILURE).stdout("");
    parts.iter().fold(outcome, |outcome, part| outcome.stderr_contains(part)).done();
    let names = sandbox.names();
    assert!(names.iter().any(|name| name == "app.failed"), "{names:?}");
    assert!(!names.iter().any(|name| name == "app" || name.starts_with('.')), "{names:?}");
}

fn report(sandbox: &Sandbox) -> Value {
    serde_json::from_slice(&fs::read(sandbox.path("report.json")).unwrap()).unwrap()
}

#[test]
fn a_proof_is_one_line_with_seconds_modules_and_memory() {
    let sandbox = Sandbox::new().project("pair");
    let (_, _, stderr) = build(&sandbox, &["pair"]).output().success().parts();
    let line = stderr.lines().find(|line| line.contains("Proven")).expect("the line");
    let line = line.trim().strip_prefix("Proven left, right: ").expect("the entries");
    let parts: Vec<_> = line.split(", ").collect();
    assert_eq!(parts.len(), 3, "{line}");
    for (part, unit) in parts.iter().zip([" s", " modules", " MB"]) {
        let number = part.strip_suffix(unit).unwrap_or_else(|| panic!("{part} in {unit}"));
        assert!(number.parse::<f64>().is_ok(), "{part}");
    }
    sandbox.archive("app").arg("left").expect(0, "left []\n", "");
}

#[test]
fn an_entry_whose_import_fails_fails_the_build_with_its_traceback() {
    let sandbox = Sandbox::new()
        .bare_project("broken", "[project.scripts]\nbroken = 'broken:main'\n")
        .file("broken/broken.py", "def main():\n    pass\n\nimport no_such_module\n");
    let outcome = build(&sandbox, &["broken"]).output();
    let parts = [
        "error: the entry `broken` cannot be started:\nTraceback (most recent call last):\n  File \"",
        "broken.py\", line 4, in <module>\n    import no_such_module\n",
        "ModuleNotFoundError: No module named 'no_such_module'\n",
        "look into app.failed, or skip the proof with --no-proof",
    ];
    fails(&sandbox, outcome, &parts);
    // It is the whole archive.
    sandbox.archive("app.failed").output().code(1).stderr_contains("no_such_module").done();
    sandbox.build(["broken", "-o", "app"]).expect(0, "", "");
}

/// Only `-v` said that it was not compiled.
#[test]
fn a_script_or_module_with_a_syntax_error_was_proven() {
    let wrong = "def main(:\n    pass\n";
    let sandbox = Sandbox::new().file("tool.py", wrong).bare_project("loud", "");
    let sandbox = sandbox.file("loud/loud/__init__.py", "").file("loud/loud/__main__.py", wrong);
    for arguments in [&["tool.py"][..], &["loud", "-m", "loud"]] {
        let outcome = build(&sandbox, arguments).output().code(FAILURE).stdout("");
        outcome
            .stderr_contains("cannot be started:\n  File \"")
            .stderr_contains("line 1\n    def main(:\n")
            .stderr_contains("SyntaxError: invalid syntax\n")
            .any_stderr()
            .done();
    }
}

#[test]
fn a_module_that_only_a_function_imports_is_missed_aloud() {
    // The proof calls no function, so such an archive passed it and failed at the customer's.
    let function = |module: &str| format!("def go():\n    import {module}\n");
    let text = function("no_such_module") + "if __name__ == '__main__':\n    print('starts')\n";
    let sandbox = Sandbox::new().file("tool.py", text);
    let help = "name its distribution in the script's `# /// script` block, or with --with";
    let warning = "warning: a function in tool.py imports no_such_module: no packed distribution has the \
                   module no_such_module\n";
    let warns = |sandbox: &Sandbox, source: &str, expected: &str| {
        let (status, _, stderr) = build(sandbox, &[source]).output().parts();
        assert!(status.success(), "{stderr}");
        let begin = stderr.find("warning: ").unwrap_or(stderr.len());
        let end = stderr.find("      Proven").unwrap();
        assert_eq!(&stderr[begin.min(end)..end], expected);
    };
    warns(&sandbox, "tool.py", &format!("{warning}   help: {help}\n"));
    // With a guard, or a file that nothing loads, it may be missing; an extra is the user's choice.
    let guarded = "try:\n    import c_missing\nexcept ImportError:\n    pass\n\
                   def go():\n    try:\n        import d_missing\n    except ImportError:\n        pass\n";
    let sandbox = sandbox
        .bare_project(
            "lazily",
            "[project.scripts]\nlazily = 'lazily:go'\n[project.optional-dependencies]\n\
             yaml = ['pyyaml']\n",
        )
        .file(
            "lazily/lazily/__init__.py",
            format!("{guarded}from . import more\n{}", function("json")),
        )
        .file("lazily/lazily/more.py", function("yaml") + &function("lazily.more"))
        .file("lazily/lazily/never.py", function("e_missing"));
    warns(&sandbox, "lazily", "");
    let both = function("f_missing") + &function("g_missing");
    let sandbox = sandbox.file("lazily/lazily/more.py", both);
    let warning = "warning: functions import modules that no packed distribution has: f_missing \
                   (lazily/more.py), g_missing (lazily/more.py)\n";
    let help =
        "for each: add its distribution to the dependencies in pyproject.toml, or use --with";
    warns(&sandbox, "lazily", &format!("{warning}   help: {help}\n"));
}

#[test]
fn a_missing_requirement_leads_to_where_the_source_declares_it() {
    let sandbox = Sandbox::new().file("tool.py", "import no_such_module\n");
    let advice = |sandbox: &Sandbox, source: &str, remedy: &str| {
        let outcome = build(sandbox, &[source]).output().code(FAILURE).stdout("");
        outcome
            .stderr_contains("no packed distribution has the module no_such_module")
            .stderr_contains(remedy)
            .any_stderr()
            .done();
    };
    let block = "name its distribution in the script's `# /// script` block, or with --with";
    advice(&sandbox, "tool.py", &format!("help: {block}"));
    let sandbox = sandbox.file("requirements.txt", "");
    advice(&sandbox, "tool.py", &format!("help: use -r [WORK]/requirements.txt, or {block}"));
    let sandbox = sandbox.bare_project("broken", "[project.scripts]\nbroken = 'broken:main'\n");
    let sandbox = sandbox.file("broken/broken.py", "import no_such_module\n");
    let remedy = "add its distribution to the dependencies in pyproject.toml, or use --with";
    advice(&sandbox, "broken", remedy);
}

#[test]
fn a_traceback_has_no_frames_of_the_proof() {
    let sandbox = Sandbox::new().file("tool.py", "import helper\n").file("helper.py", "1 / 0\n");
    let (_, _, stderr) = build(&sandbox, &["tool.py"]).output().code(FAILURE).parts();
    assert_eq!(stderr.matches("  File \"").count(), 1, "{stderr}");
    assert!(stderr.contains("helper.py\", line 1, in <module>"), "{stderr}");
}

#[test]
fn a_failed_proof_leaves_an_older_archive_alone() {
    let sandbox = Sandbox::new().file("tool.py", "import no_such_module\n").file("app", "older");
    build(&sandbox, &["tool.py"]).output().code(FAILURE).stdout("").any_stderr().done();
    assert_eq!(fs::read(sandbox.path("app")).unwrap(), b"older");
    assert_eq!(sandbox.names(), ["app", "app.failed", "tool.py"]);
}

#[test]
fn a_success_removes_the_archive_that_failed_before() {
    let sandbox = Sandbox::new().file("tool.py", "import json\n").file("app.failed", "before");
    build(&sandbox, &["tool.py", "--quiet"]).expect(0, "", "");
    assert_eq!(sandbox.names(), ["app", "tool.py"]);
}

#[test]
fn a_function_that_does_not_exist_fails_the_build() {
    for (entry, part) in [
        ("x=probe:nothing", "ImportError: cannot import name 'nothing' from 'probe'"),
        ("x=probe:main.nothing", "AttributeError: 'function' object has no attribute 'nothing'"),
        ("x=probe:__name__", "TypeError: probe:__name__ is not callable, but a str"),
    ] {
        let sandbox = Sandbox::new().project("probe");
        let outcome = build(&sandbox, &["probe", "--entry", entry]).output();
        fails(&sandbox, outcome, &["the entry `x` cannot be started", part]);
    }
}

#[test]
fn every_entry_that_fails_is_named() {
    let sandbox = Sandbox::new().project("probe");
    let entries = ["-e", "a=nowhere:main", "-e", "b=probe:main", "-e", "c=nowhere:main"];
    let outcome = build(&sandbox, &["probe"]).args(entries).output();
    fails(&sandbox, outcome, &["the entry `a` cannot be started", "\nalso failing: c\n", "-e b"]);
}

#[test]
fn a_module_that_python_m_would_not_find_fails_the_build() {
    for (module, part) in [
        ("probe.nope", "ModuleNotFoundError: "),
        ("nope", "ModuleNotFoundError: No module named 'nope'"),
        ("json", "ImportError: 'json' is a package without a __main__ module"),
    ] {
        let sandbox = Sandbox::new().project("probe");
        let outcome = build(&sandbox, &["probe", "-m", module]).output();
        fails(&sandbox, outcome, &[part]);
    }
}

/// To import a `__main__` module is to run the application.
#[test]
fn modules_are_located_and_scripts_are_not_run() {
    let sandbox = Sandbox::new()
        .bare_project("loud", "")
        .file("loud/loud/__init__.py", "")
        .file("loud/loud/__main__.py", "raise SystemExit('it runs')\n")
        .file("tool.py", "import json\nraise SystemExit('it runs')\n");
    build(&sandbox, &["loud", "-m", "loud", "--quiet"]).expect(0, "", "");
    build(&sandbox, &["tool.py", "--quiet"]).expect(0, "", "");
}

#[test]
fn the_imports_that_a_script_begins_with_are_made() {
    let sandbox = Sandbox::new().file("tool.py", "'''Doc.'''\nimport json\nimport nowhere\nx()\n");
    let outcome = build(&sandbox, &["tool.py"]).output();
    fails(&sandbox, outcome, &["the entry `tool` cannot", "No module named 'nowhere'"]);
    // Later imports are a part of running it.
    let sandbox = Sandbox::new().file("tool.py", "x = 1\nimport nowhere\n");
    build(&sandbox, &["tool.py", "--quiet"]).expect(0, "", "");
}

#[test]
fn a_script_of_a_distribution_has_its_imports_made() {
    let sandbox = Sandbox::new()
        .bare_project("scripts", "")
        .file("scripts/scripts/tool", "#!/usr/bin/python3\nimport nowhere\n");
    let outcome = build(&sandbox, &["scripts", "-e", "tool"]).output();
    fails(&sandbox, outcome, &["the entry `tool` cannot", "No module named 'nowhere'"]);
}

#[test]
fn a_native_entry_is_asked_for_its_libraries_and_not_run() {
    needs!(Native("the packed program would have to be its target's"));
    let sandbox =
        Sandbox::new().bare_project("native", "").copy("/usr/bin/false", "native/scripts/no");
    build(&sandbox, &["native", "-e", "no", "--report", "report.json", "--quiet"])
        .expect(0, "", "");
    let report = report(&sandbox);
    let libraries = report["proof"]["libraries"].as_array().unwrap();
    assert!(libraries.iter().any(|path| path.as_str().unwrap().contains("libc.so.6")), "{report}");
}

#[test]
fn a_native_entry_without_its_library_fails_the_build() {
    needs!(Program("cc"), Native("the packed program would have to be its target's"));
    let sandbox = Sandbox::new()
        .bare_project("native", "")
        .file("lib.c", "int answer(void) { return 42; }\n")
        .file("main.c", "int answer(void);\nint main(void) { return answer(); }\n")
        .file("native/scripts/.keep", "");
    let compile = |arguments: &str| {
        let mut command = std::process::Command::new("sh");
        let command = command.args(["-c", arguments]).current_dir(sandbox.path(""));
        assert!(command.status().unwrap().success(), "{arguments}");
    };
    compile("cc -shared -o libanswer.so lib.c && cc -o native/scripts/ask main.c -L. -lanswer");
    compile("rm libanswer.so native/scripts/.keep");
    let outcome = build(&sandbox, &["native", "-e", "ask"]).output();
    let parts = ["the entry `ask` cannot be loaded:\nlibanswer.so => not found", "--include-lib"];
    fails(&sandbox, outcome, &parts);
}

#[test]
fn an_archive_is_proven_once_until_it_changes() {
    let sandbox = Sandbox::new().file("tool.py", "import json\n");
    let token = format!("TEST={:?}", SystemTime::now());
    let arguments = ["tool.py", "--proof-env", &token];
    let lines = [false, true].map(|as_before| {
        let (_, _, stderr) = proven(&sandbox, &arguments).output().success().parts();
        let line = stderr.lines().find(|line| line.contains("Proven")).unwrap().to_owned();
        assert_eq!(line.ends_with(" (as before)"), as_before, "{line}");
        line
    });
    assert_eq!(format!("{} (as before)", lines[0]), lines[1]);
    fs::write(sandbox.path("tool.py"), "import nowhere\n").unwrap();
    proven(&sandbox, &arguments).output().code(FAILURE).stdout("").any_stderr().done();
    fs::write(sandbox.path("tool.py"), "import json\n").unwrap();
    let more = proven(&sandbox, &arguments).args(["--proof-command", "tool"]).output().success();
    more.stdout("").stderr_contains(", 1 command\n").done();
}

#[test]
fn run_proves_nothing() {
    let settings = "# /// script\n# [tool.snakecrate.proof]\n# commands = ['nothing']\n# ///\n";
    let script = "print('it runs')\nimport nowhere\n";
    let sandbox = Sandbox::new().file("tool.py", format!("{settings}import sys\n{script}"));
    let run = sandbox.packer(["run", "--quiet", "tool.py"]);
    let outcome = run.env("SNAKECRATE_CACHE", shared::packer_cache()).output();
    outcome.code(1).stdout("it runs\n").stderr_contains("nowhere").done();
}

#[test]
fn an_archive_has_the_same_bytes_with_and_without_a_proof() {
    let sandbox = Sandbox::new().project("probe");
    build(&sandbox, &["probe", "--quiet", "--proof-command", "probe"]).expect(0, "", "");
    let first = fs::read(sandbox.path("app")).unwrap();
    build(&sandbox, &["probe", "--quiet"]).expect(0, "", "");
    assert!(first == fs::read(sandbox.path("app")).unwrap(), "two builds with proofs differ");
    sandbox.build(["probe", "-o", "app"]).expect(0, "", "");
    assert!(first == fs::read(sandbox.path("app")).unwrap(), "the proof is in the archive");
    let mode = fs::metadata(sandbox.path("app")).unwrap().permissions().mode();
    assert_eq!(mode & 0o111, 0o111, "everybody may execute it");
}

/// A helper of a distribution for a package that it doesn't require, such as `jupyter-labhub`, failed
/// the build.
#[test]
fn helpers_that_lack_a_foreign_module_are_not_offered() {
    let sandbox = Sandbox::new()
        .bare_project(
            "lab",
            "[project.scripts]\nlab = 'lab:main'\nlab-hub = 'lab_hub:main'\nlab-run = 'lab:main'\n",
        )
        .file("lab/lab.py", "def main():\n    print('lab')\n")
        .file("lab/lab_hub.py", "import foreign_hub.app\ndef main(): pass\n");
    for name in ["app", "again"] {
        let outcome = sandbox.packer(["build", "lab", "-o", name, "--level", "1"]).output();
        let (status, _, stderr) = outcome.parts();
        assert!(status.success(), "{stderr}");
        let warning =
            "not offering lab-hub: it imports foreign_hub, which no packed distribution has";
        assert_eq!(stderr.matches(warning).count(), 1, "{stderr}");
        assert!(
            stderr.contains("add the distribution that has foreign_hub with --with"),
            "{stderr}"
        );
        assert!(stderr.contains("; lab, lab-run)"), "{stderr}");
    }
    let bytes = |name: &str| std::fs::read(sandbox.path(name)).unwrap();
    assert!(bytes("app") == bytes("again"));
    sandbox.archive("app").expect(0, "lab\n", "");
    // Those that the user asks for fail.
    for more in [
        &["-e", "lab-hub", "-e", "lab"][..],
        &["--default", "lab-hub"],
        &["--proof-command", "lab-hub x"],
    ] {
        let arguments = ["build", "lab", "-o", "app", "--level", "1"].iter().chain(more);
        let outcome = sandbox.packer(arguments).output().code(1).stdout("");
        outcome.stderr_contains("the entry `lab-hub` cannot be started").any_stderr().done();
    }
}

#[test]
fn helpers_that_lack_a_module_of_their_own_fail_the_build() {
    let sandbox = Sandbox::new()
        .bare_project("lab", "[project.scripts]\nlab = 'lab:main'\nlab-hub = 'lab_hub:main'\n")
        .file("lab/lab.py", "def main():\n    print('lab')\n")
        .file("lab/lab_hub.py", "import lab.nowhere\ndef main(): pass\n");
    let outcome = sandbox.packer(["build", "lab", "-o", "app", "--level", "1"]).output();
    outcome.code(1).stdout("").stderr_contains("No module named 'lab.nowhere'").any_stderr().done();
}
