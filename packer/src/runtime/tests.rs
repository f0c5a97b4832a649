//! Harvests the interpreters of this machine and runs the copies.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{io, str};

use super::find::find_in;
use super::probe::probe;
use super::{Error, Imports, Part, Places, Policy, Request, Spec, find, harvest, index, reach};
use crate::python::Interpreter;
use crate::testing::{ok, serve, status};
use crate::tree::{Node, Tree};
use crate::ui::{Ui, Verbosity};

/// Prints every file that is mapped after the modules with the most libraries are loaded.
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

fn materialise(tree: &Tree, root: &Path) {
    for (path, node) in tree.iter() {
        let at = root.join(path.as_path());
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        match node {
            Node::Link(target) => symlink(target.as_str(), at).unwrap(),
            Node::File { mode, content } => {
                fs::write(&at, content.read().unwrap()).unwrap();
                let bits = if mode.is_executable() { 0o755 } else { 0o644 };
                fs::set_permissions(&at, fs::Permissions::from_mode(bits)).unwrap();
            }
        }
    }
}

fn run(python: &Path, code: &str) -> String {
    let output = Command::new(python)
        .args(["-I", "-B", "-c", code])
        .env_clear()
        // The executable's own path comes first: this one must not matter.
        .env("LD_LIBRARY_PATH", "/usr/lib/x86_64-linux-gnu")
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && words.is_empty(), "{}: {words}", python.display());
    String::from_utf8(output.stdout).unwrap()
}

/// Harvests `executable` if it is on this machine, and checks the copy.
fn check(executable: &str) {
    if !Path::new(executable).exists() {
        return;
    }
    let interpreter = probe(Path::new(executable)).unwrap();
    let ui = Ui::new(Verbosity::Quiet);
    let tree = harvest(&interpreter, &Policy::default(), ui).unwrap();
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

    let mapped = run(&python, SHOW_MAPPED);
    let foreign: Vec<PathBuf> = mapped
        .lines()
        .map(PathBuf::from)
        .filter(|path| !path.starts_with(&root))
        .filter(|path| !super::libraries::is_libc(path.file_name().unwrap().to_str().unwrap()))
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
    for version in fs::read_dir(versions).into_iter().flatten().flatten() {
        if version.file_name().to_string_lossy().starts_with(minor) {
            check(version.path().join("bin/python3").to_str().unwrap());
        }
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
    let interpreter = find(&request(None, Path::new("/nonexistent")), quiet()).unwrap();
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

fn quiet() -> Ui {
    Ui::new(Verbosity::Quiet)
}

fn request(spec: Option<&str>, cache: &Path) -> Request {
    Request {
        spec: spec.map(|spec| Spec::parse(spec).unwrap()),
        requires_python: None,
        offline: true,
        mirror: None,
        cache: cache.to_owned(),
    }
}

/// Something like a python-build-standalone in `root`, made of an interpreter of this machine.
fn standalone(root: &Path) -> Interpreter {
    let interpreter = find(&request(None, root), quiet()).unwrap();
    let policy = Policy { drop: vec!["encodings/cp*".into()], ..Policy::default() };
    materialise(&harvest(&interpreter, &policy, quiet()).unwrap(), root);
    interpreter
}

/// The directory `root` as `python/` in a tar.
fn tar(root: &Path, out: impl io::Write) {
    let mut tar = tar::Builder::new(out);
    tar.follow_symlinks(false);
    tar.append_dir_all("python", root).unwrap();
    tar.finish().unwrap();
}

fn gzip(root: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    tar(root, flate2::write::GzEncoder::new(&mut out, flate2::Compression::fast()));
    out
}

fn sha256(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    crate::download::file_sha256(file.path()).unwrap()
}

#[test]
fn without_any_interpreter_a_standalone_is_downloaded_once() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    let original = standalone(&root);
    let archive = gzip(&root);
    let file = |version: &str| {
        format!(
            "cpython-{version}+{}-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz",
            index::TAG
        )
    };
    let digest = sha256(&archive);
    let sums = format!(
        "{digest}  {}\n{}  {}\n",
        file(&original.full_version),
        "0".repeat(64),
        file("3.9.2")
    );
    let path = format!("/{}/{}", index::TAG, file(&original.full_version).replace('+', "%2B"));
    let (mirror, requests) = serve(move |asked, _| match asked {
        asked if asked == path => ok(&archive),
        asked if asked.ends_with("/SHA256SUMS") => ok(sums.as_bytes()),
        _ => status("404 Not Found"),
    });

    let cache = dir.path().join("cache");
    let online = Request { offline: false, mirror: Some(mirror), ..request(None, &cache) };
    let interpreter = find_in(&Places::default(), &online, quiet()).unwrap();
    assert!(interpreter.executable.starts_with(fs::canonicalize(&cache).unwrap()));
    assert_eq!(interpreter.full_version, original.full_version);
    assert_eq!(requests(), 2);

    // It is installed now, even for a build that may not download; and it can be harvested.
    let again = find_in(&Places::default(), &request(None, &cache), quiet()).unwrap();
    assert_eq!((again.executable, requests()), (interpreter.executable.clone(), 2));
    let copy = dir.path().join("copy");
    materialise(&harvest(&interpreter, &Policy::default(), quiet()).unwrap(), &copy);
    let said = run(&copy.join("bin/python3"), "import ssl, sys; print(sys.prefix)");
    assert_eq!(Path::new(said.trim()), fs::canonicalize(&copy).unwrap());

    let other = Request { spec: Some(Spec::parse("3.99").unwrap()), ..online };
    let Err(Error::Unknown { download, .. }) = find_in(&Places::default(), &other, quiet()) else {
        panic!("there is no 3.99")
    };
    let Some(Error::NotOffered { has, wanted, .. }) = download.as_deref() else {
        panic!("{download:?}")
    };
    assert_eq!((has.len(), wanted.as_str()), (2, "3.99"));
}

#[test]
fn an_archive_is_taken_by_path_and_by_url_and_only_with_its_digest() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    let original = standalone(&root);
    let archive = dir.path().join("python.tar.zst");
    let mut out = zstd::Encoder::new(fs::File::create(&archive).unwrap(), 1).unwrap();
    tar(&root, &mut out);
    out.finish().unwrap();
    let cache = dir.path().join("cache");
    let by_path = find(&request(archive.to_str(), &cache), quiet()).unwrap();
    assert_eq!(by_path.full_version, original.full_version);

    let digest = sha256(&fs::read(&archive).unwrap());
    let url = format!("file://{}", archive.display());
    let fresh = dir.path().join("fresh");
    let by_url = find(&request(Some(&format!("{url}#sha256={digest}")), &fresh), quiet()).unwrap();
    assert_eq!(by_url.full_version, original.full_version);

    let wrong = format!("{url}#sha256={}", "1".repeat(64));
    let error = find(&request(Some(&wrong), &fresh), quiet()).unwrap_err();
    assert!(matches!(error, Error::Download(_)), "{error}");
    let away = format!("http://127.0.0.1:9/p.tar.gz#sha256={}", "2".repeat(64));
    let error = find(&request(Some(&away), &fresh), quiet()).unwrap_err();
    assert!(matches!(error, Error::Offline { .. }), "{error}");
}

#[test]
fn a_damaged_archive_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    standalone(&root);
    let archive = dir.path().join("python.tar.gz");
    let bytes = gzip(&root);
    fs::write(&archive, &bytes[..bytes.len() / 2]).unwrap();
    let cache = dir.path().join("cache");
    let error = find(&request(archive.to_str(), &cache), quiet()).unwrap_err();
    assert!(matches!(error, Error::Unpack { .. }), "{error}");
    assert_eq!(fs::read_dir(cache.join("python/given")).unwrap().count(), 0);
}

/// npm, for one, gives every file the same mode.
#[test]
fn a_directory_without_execute_bits_works_and_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    let original = standalone(&root);
    let executable = root.join(format!("bin/python{}", original.minor()));
    fs::set_permissions(&executable, fs::Permissions::from_mode(0o644)).unwrap();
    let cache = dir.path().join("cache");
    let interpreter = find(&request(root.to_str(), &cache), quiet()).unwrap();
    assert!(interpreter.prefix.starts_with(fs::canonicalize(&cache).unwrap()));
    run(&interpreter.executable, "import ssl");
    assert_eq!(fs::metadata(&executable).unwrap().permissions().mode() & 0o777, 0o644);
    let again = find(&request(root.to_str(), &cache), quiet()).unwrap();
    assert_eq!(again.executable, interpreter.executable);
}

/// Of python-build-standalone's, all useful modules are built in.
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
        return;
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

/// Imports each of the modules `NAMES` and prints which fail; fails itself where one of `PARTS` is
/// asked for.
const IMPORT_ALL: &str = "
import importlib, os, sys
parts = set(os.environ['PARTS'].split())
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in parts:
            raise AssertionError(f'{name} is asked for')
sys.meta_path.insert(0, Watch())
for name in os.environ['NAMES'].split():
    try:
        importlib.import_module(name)
    except ImportError as error:
        print(name, error)
import random, tempfile, shutil, zipfile, logging, argparse, email.message, hashlib
random.seed('text'); random.Random(b'bytes').random()
assert hashlib.sha256(b'').hexdigest().startswith('e3b0c442') and hashlib.blake2b(b'x')
";

#[test]
fn without_its_parts_all_that_a_closed_application_imports_works() {
    // The names of all modules are known since 3.10.
    for minor in ["3.10", "3.12", "3.13"] {
        let home = dirs::home_dir().unwrap();
        let pattern = format!("{}/.pyenv/versions/{minor}.*", home.display());
        let Some(prefix) = glob::glob(&pattern).unwrap().next() else { continue };
        let interpreter = probe(&prefix.unwrap().join("bin/python3")).unwrap();
        let names =
            run(&interpreter.executable, "import sys; print(*sorted(sys.stdlib_module_names))");
        let closed: Vec<&str> = names
            .split_whitespace()
            .filter(|name| !super::openers::is_opener(name))
            .filter(|name| !["antigravity", "this", "nis", "pydoc_data"].contains(name))
            .filter(|name| !Part::Tkinter.is_needed_by(name))
            .filter(|name| {
                let imports =
                    Imports { modules: [(*name).to_owned()].into(), ..Imports::default() };
                let launch = reach::Launch { isolated: true, options: &[], modules: &[] };
                let need = reach::need(&interpreter, std::iter::once(("", &imports)), launch);
                need.leave_out.len() == Part::all().count()
            })
            .collect();
        assert!(closed.len() > 50, "{closed:?}");

        let policy = Policy { leave_out: Part::all().collect(), ..Policy::default() };
        let tree = harvest(&interpreter, &policy, quiet()).unwrap();
        for (path, _) in tree.iter() {
            let name = path.file_name();
            let heavy =
                ["libcrypto", "libssl", "libsqlite3", "libncurses", "libreadline", "libtcl"];
            assert!(!heavy.iter().any(|heavy| name.starts_with(heavy)), "{path}");
        }
        let dir = tempfile::tempdir().unwrap();
        materialise(&tree, dir.path());
        let program = |python: &Path, parts: &str| {
            let output = Command::new(python)
                .args(["-I", "-B", "-W", "ignore", "-c", IMPORT_ALL])
                .env_clear()
                .envs([("NAMES", closed.join(" ")), ("PARTS", parts.to_owned())])
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let parts = "ssl _ssl sqlite3 _sqlite3 curses _curses readline lib2to3 _dbm _gdbm crypt \
            _crypt tkinter _tkinter";
        let trimmed = program(&dir.path().join("bin/python3"), parts);
        assert_eq!(trimmed, program(&interpreter.executable, ""), "{minor}");
    }
}
