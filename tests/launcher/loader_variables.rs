//! `LD_*` variables: which code the loader takes from them, and what child processes see of them.
//!
//! The canaries are libraries that write the name of their process's program to a file.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Command;

use crate::support::needs::needs;
use crate::support::sandbox::shared::PROBE;
use crate::support::sandbox::{Run, Sandbox};

const PROBED: &str = "probe 1.2.3 ['probe:main']\n";

/// Loads extension modules of the standard library, then reports.
const IMPORTS: &str = "import zlib, ssl, sqlite3, lzma, ctypes, math; print('imported')";
/// A child interpreter, and another child process.
const CHILDREN: &str = "import subprocess, sys
subprocess.run([sys.executable, '-I', '-c', 'pass'], check=True)
subprocess.run(['/bin/true'], check=True)";
const CANARY: &str = r#"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
unsigned la_version(unsigned version) { return version; }
__attribute__((constructor)) static void sing(void) {
    char name[256];
    ssize_t length = readlink("/proc/self/exe", name, sizeof name - 2);
    if (length < 0) return;
    name[length] = '\n';
    char *start = name + length;
    while (start > name && start[-1] != '/') start--;
    int file = open(SONGS, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (file < 0 || write(file, start, name + length + 1 - start) < 0) return;
    close(file);
}
"#;

/// A sandbox with a library that sings when it is loaded; `None` without a compiler.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new().with(&PROBE, "app").file("canary.c", CANARY);
    compile(&sandbox, "canary.so");
    sandbox
}

fn compile(sandbox: &Sandbox, name: &str) {
    let songs = format!("-DSONGS=\"{}\"", sandbox.path("songs").display());
    std::fs::create_dir_all(sandbox.path(name).parent().unwrap()).unwrap();
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-nostartfiles", &songs, "-o"])
        .arg(sandbox.path(name))
        .arg(sandbox.path("canary.c"))
        .status();
    assert!(status.is_ok_and(|status| status.success()), "cc");
}

/// The programs in which the canary sang, in order.
fn songs(sandbox: &Sandbox) -> Vec<String> {
    let songs = std::fs::read_to_string(sandbox.path("songs")).unwrap_or_default();
    let _ = std::fs::remove_file(sandbox.path("songs"));
    songs.lines().map(str::to_owned).collect()
}

fn with<'a>(sandbox: &'a Sandbox, variables: &[(&str, PathBuf)]) -> Run<'a> {
    let run = sandbox.archive("app");
    variables.iter().fold(run, |run, (name, value)| run.env(name, value))
}

/// Fakes of libraries that the interpreter and its modules are linked to.
fn fakes(sandbox: &Sandbox) -> PathBuf {
    const NAMES: [&str; 9] = [
        "libz.so.1",
        "libm.so.6",
        "libdl.so.2",
        "libpthread.so.0",
        "libssl.so.3",
        "libssl.so.1.1",
        "libsqlite3.so.0",
        "liblzma.so.5",
        "libffi.so.8",
    ];
    for name in NAMES {
        compile(sandbox, &format!("fakes/{name}"));
    }
    sandbox.path("fakes")
}

#[test]
fn no_code_comes_from_a_library_that_the_user_preloads() {
    let sandbox = sandbox();
    let canary = sandbox.path("canary.so");
    for name in ["LD_PRELOAD", "LD_AUDIT"] {
        let control = Command::new("/bin/true").env(name, &canary).status().unwrap();
        assert!(control.success());
        assert_eq!(songs(&sandbox), ["true"], "{name} works elsewhere");
        // The first time cold, then warm.
        for _ in 0..2 {
            with(&sandbox, &[(name, canary.clone())]).expect(0, PROBED, "");
            assert_eq!(songs(&sandbox), [""; 0], "{name}");
        }
    }
}

#[test]
fn no_code_comes_from_the_users_library_path() {
    let sandbox = sandbox();
    let fakes = fakes(&sandbox);
    let run = with(&sandbox, &[("LD_LIBRARY_PATH", fakes)]);
    run.args(["run", IMPORTS]).expect(0, "imported\n", "");
    assert_eq!(songs(&sandbox), [""; 0]);
}

/// A child process is a program like any other, even if it is the same interpreter.
#[test]
fn children_have_the_users_variables() {
    needs!(Native("the library would have to be its target's"));
    let sandbox = sandbox();
    let run = with(&sandbox, &[("LD_PRELOAD", sandbox.path("canary.so"))]);
    run.args(["run", CHILDREN]).expect(0, "", "");
    let songs = songs(&sandbox);
    assert_eq!(songs.len(), 2, "{songs:?}");
    assert!(songs[0].starts_with("python3") && songs[1] == "true", "{songs:?}");
}

#[test]
fn every_variable_comes_through_unchanged() {
    let sandbox = sandbox();
    let odd = OsStr::from_bytes(b"/\xff=\n\xfe");
    for command in ["environment", "child-environment"] {
        let run = sandbox.archive("app").arg(command).env("LC_ALL", "C.UTF-8");
        let run = run.env("LD_LIBRARY_PATH", "/y").env("LD_BIND_NOW", "").env("LD_ODD", "a=b");
        let run = run.env("LDX", "x").env("SNAKECRATE_LD_PRELOAD", sandbox.path("canary.so"));
        let run = run.env("SNAKECRATE_REPAIRED", "forged").env("SNAKECRATE_ARCHIVE", "forged");
        let expected = "HOME=[HOME]\nLC_ALL=C.UTF-8\nLDX=x\nLD_BIND_NOW=\nLD_LIBRARY_PATH=/y\n\
                        LD_ODD=a=b\nSNAKECRATE_ARCHIVE=[WORK]/app\nSNAKECRATE_CACHE=[CACHE]\n";
        run.expect(0, expected, "");
        assert_eq!(songs(&sandbox), [""; 0], "{command}");
    }
    let code = "import os; print(os.environb[b'LD_ODD'].hex(), ascii(os.environ['LD_ODD']))";
    let run = sandbox.archive("app").args(["run", code]).env("LD_ODD", odd);
    run.expect(0, "2fff3d0afe '/\\udcff=\\n\\udcfe'\n", "");
}

/// Modules and scripts have boot scripts of other kinds.
#[test]
fn modules_and_scripts_start_fast_too() {
    let tell = "import os\n\
                print(sorted(n for n in os.environ if 'LD_' in n), os.environ['LD_PRELOAD'], sorted(\
                n for n in globals() if 'variables' in n or 'start' in n))\n";
    let sandbox = sandbox()
        .file("tool.py", tell)
        .bare_project("both", "[project.scripts]\nboth = 'both:main'\n")
        .file("both/both/__init__.py", "")
        .file("both/both/__main__.py", tell);
    for build in [vec!["tool.py"], vec!["tool.py", "--no-fast-start"], vec!["both", "-m", "both"]] {
        sandbox.build(build.iter().chain(&["-o", "app"])).expect(0, "", "");
        let run = with(&sandbox, &[("LD_PRELOAD", sandbox.path("canary.so"))]);
        run.expect(0, "['LD_PRELOAD'] [WORK]/canary.so []\n", "");
        assert_eq!(songs(&sandbox), [""; 0], "{build:?}");
    }
}

/// For drivers outside the archive.
#[test]
fn loader_variables_work_if_the_build_allows_them() {
    needs!(Native("the library would have to be its target's"));
    let sandbox = sandbox()
        .bare_project("open", "[project.scripts]\nopen = 'opened:main'\n")
        .file("open/opened.py", "def main():\n    import os; print(os.environ['LD_PRELOAD'])\n");
    for flag in ["--loader-variables", "--no-isolated"] {
        sandbox.build(["open", "-o", "app", flag]).expect(0, "", "");
        let run = with(&sandbox, &[("LD_PRELOAD", sandbox.path("canary.so"))]);
        run.expect(0, "[WORK]/canary.so\n", "");
        let songs = songs(&sandbox);
        assert!(songs.len() == 1 && songs[0].starts_with("python3"), "{flag}: {songs:?}");
    }
}

/// It could not restore their names.
#[test]
fn a_native_entry_is_started_as_any_program() {
    needs!(Native("the packed program would have to be its target's"));
    let sandbox =
        sandbox().bare_project("native", "").copy("/usr/bin/env", "native/scripts/native-env");
    sandbox.build(["native", "-e", "native-env", "-o", "app"]).expect(0, "", "");
    let text = with(&sandbox, &[("LD_PRELOAD", sandbox.path("canary.so"))]).output().text();
    let expected = format!("LD_PRELOAD={}", sandbox.path("canary.so").display());
    assert!(text.lines().any(|line| line == expected), "{text}");
    assert_eq!(songs(&sandbox).len(), 1);
}
