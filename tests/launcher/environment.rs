//! Variables: what they change, and what child processes see of them. Each canary is shown to sing
//! if the interpreter is not isolated.

use crate::hosts::untrusted_code::canary;
use crate::support::sandbox::shared::{OPEN, PAIR, PROBE};
use crate::support::sandbox::{Outcome, Sandbox};

/// Everything that a variable of Python can change, on one line.
const SEES: &str = include_str!("environment/sees.py");

/// The variables of `CPython` 3.8 to 3.13, from the documentation, `--help-env`, and the names in its
/// binaries, with values that show.
const VARIABLES: [(&str, &str); 31] = [
    ("PYTHONASYNCIODEBUG", "1"),
    ("PYTHONBREAKPOINT", "os.getpid"),
    ("PYTHONCOERCECLOCALE", "warn"),
    ("PYTHONDEBUG", "1"),
    ("PYTHONDEVMODE", "1"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    ("PYTHONEXECUTABLE", "planted/bin/python3"),
    ("PYTHONFAULTHANDLER", "1"),
    ("PYTHONHASHSEED", "0"),
    ("PYTHONHOME", "/nowhere"),
    ("PYTHONINSPECT", "1"),
    ("PYTHONINTMAXSTRDIGITS", "9999"),
    ("PYTHONIOENCODING", "latin-1:replace"),
    ("PYTHONMALLOC", "malloc"),
    ("PYTHONMALLOCSTATS", "1"),
    ("PYTHONNODEBUGRANGES", "1"),
    ("PYTHONNOUSERSITE", "1"),
    ("PYTHONOPTIMIZE", "2"),
    ("PYTHONPATH", "planted"),
    ("PYTHONPLATLIBDIR", "planted"),
    ("PYTHONPROFILEIMPORTTIME", "1"),
    ("PYTHONPYCACHEPREFIX", "/planted"),
    ("PYTHONSAFEPATH", "1"),
    ("PYTHONTRACEMALLOC", "1"),
    ("PYTHONUNBUFFERED", "1"),
    ("PYTHONUTF8", "0"),
    ("PYTHONVERBOSE", "1"),
    ("PYTHONWARNDEFAULTENCODING", "1"),
    ("PYTHONWARNINGS", "error::ResourceWarning"),
    ("PYTHON_DOM", "planted"),
    ("__PYVENV_LAUNCHER__", "planted/bin/python3"),
];

/// From 3.13 on, or from 3.12.
const NEWER: [(&str, &str); 5] = [
    ("PYTHONPERFSUPPORT", "1"),
    ("PYTHON_COLORS", "1"),
    ("PYTHON_CPU_COUNT", "77"),
    ("PYTHON_FROZEN_MODULES", "off"),
    ("PYTHON_GIL", "0"),
];

/// Variables that change nothing here even if the interpreter is not isolated: they are for other
/// systems, debug builds of `CPython`, a prompt, or other versions, or Python does not know them.
const SILENT: [(&str, &str); 19] = [
    ("CONDA_PREFIX", "planted"),
    ("PIP_TARGET", "planted"),
    ("PYTHONCASEOK", "1"),
    ("PYTHONDOCS", "planted"),
    ("PYTHONDUMPREFS", "1"),
    ("PYTHONDUMPREFSFILE", "planted"),
    ("PYTHONFRAMEWORK", "planted"),
    ("PYTHONLEGACYWINDOWSFSENCODING", "1"),
    ("PYTHONLEGACYWINDOWSSTDIO", "1"),
    ("PYTHONOLDPARSER", "1"),
    ("PYTHONSTARTUP", "planted/json.py"),
    ("PYTHONTHREADDEBUG", "1"),
    ("PYTHON_BASIC_REPL", "1"),
    ("PYTHON_EGG_CACHE", "planted"),
    ("PYTHON_HISTORY", "planted"),
    ("PYTHON_JIT", "1"),
    ("PYTHON_UOPS_OPTIMIZE", "1"),
    ("VIRTUAL_ENV", "planted"),
    ("_PYTHON_PROJECT_BASE", "planted"),
];

/// Variables that the standard library reads even if it is isolated, and the part of [`SEES`] that
/// they change.
const DATA: [(&str, &str, &str); 3] = [
    ("PYTHONTZPATH", "/planted", "data of time zones"),
    ("PYTHONUSERBASE", "/planted", "data of the user"),
    ("_PYTHON_HOST_PLATFORM", "planted", "data of the platform"),
];

/// Both archives, and a virtual environment in `planted`, with canaries.
pub fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new().with(&PROBE, "app").with(&OPEN, "open");
    sandbox = sandbox.file("planted/pyvenv.cfg", "home = /nowhere\n");
    for module in ["json.py", "planted.py"] {
        sandbox = sandbox.file(&format!("planted/{module}"), canary(module));
    }
    for minor in 8..15 {
        let site = format!("planted/lib/python3.{minor}/site-packages");
        sandbox = sandbox.file(&format!("{site}/x.pth"), canary("x.pth"));
    }
    sandbox
}

fn sees<'a>(
    sandbox: &Sandbox,
    archive: &str,
    variables: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Outcome {
    let run = sandbox.archive(archive).args(["run", SEES]);
    variables.into_iter().fold(run, |run, (name, value)| run.env(name, value)).output()
}

fn is_newer(sandbox: &Sandbox) -> bool {
    let code = "import sys; print(sys.version_info >= (3, 13))";
    sandbox.archive("app").args(["run", code]).output().text() == "True\n"
}

/// Without isolation the archive's output differs.
fn differs(outcome: Outcome, usual: &str) -> bool {
    let (status, stdout, stderr) = outcome.parts();
    !status.success() || stdout != usual || !stderr.is_empty()
}

#[test]
fn no_variable_changes_an_isolated_interpreter() {
    let sandbox = sandbox();
    let usual = sees(&sandbox, "app", []).text();
    assert!(usual.contains("isolated=1"), "{usual}");
    let all = VARIABLES.into_iter().chain(NEWER).chain(SILENT);
    let (status, stdout, stderr) = sees(&sandbox, "app", all).parts();
    assert_eq!((status.code(), stdout, stderr.as_str()), (Some(0), usual, ""));
}

#[test]
fn without_isolation_the_canaries_sing() {
    let sandbox = sandbox();
    let usual = sees(&sandbox, "open", []).text();
    let newer = if is_newer(&sandbox) { &NEWER[..] } else { &[] };
    for variable in VARIABLES.iter().chain(newer) {
        assert!(differs(sees(&sandbox, "open", [*variable]), &usual), "{variable:?}");
    }
    assert!(!differs(sees(&sandbox, "open", SILENT), &usual));
}

/// Locations of time zones and user packages, and the platform's name, are data for an application.
#[test]
fn variables_that_are_still_read_are_data() {
    let sandbox = sandbox();
    let usual = sees(&sandbox, "app", []).json();
    for (name, value, changes) in DATA {
        let seen = sees(&sandbox, "app", [(name, value)]).json();
        for (key, value) in usual.as_object().unwrap() {
            // One more module may check the value.
            let same = seen[key] == *value || key == "modules";
            assert_eq!(!same, key == changes, "{name}: {key}");
        }
    }
}

/// `sysconfig` reads how Python was built from the module that this names: a module of the
/// application or none, never one from elsewhere.
#[test]
fn modules_named_by_variables_come_from_the_application() {
    let sandbox = sandbox();
    let run = |archive| {
        let run =
            sandbox.archive(archive).args(["run", "import sysconfig; sysconfig.get_config_vars()"]);
        run.in_dir("planted").env("_PYTHON_SYSCONFIGDATA_NAME", "planted").output().parts().2
    };
    let isolated = run("app");
    assert!(isolated.ends_with("\nModuleNotFoundError: No module named 'planted'\n"), "{isolated}");
    assert!(!isolated.contains("planted planted.py"), "{isolated}");
    assert!(run("open").contains("planted planted.py\n"));
}

/// From 3.11 on, an isolated `CPython` believes these, runs the `.pth` files of the environment that
/// they name, and finds no application.
#[test]
fn variables_for_macos_choose_no_other_environment() {
    let sandbox = sandbox();
    for name in ["PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__"] {
        let planted = sandbox.path("planted/bin/python3");
        let run = sandbox.archive("app").env(name, &planted);
        run.expect(0, "probe 1.2.3 ['probe:main']\n", "");
    }
}

#[test]
fn children_see_the_users_variables() {
    let sandbox = sandbox();
    // Otherwise CPython replaces the locale `C` and passes that on to child processes.
    let mut run = sandbox.archive("app").arg("child-environment").env("LC_ALL", "C.UTF-8");
    let mut expected = vec!["LC_ALL=C.UTF-8\n".to_owned()];
    for (name, value) in VARIABLES.into_iter().chain(NEWER).chain(SILENT) {
        run = run.env(name, value);
        if !["PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__"].contains(&name) {
            expected.push(format!("{name}={value}\n"));
        }
    }
    expected.extend(
        ["HOME=[HOME]", "SNAKECRATE_ARCHIVE=[WORK]/app", "SNAKECRATE_CACHE=[CACHE]"]
            .map(|line| format!("{line}\n")),
    );
    expected.sort();
    run.expect(0, &expected.concat(), "");
}

/// A caller may set it twice, which no shell does.
#[test]
fn a_forged_archive_variable_is_replaced() {
    let sandbox = sandbox();
    let run = || {
        let run = sandbox.archive("app").arg("environment").env("LC_ALL", "C.UTF-8");
        run.env("SNAKECRATE_OTHER", "stays")
    };
    let expected = "HOME=[HOME]\nLC_ALL=C.UTF-8\nSNAKECRATE_ARCHIVE=[WORK]/app\nSNAKECRATE_CACHE=[CACHE]\n\
                    SNAKECRATE_OTHER=stays\n";
    run().env("SNAKECRATE_ARCHIVE", "/elsewhere").expect(0, expected, "");
    run().env("SNAKECRATE_ARCHIVE", "").expect(0, expected, "");
    let twice = r#"
import ctypes, os, sys
strings = lambda *texts: (ctypes.c_char_p * (len(texts) + 1))(*texts, None)
cache = b"SNAKECRATE_CACHE=" + os.environb[b"SNAKECRATE_CACHE"]
forged = strings(b"LC_ALL=C.UTF-8", b"SNAKECRATE_ARCHIVE=/a", b"SNAKECRATE_ARCHIVE=/b", cache, b"SNAKECRATE_ARCHIVE")
ctypes.CDLL(None).execve(b"./app", strings(b"./app", b"environment"), forged)
"#;
    let expected = "LC_ALL=C.UTF-8\nSNAKECRATE_ARCHIVE=[WORK]/app\nSNAKECRATE_CACHE=[CACHE]\n";
    sandbox.archive("app").args(["run", twice]).expect(0, expected, "");
}

/// An archive with one entry and one with two, started as a child process and in place of the first.
#[test]
fn archives_that_start_each_other_each_know_their_own() {
    let sandbox = Sandbox::new().with(&PROBE, "app").with(&PAIR, "pair");
    let tell = "import os; print(os.environ['SNAKECRATE_ARCHIVE'], flush=True)";
    for start in ["os.execv(chain[0], chain)", "__import__('subprocess').run(chain, check=True)"] {
        let chain = format!("chain = ['./pair', 'right', 'start', './app', 'run', {tell:?}]");
        let code = format!("{tell}\n{chain}\n{start}");
        let expected = "[WORK]/app\nright [WORK]/pair\n[WORK]/app\n";
        for _ in ["cold", "warm"] {
            sandbox.archive("app").args(["run", &code]).expect(0, expected, "");
        }
    }
    assert_eq!(sandbox.cached("envs").len(), 2);
    // The second ignores what the first passed on about itself.
    let run = sandbox.archive("pair").env("SNAKECRATE_ARCHIVE", sandbox.path("app"));
    run.args(["left", "x"]).expect(0, "left ['x']\n", "");
}
