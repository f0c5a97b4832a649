//! The interpreter that a request asks for.
//!
//! If the user names no path, the newest stable installed version that fits is used. Installations
//! are searched in this order: uv's (and earlier downloads), pyenv's, and those on `PATH`. Among
//! equal versions the first wins, since a python-build-standalone is made to be moved. A virtual
//! environment stands for its base.

use pep440_rs::VersionSpecifiers;
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::Ui;

use super::error::Error;
use super::examine::examined;
use super::installed::{Places, candidates};
use super::remembered;
use super::request::{Job, Request};
use super::spec::{BadSpec, Spec};
use super::versions::{Versions, is_supported, minor_of};
use super::{debian, given, remote};

/// Finds the interpreter that `request` asks for.
///
/// # Errors
///
/// No interpreter fits, and none can be downloaded.
pub fn find(request: &Request, ui: Ui) -> Result<Interpreter, Error> {
    find_in(&Places::of_this_user(), request, ui)
}

/// Finds the interpreter that `request` asks for, in `places`.
///
/// # Errors
///
/// No interpreter fits, and none can be downloaded.
pub fn find_in(places: &Places, request: &Request, ui: Ui) -> Result<Interpreter, Error> {
    let job = Job {
        target: request.target,
        places,
        offline: request.offline,
        mirror: request.mirror.as_deref(),
        debian_mirror: request.debian_mirror.as_deref(),
        debian_keyring: request.debian_keyring.as_deref(),
        directories: &request.directories,
        ui,
    };
    match &request.spec {
        None => by_version(None, request, &job),
        Some(Spec::Version(wanted)) => by_version(Some(wanted), request, &job),
        Some(Spec::Command(name)) => by_command(name, &job),
        Some(Spec::Path(path)) => given::interpreter(path, &job),
        Some(Spec::Url { url, sha256 }) => remote::interpreter(url, sha256, &job),
        Some(Spec::Debian { suite, minor }) => {
            let all = request.minor.map(|(major, minor)| format!("{major}.{minor}"));
            debian::interpreter(suite, minor.as_deref().or(all.as_deref()), &job)
        }
    }
}

/// The minor versions of the `CPython`s of this machine that `request` allows, newest first. Its target
/// is `host`, that of this machine.
///
/// # Errors
///
/// The project's `requires-python` cannot be read.
pub fn installed_minors(request: &Request) -> Result<Vec<(u8, u8)>, Error> {
    let wanted = match &request.spec {
        Some(Spec::Version(wanted)) => Some(wanted),
        _ => None,
    };
    let versions = Versions::new(wanted, request.requires_python.as_deref(), request.minor)?;
    let places = Places::of_this_user();
    let found = candidates(&places, &request.directories, request.target);
    let mut minors: Vec<(u8, u8)> = Vec::new();
    for both in [true, false] {
        let fitting = found.iter().filter(|found| versions.fits(&found.version, both));
        minors.extend(fitting.filter_map(|found| minor_of(&found.version)));
    }
    let mut seen = std::collections::BTreeSet::new();
    minors.retain(|minor| seen.insert(*minor));
    Ok(minors)
}

/// The first command of this name on `PATH` that works. It may be a shim, which either reports the
/// interpreter behind it or fails.
fn by_command(name: &str, job: &Job<'_>) -> Result<Interpreter, Error> {
    let found = job.places.path.iter().map(|directory| directory.join(name));
    let mut failure = BadSpec::Version(name.to_owned()).into();
    for path in found.into_iter().filter(|path| path.is_file()) {
        match remembered::probe(&path, job.target, &job.directories.probed) {
            Ok(interpreter) => return Ok(interpreter),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn by_version(
    wanted: Option<&VersionSpecifiers>,
    request: &Request,
    job: &Job<'_>,
) -> Result<Interpreter, Error> {
    let versions = Versions::new(wanted, request.requires_python.as_deref(), request.minor)?;
    let found = candidates(job.places, job.directories, job.target);
    for both in [true, false] {
        for candidate in found.iter().filter(|found| versions.fits(&found.version, both)) {
            match examined(&candidate.executable, job) {
                Ok(interpreter) => return Ok(interpreter),
                Err(error) => job.ui.detail(error),
            }
        }
    }

    let unknown = |download| Error::Unknown {
        wanted: versions.to_string(),
        target: job.target,
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
    remote::newest(&versions, job).map_err(|error| unknown(Some(Box::new(error))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::python_directories;
    use snakecrate_base::error::Remedy as _;
    use snakecrate_base::ui::Verbosity;
    use snakecrate_format::target::{AARCH64_LINUX, X86_64_LINUX};
    use std::fs;

    fn quiet() -> Ui {
        Ui::new(Verbosity::Quiet)
    }

    fn request(spec: &str) -> Request {
        Request {
            spec: (!spec.is_empty()).then(|| Spec::parse(spec).unwrap()),
            ..Request::offline(&X86_64_LINUX, python_directories("/dev/null".as_ref()))
        }
    }

    /// Any interpreter of this machine.
    fn some_python() -> Interpreter {
        find(&request(""), quiet()).unwrap()
    }

    #[test]
    fn the_newest_stable_version_that_fits_is_used() {
        let places = Places::of_this_user();
        let newest = find_in(&places, &request(""), quiet()).unwrap();
        let all = candidates(&places, &request("").directories, &X86_64_LINUX);
        let stable = all.iter().filter(|one| one.version.is_stable());
        assert_eq!(stable.map(|one| &one.version).max().unwrap().to_string(), newest.full_version);

        // Versions that the user and the project both allow come first.
        let three =
            Request { requires_python: Some(format!("=={}", newest.full_version)), ..request("3") };
        assert_eq!(find_in(&places, &three, quiet()).unwrap().executable, newest.executable);
        let against = Request { requires_python: Some("<3".into()), ..request("3") };
        assert_eq!(find_in(&places, &against, quiet()).unwrap().executable, newest.executable);

        let older = Request { requires_python: Some("<3.12,>=3.9".into()), ..request("") };
        if let Ok(found) = find_in(&places, &older, quiet()) {
            assert!(found.version < (3, 12, 0));
        }
    }

    #[test]
    fn a_virtual_environment_gives_its_base() {
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
    fn the_error_for_an_unknown_python_lists_installed_ones() {
        let error = find(&request("3.12.999"), quiet()).unwrap_err();
        let Error::Unknown { wanted, found, download, .. } = error else { panic!("{error}") };
        assert_eq!((wanted.as_str(), download.is_none()), ("3.12.999", true));
        assert!(found.contains(&{
            let python = some_python();
            format!("{} ({})", python.full_version, python.executable.display())
        }));
    }

    #[test]
    fn a_foreign_python_that_is_lacking_is_not_called_one_of_this_machine() {
        let own = some_python();
        let foreign = Request {
            target: &AARCH64_LINUX,
            minor: Some((own.version.0, own.version.1)),
            ..request("")
        };
        let error = find_in(&Places::default(), &foreign, quiet()).unwrap_err();
        let text =
            format!("no Python {} for aarch64-linux is installed, and no other", own.minor());
        assert_eq!(error.to_string(), text);
        assert!(error.remedy().unwrap().contains("--python aarch64-linux=SPEC"), "{error:?}");
    }

    #[test]
    fn files_that_are_not_pythons_are_refused() {
        let error = find(&request("/etc/passwd"), quiet()).unwrap_err();
        assert!(matches!(error, Error::NoPython { .. }), "{error}");
        let error = find(&request("/bin/true"), quiet()).unwrap_err();
        assert!(matches!(error, Error::Probe { .. }), "{error}");
        let error = find(&request("/proc/nonexistent/python"), quiet()).unwrap_err();
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
}
