//! The interpreter that a request asks for.
//!
//! Without a path, the newest stable version that fits is taken of what is installed: managed by
//! uv (or downloaded before), by pyenv, or on `PATH`. Of equal versions the first of these wins: a
//! python-build-standalone is made to be moved. Virtual environments stand for their base.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::{env, fs};

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};

use super::elf::facts::is_elf;
use super::probe::{OLDEST, probe};
use super::spec::{BadSpec, Spec};
use super::{Error, standalone};
use crate::python::Interpreter;
use crate::ui::Ui;

/// What the user and the project ask for.
#[derive(Debug, Clone)]
pub struct Request {
    /// `--python`.
    pub spec: Option<Spec>,
    /// The project's `requires-python`, a PEP 440 specifier set; counts when `spec` names no path.
    pub requires_python: Option<String>,
    /// Whether nothing may be downloaded.
    pub offline: bool,
    /// Where to download from instead of [`super::index::MIRROR`]: `<mirror>/<tag>/SHA256SUMS`.
    pub mirror: Option<String>,
    /// The packer's directory for downloads and unpacked archives.
    pub cache: PathBuf,
}

/// Where interpreters may be installed.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// uv's directory: `cpython-3.12.7-linux-x86_64-gnu/bin/python3.12` below it.
    pub uv: Option<PathBuf>,
    /// pyenv's: `3.12.1/bin/python3.12` below it.
    pub pyenv: Option<PathBuf>,
    /// The directories of `PATH`.
    pub path: Vec<PathBuf>,
}

impl Places {
    /// Those of this user: `UV_PYTHON_INSTALL_DIR`, `PYENV_ROOT` and `PATH`, or where these tools
    /// are by default.
    pub fn of_this_user() -> Self {
        let named = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let uv =
            named("UV_PYTHON_INSTALL_DIR").or_else(|| Some(dirs::data_dir()?.join("uv/python")));
        let pyenv = named("PYENV_ROOT").or_else(|| Some(dirs::home_dir()?.join(".pyenv")));
        let path = env::var_os("PATH").map(|path| env::split_paths(&path).collect());
        Self { uv, pyenv: pyenv.map(|root| root.join("versions")), path: path.unwrap_or_default() }
    }
}

/// Who looks after an installation; the first is preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Keeper {
    Standalone,
    Pyenv,
    System,
}

/// An interpreter, its version as its directory or itself says.
#[derive(Debug)]
struct Candidate {
    version: Version,
    keeper: Keeper,
    executable: PathBuf,
}

/// The interpreter that `request` asks for.
pub fn find(request: &Request, ui: Ui) -> Result<Interpreter, Error> {
    find_in(&Places::of_this_user(), request, ui)
}

/// The same with the places given.
pub fn find_in(places: &Places, request: &Request, ui: Ui) -> Result<Interpreter, Error> {
    match &request.spec {
        None => by_version(places, None, request, ui),
        Some(Spec::Version(wanted)) => by_version(places, Some(wanted), request, ui),
        Some(Spec::Command(name)) => {
            let found = places.path.iter().map(|directory| directory.join(name));
            match found.into_iter().find(|path| is_program(path)) {
                Some(path) => probe(&path),
                None => Err(BadSpec::Version(name.clone()).into()),
            }
        }
        Some(Spec::Path(path)) => standalone::at(path, &request.cache, ui),
        Some(Spec::Url { url, sha256 }) => {
            standalone::from_url(url, sha256, request.offline, &request.cache, ui)
        }
    }
}

fn by_version(
    places: &Places,
    wanted: Option<&VersionSpecifiers>,
    request: &Request,
    ui: Ui,
) -> Result<Interpreter, Error> {
    let required = request.requires_python.as_deref().map(requires).transpose()?;
    // What the user names counts; the resolver complains if the project does not run on it.
    let specifiers = wanted.or(required.as_ref());
    let unstable = wanted.is_some_and(|wanted| wanted.iter().any(VersionSpecifier::any_prerelease));
    let fits = |version: &Version| {
        (unstable || version.is_stable())
            && is_supported(version)
            && specifiers.is_none_or(|specifiers| specifiers.contains(version))
    };

    let found = candidates(places, &request.cache);
    for candidate in found.iter().filter(|candidate| fits(&candidate.version)) {
        match probe(&candidate.executable) {
            Ok(interpreter) => {
                let (version, path) = (&interpreter.full_version, interpreter.executable.display());
                ui.detail(format_args!("Python {version}: {path}"));
                return Ok(interpreter);
            }
            Err(error) => ui.detail(error),
        }
    }

    let unknown = |download| Error::Unknown {
        wanted: specifiers.map_or_else(|| ">=3.9".into(), describe),
        found: found
            .iter()
            .filter(|found| is_supported(&found.version))
            .map(|found| format!("{} ({})", found.version, found.executable.display()))
            .collect(),
        download,
    };
    if request.offline {
        return Err(unknown(None));
    }
    standalone::download(&fits, request.mirror.as_deref(), &request.cache, ui).map_err(|error| {
        let error = match error {
            Error::NotOffered { url, has, .. } => {
                let wanted = specifiers.map(describe).unwrap_or_default();
                Error::NotOffered { url, wanted, has }
            }
            error => error,
        };
        unknown(Some(Box::new(error)))
    })
}

fn is_supported(version: &Version) -> bool {
    version.release() >= &[OLDEST.0.into(), OLDEST.1.into()][..]
}

/// As the user would write it: `3.12` for `==3.12.*`.
fn describe(specifiers: &VersionSpecifiers) -> String {
    let text = specifiers.to_string();
    let one = text.strip_prefix("==").filter(|_| specifiers.len() == 1);
    one.map_or_else(|| text.clone(), |one| one.trim_end_matches(".*").to_owned())
}

fn requires(text: &str) -> Result<VersionSpecifiers, Error> {
    VersionSpecifiers::from_str(text).map_err(|error| Error::Requires {
        text: text.to_owned(),
        reason: error.to_string().lines().next().unwrap_or_default().to_owned(),
    })
}

/// All that is installed, the best first.
fn candidates(places: &Places, cache: &Path) -> Vec<Candidate> {
    let mut found = Vec::new();
    for directory in names(&standalone::downloads(cache)) {
        found.extend(ask(&directory.join("python/bin/python3"), Keeper::Standalone));
    }
    for directory in places.uv.iter().flat_map(|place| names(place)) {
        let version = uv_version(&directory);
        found.extend(in_prefix(&directory, version, Keeper::Standalone));
    }
    for directory in places.pyenv.iter().flat_map(|place| names(place)) {
        let name = directory.file_name().and_then(|name| name.to_str());
        let version = name.and_then(|name| Version::from_str(name).ok());
        found.extend(in_prefix(&directory, version, Keeper::Pyenv));
    }
    let mut seen = BTreeSet::new();
    for program in places.path.iter().flat_map(|place| names(place)) {
        let name = program.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !is_python_name(name) || !is_program(&program) {
            continue;
        }
        // Links to one interpreter are one; so is a virtual environment's, which links to its base.
        if fs::canonicalize(&program).is_ok_and(|path| seen.insert(path)) {
            found.extend(ask(&program, Keeper::System));
        }
    }
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

/// The paths in a directory, sorted; none if it cannot be read.
fn names(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The version in `cpython-3.12.7-linux-x86_64-gnu`; none for other systems, machines and builds.
fn uv_version(directory: &Path) -> Option<Version> {
    let name = directory.file_name()?.to_str()?;
    let version = name.strip_prefix("cpython-")?.strip_suffix("-linux-x86_64-gnu")?;
    // `3.13.1+freethreaded`, `3.13.1+debug`
    let version = Version::from_str(version).ok()?;
    version.local().is_empty().then_some(version)
}

/// The interpreter of an installation whose directory tells the version.
fn in_prefix(prefix: &Path, version: Option<Version>, keeper: Keeper) -> Option<Candidate> {
    let version = version?;
    let alias = fs::symlink_metadata(prefix).is_ok_and(|found| found.is_symlink());
    let [major, minor, _] = version.release() else { return None };
    let executable = prefix.join(format!("bin/python{major}.{minor}"));
    let usable = !alias && !prefix.join("pyvenv.cfg").exists() && is_program(&executable);
    usable.then_some(Candidate { version, keeper, executable })
}

/// An interpreter that has to be asked for its version.
fn ask(executable: &Path, keeper: Keeper) -> Option<Candidate> {
    let interpreter = probe(executable).ok()?;
    let version = Version::from_str(&interpreter.full_version).ok()?;
    Some(Candidate { version, keeper, executable: interpreter.executable })
}

/// `python3`, `python3.12`.
fn is_python_name(name: &str) -> bool {
    let minor = name.strip_prefix("python3").map(|rest| rest.strip_prefix('.').unwrap_or(rest));
    minor.is_some_and(|minor| minor.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether this is an executable file; the shims of pyenv, asdf and mise are scripts.
fn is_program(path: &Path) -> bool {
    use std::io::Read as _;
    use std::os::unix::fs::PermissionsExt as _;

    let may_run = |found: fs::Metadata| found.is_file() && found.permissions().mode() & 0o111 != 0;
    let mut start = [0; 4];
    fs::metadata(path).is_ok_and(may_run)
        && fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && is_elf(&start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Verbosity;
    use std::os::unix::fs::symlink;

    fn quiet() -> Ui {
        Ui::new(Verbosity::Quiet)
    }

    fn request(spec: &str) -> Request {
        Request {
            spec: (!spec.is_empty()).then(|| Spec::parse(spec).unwrap()),
            requires_python: None,
            offline: true,
            mirror: None,
            cache: "/nonexistent".into(),
        }
    }

    /// Any interpreter of this machine.
    fn some_python() -> Interpreter {
        find(&request(""), quiet()).unwrap()
    }

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
    fn the_newest_stable_one_that_fits_is_taken() {
        let places = Places::of_this_user();
        let newest = find_in(&places, &request(""), quiet()).unwrap();
        let all = candidates(&places, Path::new("/nonexistent"));
        let stable = all.iter().filter(|one| one.version.is_stable());
        assert_eq!(stable.map(|one| &one.version).max().unwrap().to_string(), newest.full_version);

        let older = Request { requires_python: Some("<3.12,>=3.9".into()), ..request("") };
        if let Ok(found) = find_in(&places, &older, quiet()) {
            assert!(found.version < (3, 12, 0));
        }
    }

    #[test]
    fn a_virtual_environment_stands_for_its_base() {
        let python = some_python();
        let dir = tempfile::tempdir().unwrap();
        let venv = dir.path().join("venv");
        let made = std::process::Command::new(&python.executable)
            .args(["-I", "-m", "venv", "--without-pip"])
            .arg(&venv)
            .status();
        assert!(made.unwrap().success());
        let spec = venv.join("bin/python");
        let found = find(&request(spec.to_str().unwrap()), quiet()).unwrap();
        assert_eq!(found.executable, python.executable);
        assert_eq!(found.prefix, python.prefix);
    }

    #[test]
    fn of_equal_versions_the_standalone_one_is_preferred_and_variants_are_not_taken() {
        let python = some_python();
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
        let best = candidates(&places, Path::new("/nonexistent"));
        assert_eq!(best.iter().map(|one| one.keeper).collect::<Vec<_>>(), [Keeper::Standalone]);
    }

    /// The directories below `place` that hold a candidate.
    fn names_of(place: &Path) -> Vec<String> {
        names(place)
            .iter()
            .filter(|path| {
                let name = path.file_name().unwrap().to_str().unwrap();
                let version = uv_version(path).or_else(|| Version::from_str(name).ok());
                in_prefix(path, version, Keeper::Pyenv).is_some()
            })
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn an_unknown_python_is_told_with_what_there_is() {
        let error = find(&request("3.12.999"), quiet()).unwrap_err();
        let Error::Unknown { wanted, found, download } = error else { panic!("{error}") };
        assert_eq!((wanted.as_str(), download.is_none()), ("3.12.999", true));
        assert!(found.contains(&{
            let python = some_python();
            format!("{} ({})", python.full_version, python.executable.display())
        }));
    }

    #[test]
    fn what_is_no_python_is_told() {
        let error = find(&request("/etc/passwd"), quiet()).unwrap_err();
        assert!(matches!(error, Error::NoPython { .. }), "{error}");
        let error = find(&request("/bin/true"), quiet()).unwrap_err();
        assert!(matches!(error, Error::Probe { .. }), "{error}");
        let error = find(&request("/nonexistent/python"), quiet()).unwrap_err();
        assert!(matches!(error, Error::NoPython { .. }), "{error}");
    }

    #[test]
    fn an_executable_for_another_machine_is_refused_before_it_is_run() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("python3");
        let mut bytes = fs::read("/bin/true").unwrap();
        // e_machine: AArch64.
        bytes[18..20].copy_from_slice(&183u16.to_le_bytes());
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let error = find(&request(path.to_str().unwrap()), quiet()).unwrap_err();
        assert!(matches!(error, Error::Machine { machine, .. } if machine == "aarch64"));
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
