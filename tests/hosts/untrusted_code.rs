//! Foreign code in places that an interpreter may search: modules and programs that an attacker or an
//! accident put there. Each canary is also shown to be loaded where that is allowed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::launcher::environment::sandbox;
use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::OPEN;

/// Modules that print a line when they are loaded.
const MODULES: [&str; 8] = [
    "json.py",
    "probe.py",
    "sitecustomize.py",
    "usercustomize.py",
    "site.py",
    "os.py",
    "encodings/__init__.py",
    "planted.py",
];

/// A module that prints its origin, even before `print` works.
pub fn canary(name: &str) -> String {
    format!("import posix; posix.write(2, b\"planted {name}\\n\")\n")
}

/// Canaries in the working directory, beside the archive, in the user's packages, and first on `PATH`.
fn with_plants() -> Sandbox {
    let mut sandbox = sandbox();
    for place in ["", "here/", "../home/"] {
        for module in MODULES {
            let text = canary(&format!("{place}{module}"));
            sandbox = sandbox.file(&format!("{place}{module}"), text);
        }
        for (name, text) in [
            ("pyvenv.cfg", "home = /nowhere\n"),
            ("pybuilddir.txt", "here"),
            ("Modules/Setup.local", ""),
            ("python3._pth", "here\n"),
            ("python313._pth", "here\n"),
            ("app._pth", "here\n"),
        ] {
            sandbox = sandbox.file(&format!("{place}{name}"), text);
        }
    }
    for minor in 8..15 {
        let packages = format!("../home/.local/lib/python3.{minor}/site-packages");
        for module in MODULES {
            sandbox =
                sandbox.file(&format!("{packages}/{module}"), canary("in the user's packages"));
        }
        let text = canary("in the user's .pth");
        sandbox = sandbox.file(&format!("{packages}/canary.pth"), text);
        sandbox = sandbox.file(&format!("here/lib/python3.{minor}/os.py"), canary("landmark"));
    }
    for program in ["python3", "python", "python3.13", "env", "sh", "uname", "ldconfig", "gcc"] {
        let place = format!("bin/{program}");
        sandbox = sandbox.file(&place, format!("#!/bin/sh\necho planted {program} >&2\n"));
        fs::set_permissions(sandbox.path(&place), Permissions::from_mode(0o755)).unwrap();
    }
    sandbox
}

const LOADED: &str = "
import codecs, encodings, json, os, probe, site, subprocess, sys, sysconfig
files = [module.__file__ for module in sys.modules.values() if getattr(module, '__file__', None)]
print(all(file.startswith(os.environ['SNAKECRATE_CACHE']) for file in files))
print([name for name in ('sitecustomize', 'usercustomize', 'planted') if name in sys.modules])
";

#[test]
fn code_in_the_way_is_not_loaded() {
    let sandbox = with_plants();
    for directory in ["", "here"] {
        let run = sandbox.archive("app").args(["run", LOADED]).in_dir(directory);
        let run = run.env("PATH", sandbox.path("bin")).env("PYTHONPATH", sandbox.path("here"));
        run.expect(0, "True\n[]\n", "");
    }
}

/// An archive that isn't isolated loads canaries from the working directory and `PYTHONPATH`. Those in
/// the user's packages are loaded by the machine's own interpreter, since no virtual environment uses
/// these.
#[test]
fn without_isolation_code_in_the_way_is_loaded() {
    let sandbox = sandbox().file("here/json.py", canary("json"));
    let open = |code: &str| sandbox.archive("open").args(["run", code]).in_dir("here");
    open("import json").expect(0, "", "planted json\n");
    for module in MODULES {
        let sandbox =
            Sandbox::new().with(&OPEN, "open").file(&format!("at/{module}"), canary(module));
        let run = sandbox.archive("open").args(["run", "import json, planted"]);
        let (_, _, stderr) = run.env("PYTHONPATH", sandbox.path("at")).output().parts();
        // A virtual environment doesn't load the user's packages, so not their customisation either.
        let sings = stderr.contains(&format!("planted {module}"));
        // And `site` and `os` are frozen.
        let silent = ["usercustomize.py", "site.py", "os.py"].contains(&module);
        assert_eq!(sings, !silent, "{module}: {stderr}");
    }
    let sandbox = with_plants();
    let run = sandbox.archive("open").args(["run", LOADED]).in_dir("../home/.local");
    run.expect(0, "True\n[]\n", "");
    let mut direct = Command::new("python3");
    direct.args(["-c", ""]).env("HOME", sandbox.home()).current_dir("/");
    let stderr = String::from_utf8(direct.output().unwrap().stderr).unwrap();
    assert!(stderr.contains("planted in the user's .pth\n"), "{stderr}");
    assert!(stderr.contains("planted in the user's packages\n"), "{stderr}");
}

#[test]
fn workers_of_multiprocessing_are_isolated_too() {
    let sandbox = with_plants();
    let code = "import multiprocessing, os, sys
for method in ('spawn', 'forkserver', 'fork'):
    with multiprocessing.get_context(method).Pool(1) as pool:
        what = '__import__(\"json\").__file__.startswith(__import__(\"sys\").base_prefix)'
        environment = pool.apply(eval, ('dict(__import__(\"os\").environ)',))
        print(method, pool.apply(eval, (what,)), environment == dict(os.environ))
";
    let run = sandbox.archive("app").args(["run", code]).in_dir("here");
    let run = run.env("PYTHONPATH", sandbox.path("here")).env("PATH", sandbox.path("bin"));
    run.expect(0, "spawn True True\nforkserver True True\nfork True True\n", "");
}

/// `sys.executable` is an ordinary interpreter: its options decide which code it loads.
#[test]
fn a_child_interpreter_is_isolated_only_if_it_is_told_to() {
    let sandbox = sandbox().file("here/json.py", canary("json"));
    let start = |option: &str| {
        format!(
            "import subprocess, sys; subprocess.run([sys.executable, {option}'-c', 'import json'])"
        )
    };
    let run = |option: &str| sandbox.archive("app").args(["run", &start(option)]).in_dir("here");
    run("").expect(0, "", "planted json\n");
    run("'-I', ").expect(0, "", "");
}
