//! Harvested copies run without the originals.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{materialise, quiet, request, run};
use crate::discover::find;
use crate::discover::probe::probe;
use crate::{Policy, harvest};
use snakecrate_audit::is_libc;
use snakecrate_base::skip;
use snakecrate_base::tree::Node;
use snakecrate_format::target::X86_64_LINUX;

/// Loads the modules with the most libraries, then prints every mapped file.
const SHOW_MAPPED: &str = "
import ssl, sqlite3, ctypes, lzma, bz2, zlib, uuid, readline, curses, hashlib, decimal
import multiprocessing, socket, pyexpat, _ctypes, asyncio
assert hashlib.sha256(b'').hexdigest().startswith('e3b0c442')
assert sqlite3.connect(':memory:').execute('select 1').fetchone() == (1,)
ssl.create_default_context()
for line in open('/proc/self/maps'):
    path = line.split(maxsplit=5)[5:]
    if path and path[0].startswith('/'):
        print(path[0].strip())
";

/// Makes the modules of [`crate::host_data`] believe that the host lacks their data.
const LOOK_FURTHER: &str = "
import curses, datetime, ssl, sys, _snakecrate_trust, zoneinfo
_snakecrate_trust._openssl_finds_some = lambda *places: False
_snakecrate_trust._FILES = ('/nonexistent',)
_snakecrate_trust._DIRECTORIES = ('/nonexistent',)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_default_certs()
print(ssl.get_default_verify_paths().cafile)
assert context.cert_store_stats()['x509_ca'] > 100
zoneinfo.reset_tzpath(())
assert 'Asia/Kathmandu' in zoneinfo.available_timezones()
time = datetime.datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo('Asia/Kathmandu'))
assert time.utcoffset() == datetime.timedelta(hours=5, minutes=45)
try: zoneinfo.ZoneInfo('Asia/Nowhere')
except zoneinfo.ZoneInfoNotFoundError: pass
else: raise AssertionError('found')
assert curses.setupterm is curses._own_terminals.setupterm
";

/// Harvests `executable` if it is on this machine, and checks the copy.
fn check(executable: &str) {
    if !Path::new(executable).exists() {
        skip!("{executable} is missing");
    }
    let interpreter = probe(Path::new(executable), &X86_64_LINUX).unwrap();
    let tree = harvest(&interpreter, &Policy::default(), quiet()).unwrap();
    let size: u64 = tree
        .iter()
        .map(|(_, node)| match node {
            Node::File { content, .. } => content.len().unwrap(),
            Node::Link(_) => 0,
        })
        .sum();
    println!("{executable}: {} files, {size} bytes", tree.len());

    let dir = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(dir.path()).unwrap().join("runtime");
    materialise(&tree, &root);
    let python = root.join("bin/python3");
    let place = run(&python, "import sys, os; print(sys.prefix, os.__file__, *sys.path)");
    let inside = root.to_str().unwrap();
    assert!(place.split_whitespace().all(|path| path.starts_with(inside)), "{place}");

    let bundle = run(&python, LOOK_FURTHER);
    assert_eq!(bundle.trim(), format!("{inside}/share/cacert.pem"));

    let mapped = run(&python, SHOW_MAPPED);
    let foreign: Vec<PathBuf> = mapped
        .lines()
        .map(PathBuf::from)
        .filter(|path| !path.starts_with(&root))
        .filter(|path| !is_libc(path.file_name().unwrap().to_str().unwrap()))
        // The C library's data.
        .filter(|path| {
            !path.starts_with("/usr/lib/locale") && !path.ends_with("gconv-modules.cache")
        })
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    assert!(mapped.lines().any(|path| path.starts_with(inside)), "{mapped}");
}

#[test]
fn debians_python_runs_elsewhere() {
    check("/usr/bin/python3");
}

fn check_pyenv(minor: &str) {
    let versions = dirs::home_dir().unwrap().join(".pyenv/versions");
    let installed = fs::read_dir(versions).into_iter().flatten().flatten();
    let found: Vec<_> = installed
        .filter(|version| version.file_name().to_string_lossy().starts_with(minor))
        .collect();
    if found.is_empty() {
        skip!("no Python {minor}* of pyenv's is installed");
    }
    for version in found {
        check(version.path().join("bin/python3").to_str().unwrap());
    }
}

#[test]
fn pyenvs_oldest_python_runs_elsewhere() {
    check_pyenv("3.9.");
}

#[test]
fn pyenvs_python_3_12_runs_elsewhere() {
    check_pyenv("3.12.");
}

#[test]
fn pyenvs_newest_python_runs_elsewhere() {
    check_pyenv("3.13.");
}

#[test]
fn two_harvests_give_the_same_bytes() {
    let interpreter = find(&request(None, Path::new("/proc/nonexistent")), quiet()).unwrap();
    let one = harvest(&interpreter, &Policy::default(), quiet()).unwrap();
    let other = harvest(&interpreter, &Policy::default(), quiet()).unwrap();
    assert_eq!(one.len(), other.len());
    for ((path, one), (other_path, other)) in one.iter().zip(other.iter()) {
        assert_eq!(path, other_path);
        if let (Node::File { content: one, .. }, Node::File { content: other, .. }) = (one, other) {
            assert!(one.read().unwrap() == other.read().unwrap(), "{path}");
        }
    }
}

/// A python-build-standalone has all useful modules built in.
#[test]
fn a_runtime_without_extension_modules_finds_its_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let interpreter = find(&request(None, dir.path()), quiet()).unwrap();
    let policy = Policy { drop: vec!["lib-dynload/**".into()], ..Policy::default() };
    let tree = harvest(&interpreter, &policy, quiet()).unwrap();
    let root = fs::canonicalize(dir.path()).unwrap().join("root");
    materialise(&tree, &root);
    let said = run(&root.join("bin/python3"), "import sys; print(sys.exec_prefix)");
    assert_eq!(Path::new(said.trim()), root);
}

#[test]
fn tkinter_finds_the_runtimes_own_tcl() {
    let dir = tempfile::tempdir().unwrap();
    let interpreter = find(&request(None, dir.path()), quiet()).unwrap();
    let asks = ["-I", "-c", "import tkinter; tkinter.Tcl()"];
    let has_tk = Command::new(&interpreter.executable).args(asks).output().unwrap();
    if !has_tk.status.success() {
        skip!("{} has no tkinter", interpreter.executable.display());
    }
    let policy = Policy { leave_out: BTreeSet::new(), ..Policy::default() };
    let root = fs::canonicalize(dir.path()).unwrap().join("root");
    materialise(&harvest(&interpreter, &policy, quiet()).unwrap(), &root);
    let said = run(
        &root.join("bin/python3"),
        "import os, tkinter
tcl = tkinter.Tcl()
print(tcl.eval('info library'))
tcl.eval('package require msgcat; clock format 0 -timezone :Europe/Paris')
assert not any(name.startswith(('TCL', 'TK')) for name in os.environ)
",
    );
    assert!(Path::new(said.trim()).starts_with(root.join("lib")), "{said}");
}
