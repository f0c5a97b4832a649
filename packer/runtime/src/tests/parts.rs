//! Runtimes without unused parts of the standard library.

use std::path::Path;
use std::process::Command;

use super::{materialise, quiet, run};
use crate::discover::probe::probe;
use crate::imports::is_dynamic;
use crate::{Imports, Part, Policy, Scanner, Workers, harvest, reach};
use snakecrate_base::skip;
use snakecrate_format::target::X86_64_LINUX;

/// Imports each of the modules `NAMES` and prints those that fail. Fails if one of `PARTS` is
/// imported.
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
fn an_application_works_without_unused_parts() {
    // The names of all modules are known since 3.10.
    let home = dirs::home_dir().unwrap();
    let prefix = |minor: &str| {
        glob::glob(&format!("{}/.pyenv/versions/{minor}.*", home.display())).unwrap().next()
    };
    let prefixes: Vec<_> = ["3.10", "3.12", "3.13"].into_iter().filter_map(prefix).collect();
    if prefixes.is_empty() {
        skip!("no Python 3.10, 3.12 or 3.13 of pyenv's is installed");
    }
    for prefix in prefixes {
        let interpreter = probe(&prefix.unwrap().join("bin/python3"), &X86_64_LINUX).unwrap();
        let names =
            run(&interpreter.executable, "import sys; print(*sorted(sys.stdlib_module_names))");
        let workers = Workers::new(&interpreter);
        let scanner = Scanner::new(&workers);
        let closed: Vec<&str> = names
            .split_whitespace()
            .filter(|name| !is_dynamic(name))
            .filter(|name| !["antigravity", "this", "nis", "pydoc_data"].contains(name))
            .filter(|name| !Part::Tkinter.is_needed_by(name))
            .filter(|name| {
                let imports =
                    Imports { modules: [(*name).to_owned()].into(), ..Imports::default() };
                let launch = reach::Launch { isolated: true, options: &[], modules: &[] };
                let need = reach::need(&scanner, std::iter::once(("", &imports)), launch).unwrap();
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
        assert_eq!(trimmed, program(&interpreter.executable, ""), "{}", interpreter.full_version);
    }
}
