//! Harvests the interpreters of this machine and runs the copies.

mod debian;
mod foreign;
mod foreign_standalone;
mod given;
mod harvested;
mod parts;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use snakecrate_format::target::{Target, X86_64_LINUX};

use crate::discover::{PythonDirectories, Request, Spec};
use snakecrate_base::python::Interpreter;
use snakecrate_base::tree::{Node, Tree};
use snakecrate_base::ui::{Ui, Verbosity};

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

/// One of this host's interpreters, the newest of pyenv's.
pub(crate) fn interpreter() -> Interpreter {
    static FOUND: LazyLock<Interpreter> = LazyLock::new(|| {
        let versions = dirs::home_dir().unwrap().join(".pyenv/versions");
        let pattern = format!("{}/3.1?.*/bin/python3", versions.display());
        let newest = glob::glob(&pattern).unwrap().flatten().max();
        let newest = newest.unwrap_or_else(|| "/usr/bin/python3".into());
        crate::discover::probe::probe(&newest, &X86_64_LINUX).unwrap()
    });
    FOUND.clone()
}

pub(crate) fn quiet() -> Ui {
    Ui::new(Verbosity::Quiet)
}

/// Makes the tree of an interpreter like `own` for `target` at `prefix`: an executable that this
/// machine cannot run, and the beginning of a standard library.
pub(crate) fn forged(prefix: &Path, target: &Target, own: &Interpreter) {
    let executable = prefix.join(target.python.executable(&own.minor()));
    let stdlib = prefix.join(target.python.stdlib(&own.minor()));
    fs::create_dir_all(executable.parent().unwrap()).unwrap();
    fs::create_dir_all(stdlib.join("lib-dynload")).unwrap();
    fs::write(stdlib.join("os.py"), "").unwrap();
    let mut bytes = fs::read("/bin/true").unwrap();
    let machine = target.glibc.as_ref().unwrap().elf_machine;
    bytes[18..20].copy_from_slice(&machine.to_le_bytes());
    bytes.extend_from_slice(format!("\0{}\0{}+\0", own.cache_tag, own.full_version).as_bytes());
    fs::write(executable, bytes).unwrap();
}

/// The directories below `cache`.
pub(crate) fn python_directories(cache: &Path) -> PythonDirectories {
    PythonDirectories {
        archives: cache.join("archives"),
        downloads: cache.join("downloads"),
        given: cache.join("given"),
        roots: cache.join("roots"),
        suites: cache.join("suites"),
        repaired: cache.join("repaired"),
        hosts: cache.join("hosts"),
        probed: cache.join("probed"),
    }
}

fn request(spec: Option<&str>, cache: &Path) -> Request {
    Request {
        spec: spec.map(|spec| Spec::parse(spec).unwrap()),
        ..Request::offline(&X86_64_LINUX, python_directories(cache))
    }
}
