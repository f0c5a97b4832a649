//! Harvests the interpreters of this machine and runs the copies.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::probe::probe;
use super::{Policy, harvest};
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
    assert!(output.status.success(), "{}: {words}", python.display());
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

    let again = harvest(&interpreter, &Policy::default(), ui).unwrap();
    for ((path, one), (other_path, other)) in tree.iter().zip(again.iter()) {
        assert_eq!(path, other_path);
        if let (Node::File { content: one, .. }, Node::File { content: other, .. }) = (one, other) {
            assert!(one.read().unwrap() == other.read().unwrap(), "{path}");
        }
    }
}

#[test]
fn debians_python_runs_elsewhere() {
    check("/usr/bin/python3");
}

#[test]
fn pyenvs_pythons_run_elsewhere() {
    let versions = dirs::home_dir().unwrap().join(".pyenv/versions");
    for version in ["3.9.18", "3.10.13", "3.11.7", "3.12.1", "3.13.0"] {
        check(versions.join(version).join("bin/python3").to_str().unwrap());
    }
}
