//! A cheap identity of a harvest's result, so that it need not be repeated.

use std::io;

use snakecrate_base::python::Interpreter;
use walkdir::DirEntry;

use crate::file_state::{files, state};
use crate::host_data::terminals;
use crate::root::Root;
use crate::trim::Policy;

/// Files that change whenever libraries outside the installation change: package managers run
/// `ldconfig` after they have installed or removed one.
const LOADER: &[&str] = &["/etc/ld.so.cache"];
/// Directories of an installation that a harvest never copies from, whatever the policy.
const SKIPPED: &[&str] = &["__pycache__", "site-packages", "dist-packages", "test"];

/// The identity (32 hex digits) of the runtime that `interpreter` becomes under `policy`: the
/// policy, and names, sizes and times of change of the files that a harvest would copy. Only
/// directories are read. It doesn't contain the version of the packer: callers add that.
pub fn fingerprint(interpreter: &Interpreter, policy: &Policy) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut add = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    add(&format!("{policy:?}"));
    add(&format!("{:?}", std::env::var_os("LD_LIBRARY_PATH")));
    add(&interpreter.prefix.to_string_lossy());
    add(&interpreter.full_version);
    add(&state(&interpreter.executable)?);
    let root = Root::new(&interpreter.root);
    add(&root.path().to_string_lossy());
    for file in LOADER {
        add(&state(&root.place(file)).unwrap_or_default());
    }
    // Nobody runs `ldconfig` in an unpacked system.
    let glibc = interpreter.target.glibc.iter().filter(|_| !root.is_own());
    for directory in glibc.flat_map(|glibc| glibc.library_directories) {
        for file in files(&root.place(directory), 1, |_| true) {
            add(&file.unwrap_or_default());
        }
    }

    for (name, file) in terminals::descriptions(interpreter) {
        add(name);
        add(&state(&file).unwrap_or_default());
    }
    // If the policy may keep more than usual, all files count.
    let everything = !policy.keep.is_empty();
    for file in files(&interpreter.prefix.join("lib"), 1, |_| true) {
        add(&file?);
    }
    let wanted = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        everything || !SKIPPED.contains(&&*name)
    };
    for file in files(&interpreter.stdlib, usize::MAX, wanted) {
        add(&file?);
    }
    if everything {
        for file in files(&interpreter.prefix.join("include"), usize::MAX, |_| true) {
            add(&file?);
        }
    }
    if !interpreter.dynload.starts_with(&interpreter.stdlib) {
        for file in files(&interpreter.dynload, usize::MAX, wanted) {
            add(&file?);
        }
    }
    Ok(hasher.finalize().to_hex()[..32].to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use snakecrate_base::testing::python_at;
    use std::collections::BTreeSet;
    use std::fs::File;
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    fn installation(root: &Path) -> Interpreter {
        let stdlib = root.join("lib/python3.12");
        fs::create_dir_all(stdlib.join("lib-dynload")).unwrap();
        fs::create_dir_all(stdlib.join("__pycache__")).unwrap();
        fs::create_dir_all(root.join("bin")).unwrap();
        for file in ["os.py", "lib-dynload/x.so", "__pycache__/os.pyc"] {
            fs::write(stdlib.join(file), file).unwrap();
        }
        let interpreter = python_at(root);
        fs::write(&interpreter.executable, "").unwrap();
        interpreter
    }

    #[test]
    fn every_change_of_the_runtime_changes_the_fingerprint() {
        let dir = tempfile::tempdir().unwrap();
        let interpreter = installation(dir.path());
        let policy = Policy::default();
        let now = || fingerprint(&interpreter, &policy).unwrap();
        let first = now();
        assert_eq!((first.len(), now()), (32, first.clone()));

        let cached = interpreter.stdlib.join("__pycache__/os.pyc");
        fs::write(cached, "compiled again").unwrap();
        assert_eq!(now(), first, "bytecode is not taken");

        let other = Policy { leave_out: BTreeSet::new(), ..Policy::default() };
        assert_ne!(fingerprint(&interpreter, &other).unwrap(), first);

        let source = File::options().append(true).open(interpreter.stdlib.join("os.py")).unwrap();
        source.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(7)).unwrap();
        let second = now();
        assert_ne!(second, first);

        fs::write(dir.path().join("lib/libpython3.12.so.1.0"), "").unwrap();
        assert_ne!(now(), second);

        // A library beside the installation, in an unpacked system.
        let unpacked = Interpreter { root: dir.path().to_owned(), ..interpreter.clone() };
        let before = fingerprint(&unpacked, &policy).unwrap();
        let libraries = dir.path().join("usr/lib64");
        fs::create_dir_all(&libraries).unwrap();
        fs::write(libraries.join("libz.so.1"), "").unwrap();
        assert_ne!(fingerprint(&unpacked, &policy).unwrap(), before);
    }
}
