//! `SNAKECRATE=python` and `SNAKECRATE=run`: the interpreter and the scripts inside an archive.

use std::fs;

use crate::support::needs::needs;
use crate::support::sandbox::shared::{OPEN, PAIR, PROBE};
use crate::support::sandbox::{Run, Sandbox};

fn python<'a>(sandbox: &'a Sandbox, archive: &str) -> Run<'a> {
    sandbox.archive(archive).env("SNAKECRATE", "python")
}

fn run<'a>(sandbox: &'a Sandbox, archive: &str) -> Run<'a> {
    sandbox.archive(archive).env("SNAKECRATE", "run")
}

#[test]
fn the_interpreter_is_the_one_that_entries_get() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let code = "import sys, probe; print(sys.executable, sys.prefix, sys.flags, sys.path, \
                probe.__file__, sys.argv[0] == '-c')";
    let entry = sandbox.archive("app").args(["run", &code.replace("sys.argv[0] == '-c'", "True")]);
    let entry = entry.output().text();
    // The first time warm, then cold.
    for _ in 0..2 {
        assert_eq!(python(&sandbox, "app").args(["-c", code]).output().text(), entry);
        fs::remove_dir_all(sandbox.cache().join("v2/envs")).unwrap();
    }
}

#[test]
fn variables_are_those_of_an_entry() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let code = "import os, subprocess
print(sorted(name for name in os.environ if name not in ('HOME', 'LC_CTYPE')))
print(subprocess.run(['/usr/bin/env'], capture_output=True, text=True).stdout.count('LD_ODD=x'))";
    let plain = "['SNAKECRATE_ARCHIVE', 'SNAKECRATE_CACHE']\n0\n";
    python(&sandbox, "app").args(["-c", code]).expect(0, plain, "");
    let odd = "['LD_ODD', 'SNAKECRATE_ARCHIVE', 'SNAKECRATE_CACHE']\n1\n";
    let with_odd = || python(&sandbox, "app").env("LD_ODD", "x").env("PYTHONEXECUTABLE", "/x");
    with_odd().env("SNAKECRATE_REPAIRED", "1").args(["-c", code]).expect(0, odd, "");
    fs::write(sandbox.path("tool.py"), code).unwrap();
    with_odd().arg("tool.py").expect(0, odd, "");
    with_odd().arg("-").stdin(code).expect(0, odd, "");
}

/// Hidden variables take a detour by a prologue, which must not show.
#[test]
fn programs_behave_the_same_with_and_without_hidden_variables() {
    let tell = "from __future__ import annotations
import sys
print(__name__, sys.argv, sys.path, sys.flags.dev_mode, '_begin' in globals(),
      globals().get('__file__'))
def f(x: nothing): pass
if sys.argv[-1] == 'fail': sys.exit(7)
";
    let sandbox = Sandbox::new()
        .with(&PROBE, "app")
        .with(&OPEN, "open")
        .file("tool.py", tell)
        .file("folder/__main__.py", tell)
        .file("package/__init__.py", "")
        .file("package/__main__.py", tell);
    for archive in ["app", "open"] {
        for (arguments, status) in [
            (vec!["-c", tell, "-a", "b"], 0),
            (vec!["-Xdev", "-c", tell], 0),
            (vec!["tool.py", "-x", "fail"], 7),
            (vec!["folder", "fail"], 7),
            (vec!["-m", "this", "x"], 0),
            (vec!["-m", "package", "x"], i32::from(archive == "app")),
            (vec!["-m", "nothing"], 1),
            (vec!["-"], 0),
            (vec!["-c"], 2),
        ] {
            let with = |run: Run<'_>| {
                let outcome = run.args(&arguments).stdin(tell).output().code(status);
                let (_, stdout, stderr) = outcome.parts();
                (stdout, stderr)
            };
            let plain = with(python(&sandbox, archive));
            let hidden = with(python(&sandbox, archive).env("LD_ODD", "x"));
            assert_eq!(plain, hidden, "{archive} {arguments:?}");
        }
    }
}

#[test]
fn a_script_finds_the_modules_beside_it() {
    let sandbox = Sandbox::new()
        .file("tool.py", "import beside\nprint('started')\n")
        .file("beside.py", "VALUE = 3\n");
    sandbox.build(["tool.py", "-o", "app"]).expect(0, "", "");
    let code = "import beside, sys; print(beside.VALUE, sys.argv)";
    python(&sandbox, "app").args(["-c", code, "x"]).expect(0, "3 ['-c', 'x']\n", "");
}

#[test]
fn a_prompt_reads_from_the_terminal() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let lines = "import probe\nprint(probe.__name__)\n";
    for name in ["ODD", "LD_ODD"] {
        let run = python(&sandbox, "app").args(["-i", "-q"]).env(name, "x").stdin(lines);
        run.output().success().stdout("probe\n").stderr_contains(">>> ").done();
    }
}

#[test]
fn run_starts_entries_and_scripts_of_other_distributions() {
    let sandbox = Sandbox::new().with(&PAIR, "pair");
    run(&sandbox, "pair").args(["right", "-x"]).expect(0, "right ['-x']\n", "");
    let text = run(&sandbox, "pair").args(["wrong"]).output();
    text.expect(
        2,
        "",
        "snakecrate: this archive has no script `wrong`\n\
         snakecrate: run one of these: left, right\n",
    );
    for name in ["../bin/left", "", "python3", "."] {
        let text = run(&sandbox, "pair").arg(name).output();
        text.code(2).stdout("").stderr_contains("has no script").done();
    }
    run(&sandbox, "pair").expect(
        2,
        "",
        "snakecrate: `run` requires the name of a script\nsnakecrate: see SNAKECRATE=help\n",
    );
}

#[test]
fn run_starts_scripts_that_are_no_entries() {
    needs!(Native("the packed program would have to be its target's"));
    let sandbox = Sandbox::new()
        .project("pair")
        .file("pair/scripts/shell", "#!/bin/sh\necho shell \"$@\" $SNAKECRATE\n")
        .copy("/usr/bin/env", "pair/scripts/native-env");
    sandbox.build(["pair", "-e", "left", "-o", "app"]).expect(0, "", "");
    sandbox.archive("app").arg("a").expect(0, "left ['a']\n", "");
    run(&sandbox, "app").args(["right", "b"]).expect(0, "right ['b']\n", "");
    run(&sandbox, "app").args(["right"]).env("LD_ODD", "x").expect(0, "right []\n", "");
    run(&sandbox, "app").args(["shell", "c d"]).expect(0, "shell c d\n", "");
    let text = run(&sandbox, "app").arg("native-env").output().text();
    assert!(text.contains("SNAKECRATE_ARCHIVE=") && !text.contains("SNAKECRATE=run"), "{text}");
}

/// A child that is an archive, too, must start its application.
#[test]
fn nested_archives_do_not_see_the_command() {
    let sandbox = Sandbox::new().with(&PROBE, "app").with(&PAIR, "pair");
    let code = "import subprocess; subprocess.run(['./pair', 'left', 'x'], check=True)";
    for odd in ["PATH", "LD_ODD"] {
        let run = python(&sandbox, "app").args(["-c", code]).env(odd, "/usr/bin");
        run.expect(0, "left ['x']\n", "");
    }
}

#[test]
fn a_build_can_refuse_access_to_the_interpreter() {
    let sandbox = Sandbox::new().project("pair");
    let build = ["pair", "-o", "app", "--no-interpreter-access"];
    sandbox.build(build).expect(0, "", "");
    sandbox.archive("app").arg("left").expect(0, "left []\n", "");
    for run in [python(&sandbox, "app").args(["-c", "1"]), run(&sandbox, "app").arg("left")] {
        let outcome = run.output().code(2).stdout("");
        outcome.stderr_contains("this archive was built without `SNAKECRATE=").done();
    }
    let help = sandbox.archive("app").env("SNAKECRATE", "help").output().text();
    assert!(help.contains("SNAKECRATE=verify") && !help.contains("SNAKECRATE=python"), "{help}");
    let info = sandbox.archive("app").env("SNAKECRATE", "info").output().text();
    assert!(info.contains("disabled   python, run\n"), "{info}");
}

#[test]
fn prepare_unpacks_and_prints_the_environment() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let prepare = || sandbox.archive("app").env("SNAKECRATE", "prepare").output().text();
    let path = prepare();
    let env = sandbox.cache().join("v2/envs").join(&sandbox.cached("envs")[0]);
    assert_eq!(path, format!("{}\n", env.display()));
    assert_eq!(prepare(), path);
    fs::remove_file(env.join("pyvenv.cfg")).unwrap();
    assert_eq!(prepare(), path);
    assert!(env.join("pyvenv.cfg").exists(), "it was made again");
    let wrong = sandbox.archive("app").env("SNAKECRATE", "prepare").arg("--now").output();
    wrong.code(2).stdout("").any_stderr().done();
}

#[test]
fn info_tells_how_this_host_starts_it() {
    let sandbox = Sandbox::new().with(&PAIR, "app");
    let info = |run: Run<'_>| run.env("SNAKECRATE", "info").output().success().text();
    let before = info(sandbox.archive("app").env("LD_ODD", "x"));
    let cache = sandbox.cache();
    for line in [
        "name       pair 1.0\n".to_owned(),
        format!("cache      {}: not unpacked\n", cache.display()),
        format!("variable   SNAKECRATE_CACHE={}\n", cache.display()),
        "variable   LD_ODD=x\n".to_owned(),
        "loader     LD_* variables are hidden\n".to_owned(),
        "entry      left = pair:left\n".to_owned(),
        "libc       ".to_owned(),
    ] {
        assert!(before.contains(&line), "{line:?} in {before}");
    }
    sandbox.archive("app").arg("left").expect(0, "left []\n", "");
    let after = info(sandbox.archive("app"));
    let env = cache.join("v2/envs").join(&sandbox.cached("envs")[0]);
    let executes = format!("executes   {}\n", env.join("bin/python3").display());
    assert!(after.contains(&executes), "{after}");
}

#[test]
fn no_code_comes_from_outside_into_the_interpreter() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let canary = "print('canary')\n";
    let sandbox = sandbox.file("json.py", canary).file("planted/probe.py", canary);
    let code = "import json, probe; print('probe' in probe.__file__)";
    for name in ["ODD", "LD_ODD"] {
        let run = python(&sandbox, "app").args(["-c", code]).env("PYTHONPATH", "planted");
        let run = run.env("PYTHONSTARTUP", "planted/probe.py").env(name, "x");
        run.env("PYTHONINSPECT", "1").expect(0, "True\n", "");
    }
}
