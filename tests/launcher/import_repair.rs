//! Missing, truncated or altered files of the cache that no start checks. If the application cannot
//! be imported because of one, it is repaired and started as if nothing had happened.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::cache::repair::{PROBED, files, is_whole, rewrite, warm};
use crate::support::sandbox::Sandbox;
use crate::support::target;

/// The file in the component, and in the environment if it is there.
fn everywhere(sandbox: &Sandbox, end: &str) -> Vec<PathBuf> {
    let all = [files(sandbox, "components"), files(sandbox, "envs")].concat();
    let found = all.into_iter().filter(|path| path.to_str().unwrap().contains(end));
    let found: Vec<_> = found.collect();
    assert!(!found.is_empty(), "{end}");
    found
}

/// Modules that are imported before any code of `probe` runs.
const MODULES: [&str; 4] =
    ["site-packages/probe.py", "/json/decoder.py", "/subprocess.py", "/lib-dynload/select."];

#[test]
fn a_module_that_is_gone_comes_back() {
    let sandbox = warm();
    // Debian's interpreter has the last one built in.
    let count = if target::is_foreign() { 3 } else { 4 };
    for module in &MODULES[..count] {
        for path in everywhere(&sandbox, module) {
            fs::remove_file(path).unwrap();
        }
        sandbox.archive("app").expect(0, PROBED, "");
        is_whole(&sandbox);
    }
}

#[test]
fn an_empty_snakecrate_variable_does_not_prevent_the_repair() {
    let sandbox = warm();
    for path in everywhere(&sandbox, MODULES[0]) {
        fs::remove_file(path).unwrap();
    }
    sandbox.archive("app").env("SNAKECRATE", "").expect(0, PROBED, "");
    is_whole(&sandbox);
}

#[test]
fn damaged_bytecode_and_libraries_come_back() {
    let sandbox = warm();
    let changes: [fn(Vec<u8>) -> Vec<u8>; 3] = [
        |bytes| bytes[..bytes.len() / 2].to_vec(),
        |bytes| bytes[..16].to_vec(),
        // The same length, other contents.
        |mut bytes| {
            bytes[16..].fill(b'?');
            bytes
        },
    ];
    for change in changes {
        for module in ["-packages/__pycache__/probe.", "/json/__pycache__/decoder."] {
            let path = &everywhere(&sandbox, module)[0];
            rewrite(path, &change(fs::read(path).unwrap()));
            sandbox.archive("app").expect(0, PROBED, "");
            is_whole(&sandbox);
        }
    }
    if target::is_foreign() {
        // Debian's interpreter has `select` built in.
        return;
    }
    rewrite(&everywhere(&sandbox, "/lib-dynload/select.")[0], b"");
    sandbox.archive("app").expect(0, PROBED, "");
    is_whole(&sandbox);
}

/// The second start is like the first: arguments, name, environment, streams.
#[test]
fn the_application_does_not_notice() {
    let sandbox = warm();
    let take = || {
        for p in everywhere(&sandbox, "/json/decoder.py") {
            fs::remove_file(p).unwrap();
        }
    };
    take();
    let not_text = OsStr::from_bytes(b"\xff\xfe");
    sandbox.archive("app").arg("argv").arg(not_text).args(["", " x"]).expect(
        0,
        "fffe\n\n2078\n",
        "",
    );
    take();
    sandbox.archive("app").argv0("some name").arg("argv0").expect(0, "some name\n", "");
    take();
    sandbox.archive("app").arg("echo").stdin("some\ntext").expect(0, "SOME\nTEXT", "SOME\nTEXT");
    for command in ["environment", "child-environment"] {
        take();
        let run = sandbox.archive("app").arg(command).env("LC_ALL", "C.UTF-8").env("LD_ODD", "x");
        let expected = "HOME=[HOME]\nLC_ALL=C.UTF-8\nLD_ODD=x\nSNAKECRATE_ARCHIVE=[WORK]/app\n\
                        SNAKECRATE_CACHE=[CACHE]\n";
        run.expect(0, expected, "");
    }
}

/// A missing module of the application itself is reported once, and the application runs once.
#[test]
fn an_application_with_its_own_error_runs_once() {
    let source = "open('runs', 'a').write('run ')\nimport no_such_module\ndef main(): pass\n";
    let sandbox = Sandbox::new()
        .bare_project("broken", "[project.scripts]\nbroken = 'broken:main'\n")
        .file("broken/broken.py", source);
    sandbox.build(["broken", "-o", "app"]).expect(0, "", "");
    for expected in ["run ", "run run "] {
        let outcome = sandbox.archive("app").output().code(1);
        outcome.stderr_contains("ModuleNotFoundError: No module named 'no_such_module'\n").done();
        assert_eq!(fs::read_to_string(sandbox.path("runs")).unwrap(), expected);
    }
}
