//! Harvests of real interpreters for another processor.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use snakecrate_audit::elf::foreign_machine;
use snakecrate_base::python::Interpreter;
use snakecrate_base::skip;
use snakecrate_base::tree::{Node, Tree};
use snakecrate_format::target::AARCH64_LINUX;

use super::{materialise, python_directories, quiet};
use crate::c_library::{CLibrary, HostLibraries};
use crate::discover::{Request, Spec, find};
use crate::{Policy, fingerprint, harvest};

/// The root of an unpacked `AArch64` system with a Python, such as Debian's.
const ROOT: &str = "SNAKECRATE_AARCH64_ROOT";

/// The interpreter of the root that the environment names.
fn unpacked() -> Option<(PathBuf, Interpreter)> {
    let root = fs::canonicalize(std::env::var_os(ROOT)?).unwrap();
    let request = Request {
        spec: Some(Spec::Path(root.clone())),
        ..Request::offline(&AARCH64_LINUX, python_directories("/proc/nonexistent".as_ref()))
    };
    Some((root, find(&request, quiet()).unwrap()))
}

/// Every file on disk that the tree takes.
fn sources(tree: &Tree) -> Vec<PathBuf> {
    let nodes = tree.iter().map(|(_, node)| node);
    let file = |node: &Node| match node {
        Node::File { content: snakecrate_base::tree::Content::Disk(path), .. } => {
            Some(path.clone())
        }
        _ => None,
    };
    nodes.filter_map(file).collect()
}

#[test]
fn a_foreign_systems_files_are_all_its_own() {
    let Some((root, python)) = unpacked() else { skip!("{ROOT} names no system") };
    let policy = Policy { leave_out: BTreeSet::new(), ..Policy::default() };
    let tree = harvest(&python, &policy, quiet()).unwrap();
    let foreign: Vec<_> =
        sources(&tree).into_iter().filter(|path| !path.starts_with(&root)).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    let mut objects = 0;
    for (path, node) in tree.iter() {
        let Node::File { content, .. } = node else { continue };
        let bytes = content.read().unwrap();
        if bytes.starts_with(b"\x7fELF") {
            objects += 1;
            assert_eq!(foreign_machine(&bytes, &AARCH64_LINUX), None, "{path}");
        }
    }
    assert!(objects > 20, "{objects}");
    let names: Vec<&str> = tree.iter().map(|(path, _)| path.as_str()).collect();
    for start in ["lib/libssl.so.", "lib/libsqlite3.so.", "share/terminfo/x/xterm-256color"] {
        assert!(names.iter().any(|name| name.starts_with(start)), "{start}");
    }
    assert_eq!(fingerprint(&python, &policy).unwrap(), fingerprint(&python, &policy).unwrap());

    let more = ["libstdc++.so.6"].into_iter();
    let found = CLibrary::of(&python, more, HostLibraries::Hidden).unwrap().unwrap();
    let tree = found.tree().unwrap();
    let names: Vec<&str> = tree.iter().map(|(path, _)| path.as_str()).collect();
    for name in ["lib/ld-linux-aarch64.so.1", "lib/libc.so.6", "lib/libgcc_s.so.1"] {
        assert!(names.contains(&name), "{name}");
    }
}

/// Runs a foreign program where the system starts it through an emulator.
fn emulated(root: &Path, program: &Path, arguments: &[&str]) -> Option<std::process::Output> {
    let loader = root.join("lib/ld-linux-aarch64.so.1");
    let loader = crate::root::Root::new(root).resolve(&loader).unwrap();
    let libraries = ["lib", "usr/lib"]
        .map(|lib| root.join(lib).join("aarch64-linux-gnu").display().to_string())
        .join(":");
    let mut command = Command::new("qemu-aarch64-static");
    command.arg(loader).args(["--library-path", &libraries]).arg(program).args(arguments);
    command.env_clear().env("PATH", std::env::var_os("PATH")?).output().ok()
}

#[test]
fn a_foreign_runtime_runs_from_its_own_directory() {
    let Some((root, python)) = unpacked() else { skip!("{ROOT} names no system") };
    let dir = tempfile::tempdir().unwrap();
    let place = fs::canonicalize(dir.path()).unwrap().join("runtime");
    let policy = Policy { leave_out: BTreeSet::new(), ..Policy::default() };
    materialise(&harvest(&python, &policy, quiet()).unwrap(), &place);
    let code = "import sys, ssl, sqlite3, ctypes, lzma, bz2, zlib, uuid, readline, curses
import hashlib, decimal, multiprocessing, asyncio
try: import tkinter
except ImportError as error: assert 'libBLT' in str(error), error
else: tkinter.Tcl().eval('package require msgcat')
assert sqlite3.connect(':memory:').execute('select 1').fetchone() == (1,)
print(sys.prefix, sys.implementation._multiarch)";
    let program = place.join(python.program());
    let Some(output) = emulated(&root, &program, &["-I", "-B", "-c", code]) else {
        skip!("qemu-aarch64-static is missing");
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.trim(), format!("{} aarch64-linux-gnu", place.display()));
}
