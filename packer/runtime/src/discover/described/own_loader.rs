//! The interpreter of an unpacked system, started on this machine by that system's own loader.
//!
//! ```text
//! <digest>/bin/python3.14      a script that starts the interpreter
//! <digest>/lib/python3.14      a link to its standard library
//! ```
//!
//! The interpreter takes the script for itself: `sys.executable` and `sys.prefix` are in this directory,
//! and so are those of virtual environments, whose `bin/python` is a link to the script.

use std::path::{Path, PathBuf};
use std::{fs, io};

use snakecrate_base::host;
use snakecrate_base::python::Interpreter;
use snakecrate_platform::file::{self, is_executable};

use super::super::error::Error;
use super::super::probe::probe;
use super::super::request::Job;
use super::super::tree::Layout;
use super::super::unpack::publish;
use crate::libraries::Host;
use crate::root::Root;

/// The interpreter in `layout`, if it is for this machine's processor and its system has a loader.
///
/// # Errors
///
/// The script cannot be written, or the interpreter does not start. A glibc before 2.33 is a cause: its
/// loader has no `--argv0`.
pub(super) fn interpreter(layout: &Layout, job: &Job<'_>) -> Result<Option<Interpreter>, Error> {
    let root = Root::new(&layout.root);
    let loader = job.target.glibc.as_ref().map(|glibc| root.place(glibc.loader));
    let loader = loader.and_then(|loader| root.resolve(&loader).ok());
    let Some(loader) = loader.filter(|_| host::target() == Some(job.target) && !root.is_own())
    else {
        return Ok(None);
    };
    if !fs::metadata(&loader).is_ok_and(|found| found.is_file() && is_executable(&found)) {
        return Ok(None);
    }
    let directories = Host::in_root(job.target, root).directories().collect::<Vec<_>>();
    let Some(script) = script(&loader, &directories, &layout.executable) else { return Ok(None) };
    let key = blake3::hash(format!("{script}\n{}", layout.stdlib.display()).as_bytes()).to_hex();
    let place = job.directories.hosts.join(&key[..32]);
    let name = layout.executable.file_name().unwrap_or_default();
    publish(&place, |aside| {
        fill(aside, Path::new(name), &script, &layout.stdlib)
            .map_err(|source| Error::Write { path: place.clone(), source })
    })?;
    probe(&place.join("bin").join(name), job.target).map(Some)
}

/// Makes the files in `directory`.
fn fill(directory: &Path, name: &Path, script: &str, stdlib: &Path) -> io::Result<()> {
    let at = directory.join("bin").join(name);
    fs::create_dir(directory.join("bin"))?;
    fs::write(&at, script)?;
    file::set_mode(&at, 0o755)?;
    // `lib`, or Fedora's `lib64`.
    let library = stdlib.parent().and_then(Path::file_name).unwrap_or_default();
    fs::create_dir(directory.join(library))?;
    let link = directory.join(library).join(stdlib.file_name().unwrap_or_default());
    file::symlink(stdlib, &link)
}

/// The text of the script; none if a path in it cannot be quoted, or a directory has a colon.
fn script(loader: &Path, directories: &[PathBuf], executable: &Path) -> Option<String> {
    let quoted = |path: &Path| -> Option<String> {
        let text = path.to_str().filter(|text| !text.contains(['\'', '\n']))?;
        Some(format!("'{text}'"))
    };
    let directories = std::env::join_paths(directories).ok()?;
    let (loader, executable) = (quoted(loader)?, quoted(executable)?);
    let directories = quoted(Path::new(&directories))?;
    Some(format!(
        "#!/bin/sh\nexec {loader} --library-path {directories} --argv0 \"$0\" {executable} \"$@\"\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    use crate::discover::installed::Places;
    use crate::tests::{interpreter as own, python_directories, quiet};

    /// A root with this machine's C library, and a copy of its newest interpreter below `usr`.
    fn system(root: &Path) -> Layout {
        let own = own();
        let libraries = root.join("usr/lib/x86_64-linux-gnu");
        for directory in ["lib64", "usr/bin", "usr/lib/x86_64-linux-gnu"] {
            fs::create_dir_all(root.join(directory)).unwrap();
        }
        let executable = root.join("usr").join(own.program());
        fs::copy(&own.executable, &executable).unwrap();
        let said = Command::new("ldd").arg(&own.executable).output().unwrap();
        for path in String::from_utf8(said.stdout).unwrap().split_whitespace() {
            if !path.starts_with('/') {
                continue;
            }
            let name = Path::new(path).file_name().unwrap();
            let loader = name.to_str().unwrap().starts_with("ld-linux");
            fs::copy(path, if loader { root.join("lib64") } else { libraries.clone() }.join(name))
                .unwrap();
        }
        let root = root.to_owned();
        Layout { executable, prefix: root.join("usr"), root, stdlib: own.stdlib }
    }

    #[test]
    fn an_unpacked_interpreter_runs_on_its_own_c_library() {
        let directory = tempfile::tempdir().unwrap();
        let place = fs::canonicalize(directory.path()).unwrap();
        let layout = system(&place.join("root"));
        let directories = python_directories(&place.join("cache"));
        let job = Job {
            target: own().target,
            places: &Places::default(),
            offline: true,
            mirror: None,
            debian_mirror: None,
            debian_keyring: None,
            directories: &directories,
            ui: quiet(),
        };
        let found = interpreter(&layout, &job).unwrap().unwrap();
        assert!(found.executable.starts_with(&directories.hosts), "{found:?}");
        assert_eq!((&found.full_version, &found.magic), (&own().full_version, &own().magic));
        assert!(found.prefix.starts_with(&directories.hosts), "{found:?}");

        // Its libraries, and not this machine's, even in a virtual environment.
        let venv = place.join("venv");
        let make = ["-I", "-m", "venv", "--without-pip"];
        assert!(Command::new(&found.executable).args(make).arg(&venv).status().unwrap().success());
        let ask = "import sys; print(sys.prefix); print(open('/proc/self/maps').read())";
        let said = Command::new(venv.join("bin/python")).args(["-Ic", ask]).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        let (prefix, maps) = said.split_once('\n').unwrap();
        assert_eq!(Path::new(prefix), venv);
        let libc = maps.lines().find(|line| line.ends_with("/libc.so.6")).unwrap();
        assert!(libc.contains(layout.root.to_str().unwrap()), "{libc}");

        // A root without a loader starts nothing.
        fs::remove_dir_all(layout.root.join("lib64")).unwrap();
        assert!(interpreter(&layout, &job).unwrap().is_none());
    }
}
