//! The interpreters that are installed on this machine.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::{env, fs, io::Read as _};

use pep440_rs::Version;
use rayon::prelude::*;
use snakecrate_audit::elf::{HEADER, foreign_machine, is_elf};
use snakecrate_base::host;
use snakecrate_format::target::Target;
use snakecrate_platform::file::is_executable;

use super::directories::PythonDirectories;
use super::{remembered, tree};

/// The places where interpreters may be installed.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// uv's directory, with `cpython-3.12.7-linux-x86_64-gnu/bin/python3.12`.
    pub uv: Option<PathBuf>,
    /// pyenv's directory, with `3.12.1/bin/python3.12`.
    pub pyenv: Option<PathBuf>,
    /// The directories of `PATH`.
    pub path: Vec<PathBuf>,
}

impl Places {
    /// This user's: `UV_PYTHON_INSTALL_DIR`, `PYENV_ROOT` and `PATH`, or the tools' defaults.
    pub fn of_this_user() -> Self {
        let named = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let uv =
            named("UV_PYTHON_INSTALL_DIR").or_else(|| Some(dirs::data_dir()?.join("uv/python")));
        let pyenv = named("PYENV_ROOT").or_else(|| Some(dirs::home_dir()?.join(".pyenv")));
        let path = env::var_os("PATH").map(|path| env::split_paths(&path).collect());
        Self { uv, pyenv: pyenv.map(|root| root.join("versions")), path: path.unwrap_or_default() }
    }
}

/// The tool that manages an installation; the first is preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Keeper {
    Standalone,
    Pyenv,
    System,
}

/// An interpreter with the version that its directory names or itself reports.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) version: Version,
    pub(super) keeper: Keeper,
    pub(super) executable: PathBuf,
}

/// All that is installed, downloads of the packer's too, the best first.
pub(super) fn candidates(
    places: &Places,
    directories: &PythonDirectories,
    target: &'static Target,
) -> Vec<Candidate> {
    let ask = |executable: &Path, keeper| ask(executable, keeper, target, &directories.probed);
    let mut found = Vec::new();
    for directory in names(&directories.downloads) {
        found.extend(ask(&directory.join("python/bin/python3"), Keeper::Standalone));
    }
    for directory in places.uv.iter().flat_map(|place| names(place)) {
        let version = uv_version(&directory, target);
        found.extend(in_prefix(&directory, version, Keeper::Standalone, target));
    }
    for directory in places.pyenv.iter().flat_map(|place| names(place)) {
        let name = directory.file_name().and_then(|name| name.to_str());
        let version = name.and_then(|name| Version::from_str(name).ok());
        found.extend(in_prefix(&directory, version, Keeper::Pyenv, target));
    }
    let mut seen = BTreeSet::new();
    let mut asked = Vec::new();
    for program in places.path.iter().flat_map(|place| names(place)) {
        let name = program.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !is_python_name(name) || !is_program(&program, target) {
            continue;
        }
        // Links to one interpreter count once; a virtual environment's is a link to its base.
        if fs::canonicalize(&program).is_ok_and(|path| seen.insert(path)) {
            asked.push(program);
        }
    }
    // Each takes as long as Python needs to start.
    found.par_extend(asked.par_iter().filter_map(|program| ask(program, Keeper::System)));
    found.sort_by(|one, other| {
        (&other.version, one.keeper, &one.executable).cmp(&(
            &one.version,
            other.keeper,
            &other.executable,
        ))
    });
    let mut seen = BTreeSet::new();
    found.retain(|candidate| {
        let path = fs::canonicalize(&candidate.executable);
        path.is_ok_and(|path| seen.insert(path))
    });
    found
}

/// The paths in a directory, sorted; empty if it cannot be read.
fn names(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The version in `cpython-3.12.7-linux-x86_64-gnu`; none for other targets and for variants.
fn uv_version(directory: &Path, target: &Target) -> Option<Version> {
    let name = directory.file_name()?.to_str()?;
    let version = name.strip_prefix("cpython-")?.strip_suffix(target.uv_suffix)?;
    // `3.13.1+freethreaded`, `3.13.1+debug`
    let version = Version::from_str(version).ok()?;
    version.local().is_empty().then_some(version)
}

/// The interpreter of an installation whose directory names the version.
fn in_prefix(
    prefix: &Path,
    version: Option<Version>,
    keeper: Keeper,
    target: &Target,
) -> Option<Candidate> {
    let version = version?;
    let alias = fs::symlink_metadata(prefix).is_ok_and(|found| found.is_symlink());
    let [major, minor, _] = version.release() else { return None };
    let executable = prefix.join(target.python.executable(&format!("{major}.{minor}")));
    let usable = !alias && !prefix.join("pyvenv.cfg").exists() && is_program(&executable, target);
    usable.then_some(Candidate { version, keeper, executable })
}

/// An interpreter that must be asked for its version; that of another target is in its tree.
fn ask(
    executable: &Path,
    keeper: Keeper,
    target: &'static Target,
    probed: &Path,
) -> Option<Candidate> {
    let (executable, version) = if host::target() == Some(target) {
        let interpreter = remembered::probe(executable, target, probed).ok()?;
        // Most wheels aren't for these: whoever wants one names it.
        if interpreter.is_free_threaded {
            return None;
        }
        (interpreter.executable, interpreter.full_version)
    } else {
        tree::version(executable, target).ok()?
    };
    Some(Candidate { version: Version::from_str(&version).ok()?, keeper, executable })
}

/// `python3`, `python3.12`.
fn is_python_name(name: &str) -> bool {
    let minor = name.strip_prefix("python3").map(|rest| rest.strip_prefix('.').unwrap_or(rest));
    minor.is_some_and(|minor| minor.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether this is a program for `target`. The shims of pyenv, asdf and mise are scripts, so they
/// aren't.
fn is_program(path: &Path, target: &Target) -> bool {
    let may_run = |found: fs::Metadata| found.is_file() && is_executable(&found);
    let mut header = [0; HEADER];
    fs::metadata(path).is_ok_and(may_run)
        && fs::File::open(path).and_then(|mut file| file.read_exact(&mut header)).is_ok()
        && is_elf(&header)
        && foreign_machine(&header, target).is_none()
}

#[cfg(test)]
mod tests {
    use super::super::probe::probe;
    use super::*;
    use crate::tests::python_directories;
    use snakecrate_base::python::Interpreter;
    use snakecrate_format::target::{AARCH64_LINUX, X86_64_LINUX};
    use std::os::unix::fs::symlink;

    /// Places in which the interpreter at `python` seems to be installed with these names.
    fn places(root: &Path, python: &Interpreter, uv: &[&str], pyenv: &[&str]) -> Places {
        let minor = python.minor();
        for (keeper, names) in [("uv", uv), ("pyenv", pyenv)] {
            for name in names {
                let bin = root.join(keeper).join(name).join("bin");
                fs::create_dir_all(&bin).unwrap();
                // A copy would not find its library.
                symlink(&python.executable, bin.join(format!("python{minor}"))).unwrap();
            }
        }
        Places { uv: Some(root.join("uv")), pyenv: Some(root.join("pyenv")), path: Vec::new() }
    }

    #[test]
    fn standalone_pythons_are_preferred_and_variants_skipped() {
        let best = candidates(&Places::of_this_user(), &nothing(), &X86_64_LINUX).remove(0);
        let python = probe(&best.executable, &X86_64_LINUX).unwrap();
        let (version, minor) = (&python.full_version, python.minor());
        let dir = tempfile::tempdir().unwrap();
        let good = format!("cpython-{version}-linux-x86_64-gnu");
        let names = [
            &*good,
            &format!("cpython-{version}-linux-x86_64-musl"),
            &format!("cpython-{version}+freethreaded-linux-x86_64-gnu"),
            &format!("cpython-{minor}-linux-x86_64-gnu"),
        ];
        let places = places(dir.path(), &python, &names, &[version, "pypy3.9-7.3", "work"]);
        let uv: Vec<_> = names_of(places.uv.as_ref().unwrap());
        assert_eq!(uv, [good]);
        let pyenv = names_of(places.pyenv.as_ref().unwrap());
        assert_eq!(pyenv, [&**version]);
        // All are links to one interpreter, so only the best is left.
        let best = candidates(&places, &nothing(), &X86_64_LINUX);
        assert_eq!(best.iter().map(|one| one.keeper).collect::<Vec<_>>(), [Keeper::Standalone]);
    }

    /// Directories that cannot be made.
    fn nothing() -> PythonDirectories {
        python_directories(Path::new("/dev/null"))
    }

    /// The directories below `place` that hold a candidate.
    fn names_of(place: &Path) -> Vec<String> {
        names(place)
            .iter()
            .filter(|path| {
                let name = path.file_name().unwrap().to_str().unwrap();
                let version =
                    uv_version(path, &X86_64_LINUX).or_else(|| Version::from_str(name).ok());
                in_prefix(path, version, Keeper::Pyenv, &X86_64_LINUX).is_some()
            })
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn interpreters_of_another_target_are_no_candidates() {
        let python = Places::of_this_user();
        let found = |target| candidates(&python, &nothing(), target);
        let of =
            |target| found(target).into_iter().map(|one| one.executable).collect::<BTreeSet<_>>();
        assert!(!of(&X86_64_LINUX).is_empty());
        assert!(of(&X86_64_LINUX).is_disjoint(&of(&AARCH64_LINUX)));
    }

    #[test]
    fn the_names_of_interpreters_on_the_path() {
        for name in ["python3", "python3.9", "python3.12"] {
            assert!(is_python_name(name), "{name}");
        }
        for name in ["python", "python2.7", "python3-config", "python3.12-config", "python3.13t"] {
            assert!(!is_python_name(name), "{name}");
        }
    }
}
