//! The interpreter that a request asks for.
//!
//! Without a path, the newest stable version that fits is taken of what is installed: managed by
//! uv (or downloaded before), by pyenv, or on `PATH`. Of equal versions the first of these wins: a
//! python-build-standalone is made to be moved. Virtual environments stand for their base.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};
use snakecrate_format::target::Target;

use super::installed::{Places, candidates};
use super::probe::{OLDEST, probe};
use super::spec::{BadSpec, Spec};
use super::{Error, PythonDirectories, standalone};
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::Ui;

/// What the user and the project ask for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The target that it has to be for.
    pub target: &'static Target,
    /// `--python`.
    pub spec: Option<Spec>,
    /// The project's `requires-python`, a PEP 440 specifier set; counts when `spec` names no path.
    pub requires_python: Option<String>,
    /// Whether nothing may be downloaded.
    pub offline: bool,
    /// Where to download from instead of [`super::index::MIRROR`]: `<mirror>/<tag>/SHA256SUMS`.
    pub mirror: Option<String>,
    /// Where downloads and unpacked archives are kept.
    pub cache: PythonDirectories,
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
            // It may be a shim: that tells which interpreter it stands for, or fails.
            let mut failure = BadSpec::Version(name.clone()).into();
            for path in found.into_iter().filter(|path| path.is_file()) {
                match probe(&path, request.target) {
                    Ok(interpreter) => return Ok(interpreter),
                    Err(error) => failure = error,
                }
            }
            Err(failure)
        }
        Some(Spec::Path(path)) => standalone::at(path, request.target, &request.cache, ui),
        Some(Spec::Url { url, sha256 }) => {
            let (target, offline, cache) = (request.target, request.offline, &request.cache);
            standalone::from_url(url, sha256, offline, target, cache, ui)
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
    let choice = Choice { wanted, required };
    let found = candidates(places, &request.cache.downloads, request.target);
    for both in [true, false] {
        for candidate in found.iter().filter(|found| choice.fits(&found.version, both)) {
            match probe(&candidate.executable, request.target) {
                Ok(interpreter) => return Ok(interpreter),
                Err(error) => ui.detail(error),
            }
        }
    }

    let unknown = |download| Error::Unknown {
        wanted: choice.describe(),
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
    let mirror = request.mirror.as_deref();
    standalone::download(&choice, mirror, request.target, &request.cache, ui)
        .map_err(|error| unknown(Some(Box::new(error))))
}

/// Which versions will do.
#[derive(Debug)]
pub(super) struct Choice<'a> {
    wanted: Option<&'a VersionSpecifiers>,
    required: Option<VersionSpecifiers>,
}

impl Choice<'_> {
    /// Whether `version` is what the user wants, and if `both`, the project as well. When both
    /// cannot be had the user's word counts: it is the resolver that complains, and it knows more.
    pub(super) fn fits(&self, version: &Version, both: bool) -> bool {
        let unstable =
            self.wanted.is_some_and(|wanted| wanted.iter().any(VersionSpecifier::any_prerelease));
        let required = self.required.as_ref().filter(|_| both || self.wanted.is_none());
        is_supported(version)
            && (unstable || version.is_stable())
            && self.wanted.is_none_or(|wanted| wanted.contains(version))
            && required.is_none_or(|required| required.contains(version))
    }

    /// As the user would write it: `3.12` for `==3.12.*`.
    pub(super) fn describe(&self) -> String {
        let Some(specifiers) = self.wanted.or(self.required.as_ref()) else {
            return format!(">={}.{}", OLDEST.0, OLDEST.1);
        };
        let text = specifiers.to_string();
        let one = text.strip_prefix("==").filter(|_| specifiers.len() == 1);
        one.map_or_else(|| text.clone(), |one| one.trim_end_matches(".*").to_owned())
    }
}

fn is_supported(version: &Version) -> bool {
    version.release() >= &[OLDEST.0.into(), OLDEST.1.into()][..]
}

fn requires(text: &str) -> Result<VersionSpecifiers, Error> {
    VersionSpecifiers::from_str(text).map_err(|error| Error::Requires {
        text: text.to_owned(),
        reason: error.to_string().lines().next().unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::python_directories;
    use snakecrate_base::ui::Verbosity;
    use snakecrate_format::target::X86_64_LINUX;
    use std::fs;
    use std::path::Path;

    fn quiet() -> Ui {
        Ui::new(Verbosity::Quiet)
    }

    fn request(spec: &str) -> Request {
        Request {
            target: &X86_64_LINUX,
            spec: (!spec.is_empty()).then(|| Spec::parse(spec).unwrap()),
            requires_python: None,
            offline: true,
            mirror: None,
            cache: python_directories("/nonexistent".as_ref()),
        }
    }

    /// Any interpreter of this machine.
    fn some_python() -> Interpreter {
        find(&request(""), quiet()).unwrap()
    }

    #[test]
    fn the_newest_stable_one_that_fits_is_taken() {
        let places = Places::of_this_user();
        let newest = find_in(&places, &request(""), quiet()).unwrap();
        let all = candidates(&places, Path::new("/nonexistent"), &X86_64_LINUX);
        let stable = all.iter().filter(|one| one.version.is_stable());
        assert_eq!(stable.map(|one| &one.version).max().unwrap().to_string(), newest.full_version);

        // The user's wish and the project's are met together if possible.
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
}
