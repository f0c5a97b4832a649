//! Bytecode for another processor: that of this machine's CPython equals that of the target's own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use snakecrate_base::skip;
use snakecrate_format::target::AARCH64_LINUX;

use super::*;

/// The root of an unpacked `AArch64` system with a Python, such as Debian's.
const ROOT: &str = "SNAKECRATE_AARCH64_ROOT";
const EMULATOR: &str = "qemu-aarch64-static";
/// The first letters of the modules that are compiled: about half of the standard library.
const LETTERS: &str = "abcdehjlpstw_";

#[test]
fn a_foreign_cpython_writes_the_same_bytecode() {
    let Some(root) = std::env::var_os(ROOT) else { skip!("{ROOT} names no system") };
    if Command::new(EMULATOR).arg("--version").output().is_err() {
        skip!("{EMULATOR} is missing");
    }
    let directory = tempfile::tempdir().unwrap();
    let request = Request {
        spec: Some(Spec::Path(fs::canonicalize(root).unwrap())),
        ..Request::offline(&AARCH64_LINUX, BuildCache::at(directory.path().join("cache")).pythons())
    };
    let ours = find(&request, ui()).unwrap();
    assert!(!ours.host.starts_with(&ours.root), "this machine's");

    // The same worker, run by the target's own interpreter.
    let script = directory.path().join("python");
    let (root, executable) = (ours.root.display(), ours.executable.display());
    let text = format!("#!/bin/sh\nexec {EMULATOR} -L '{root}' '{executable}' \"$@\"\n");
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let ask = ["-Ic", "import os; print(os.uname().machine)"];
    let machine = Command::new(&script).args(ask).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&machine.stdout), "aarch64\n", "{machine:?}");
    let theirs = Interpreter { host: script, ..ours.clone() };

    let [first, second] = [&ours, &theirs].map(|interpreter| {
        let mut tree = stdlib(interpreter, LETTERS);
        let report = compile(&mut tree, &Workers::new(interpreter), Form::default(), ui()).unwrap();
        (tree, report)
    });
    assert_eq!(first.1, second.1);
    assert!(first.1.compiled > 200, "{}", first.1.compiled);
    let differ: Vec<_> = all(&first.0)
        .into_iter()
        .zip(all(&second.0))
        .filter_map(|(one, other)| (one != other).then_some(one.0))
        .collect();
    assert!(differ.is_empty(), "{differ:?}");
    eprintln!("{} files are byte-identical", first.1.compiled);
}
