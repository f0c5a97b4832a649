//! `--wheelhouse DIR`: exactly the wheels in a directory, from whatever resolver, with neither uv nor
//! a network.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::{fs, io};

use pep440_rs::Version;

use crate::resolve::{Fetched, Origin};
use crate::settings::Settings;
use crate::wheel::{self, Fit, WheelName, normalize};
use snakecrate_base::error::Remedy;
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::{Count, Ui};
use snakecrate_download::file_sha256;
use snakecrate_format::target::Target;

/// Why the wheels of a directory cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory or a wheel cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The directory or file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A wheel that is none.
    #[error(transparent)]
    Wheel(#[from] wheel::Error),
    /// Another option says what to pack, too.
    #[error("`--wheelhouse` packs exactly the wheels in a directory, and `{0}` asks for others")]
    Conflict(&'static str),
    /// A distribution has only wheels for others.
    #[error("no wheel of {name} in {} fits: {}", directory.display(), reasons.join("; "))]
    NoFit {
        /// The directory.
        directory: PathBuf,
        /// The distribution's normalised name.
        name: String,
        /// Each wheel, and why it does not fit.
        reasons: Vec<String>,
    },
    /// A distribution has several versions.
    #[error("{} has several versions of {name}: {}", directory.display(), files.join(", "))]
    Versions {
        /// The directory.
        directory: PathBuf,
        /// The distribution's normalised name.
        name: String,
        /// The wheels that fit.
        files: Vec<String>,
    },
    /// The application is missing.
    #[error("{} has no wheel of {name}", directory.display())]
    Absent {
        /// The directory.
        directory: PathBuf,
        /// The distribution's normalised name.
        name: String,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Read { .. } => "name a directory with wheels that you can read".into(),
            Self::Wheel(error) => return error.remedy(),
            Self::Conflict(option) => format!("use either `--wheelhouse` or `{option}`"),
            Self::NoFit { name, .. } => {
                format!(
                    "add a wheel of {name} for this Python and target, or choose another --python"
                )
            }
            Self::Versions { .. } => "leave one of them in the directory".into(),
            Self::Absent { name, .. } => format!("add the wheel of {name} and of all it requires"),
        })
    }
}

/// Refuses settings that say what to pack, too.
///
/// # Errors
///
/// [`Error::Conflict`]
pub fn check(settings: &Settings) -> Result<(), Error> {
    let given = [
        ("--lock", settings.lock.is_some()),
        ("--locked", settings.locked),
        ("--requirements", !settings.requirements.is_empty()),
        ("--constraint", !settings.constraints.is_empty()),
        ("--override", !settings.overrides.is_empty()),
        ("--group", !settings.group.is_empty()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(Error::Conflict(option)),
        None => Ok(()),
    }
}

/// The wheels in `directory`, one of each distribution, sorted by name. Of several wheels of one
/// version, the best that fits `interpreter` is taken. Distributions with wheels for other `targets` of
/// the build only are left to those.
///
/// # Errors
///
/// See [`Error`].
pub fn wheels(
    directory: &Path,
    interpreter: &Interpreter,
    targets: &[&Target],
    ui: Ui,
) -> Result<Vec<Fetched>, Error> {
    let mut by_name: BTreeMap<String, Vec<(PathBuf, WheelName)>> = BTreeMap::new();
    for path in files(directory)? {
        if path.extension().is_none_or(|extension| extension != "whl") {
            ui.warn(format_args!("not packing {}, which isn't a wheel", path.display()));
            continue;
        }
        let name = WheelName::of(&path).map_err(|kind| kind.at(&path))?;
        by_name.entry(normalize(&name.name)).or_default().push((path, name));
    }
    let is_for_others = |(_, wheel): &(PathBuf, WheelName)| {
        let mut others = targets.iter().filter(|target| **target != interpreter.target);
        others.any(|target| wheel.is_for(target)) && !wheel.is_for(interpreter.target)
    };
    by_name.retain(|name, wheels| {
        let is_own = !wheels.iter().all(is_for_others);
        if !is_own {
            ui.detail(format_args!("{name} is not for {}", interpreter.target));
        }
        is_own
    });
    let wheels = by_name.into_iter().map(|(name, wheels)| {
        let (path, version) = choose(directory, &name, wheels, interpreter)?;
        let sha256 = file_sha256(&path);
        let sha256 = sha256.map_err(|source| Error::Read { path: path.clone(), source })?;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let origin = Origin::Index { file, sha256: sha256.clone() };
        Ok(Fetched { name, version, path, sha256, origin, from: None, local: false })
    });
    let wheels: Vec<Fetched> = wheels.collect::<Result<_, Error>>()?;
    let count = Count(wheels.len(), "distribution");
    ui.step("Found", format_args!("{count} in {}", directory.display()));
    Ok(wheels)
}

/// Marks the wheel of the application `name` as the user's own; returns whether it is among them.
pub fn mark_own(wheels: &mut [Fetched], name: &str) -> bool {
    let own = wheels.iter_mut().find(|wheel| wheel.name == name);
    own.map(|wheel| wheel.local = true).is_some()
}

/// The files in `directory`, sorted.
fn files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let read = |source| Error::Read { path: directory.to_owned(), source };
    // A wheel is read long after this, and the working directory may not change its meaning.
    let directory = std::path::absolute(directory).map_err(read)?;
    let entries = fs::read_dir(&directory).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let paths = entries.map_err(read)?.into_iter().map(|entry| entry.path());
    let mut files: Vec<_> = paths.filter(|path| path.is_file() && !is_hidden(path)).collect();
    files.sort();
    Ok(files)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// The path and version of the best of `wheels`, which are all of the distribution `name`.
fn choose(
    directory: &Path,
    name: &str,
    wheels: Vec<(PathBuf, WheelName)>,
    interpreter: &Interpreter,
) -> Result<(PathBuf, String), Error> {
    let file = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut fitting: Vec<(Fit, PathBuf, String)> = Vec::new();
    let mut reasons = Vec::new();
    for (path, wheel) in wheels {
        match wheel.fit(interpreter) {
            Err(kind) => reasons.push(format!("{}: {kind}", file(&path))),
            Ok(fit) => match other_python(&path, interpreter)? {
                Some(reason) => reasons.push(format!("{}: {reason}", file(&path))),
                None => fitting.push((fit, path, wheel.version)),
            },
        }
    }
    // `1` and `1.0` are one version.
    let version = |text: &str| Version::from_str(text).map_err(|_| text.to_owned());
    let versions: BTreeSet<_> = fitting.iter().map(|(.., text)| version(text)).collect();
    if versions.len() > 1 {
        let files = fitting.iter().map(|(_, path, _)| file(path)).collect();
        return Err(Error::Versions { directory: directory.into(), name: name.into(), files });
    }
    let best = fitting.into_iter().reduce(|best, next| if next.0 > best.0 { next } else { best });
    let none = || Error::NoFit { directory: directory.into(), name: name.into(), reasons };
    best.map(|(_, path, version)| (path, version)).ok_or_else(none)
}

/// The reason, if the wheel's `Requires-Python` excludes the interpreter.
fn other_python(path: &Path, interpreter: &Interpreter) -> Result<Option<String>, Error> {
    let Some(wanted) = wheel::read_metadata(path)?.requires_python else { return Ok(None) };
    let actual = &interpreter.full_version;
    let excluded = wheel::excludes_python(&wanted, actual);
    Ok(excluded.then(|| format!("requires Python {wanted}, the interpreter is {actual}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wheel::testing::{Forge, interpreter};
    use snakecrate_base::ui::Verbosity;

    /// The files that are chosen from a directory with wheels of these names.
    fn chosen(files: &[&str]) -> Result<Vec<String>, String> {
        let directory = tempfile::tempdir().unwrap();
        for file in files {
            let mut forge = Forge::new();
            forge.file = (*file).into();
            forge.write(directory.path());
        }
        let found = wheels(directory.path(), &interpreter(), &[], Ui::new(Verbosity::Quiet));
        let name = |wheel: Fetched| wheel.path.file_name().unwrap().to_str().unwrap().to_owned();
        let place = directory.path().display().to_string();
        found
            .map(|wheels| wheels.into_iter().map(name).collect())
            .map_err(|error| error.to_string().replace(&place, "DIR"))
    }

    #[test]
    fn the_best_wheel_of_each_distribution_is_chosen() {
        let files = [
            "a-1-py3-none-any.whl",
            "a-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
            "a-2-cp311-cp311-manylinux_2_17_x86_64.whl",
            "B_c-1-py3-none-any.whl",
        ];
        let wanted = ["a-1.0-cp312-cp312-manylinux_2_17_x86_64.whl", "B_c-1-py3-none-any.whl"];
        assert_eq!(chosen(&files).unwrap(), wanted);
    }

    #[test]
    fn wheels_for_others_and_several_versions_are_refused() {
        assert_eq!(
            chosen(&["a-1-cp311-cp311-manylinux_2_17_x86_64.whl", "a-1-py3-none-win32.whl"])
                .unwrap_err(),
            "no wheel of a in DIR fits: a-1-cp311-cp311-manylinux_2_17_x86_64.whl: the wheel is for \
             cp311-cp311, the interpreter is cpython 3.12; a-1-py3-none-win32.whl: wrong \
             architecture: the wheel is for win32, the interpreter for linux_x86_64"
        );
        assert_eq!(
            chosen(&["a-1-py3-none-any.whl", "a-2-py3-none-any.whl"]).unwrap_err(),
            "DIR has several versions of a: a-1-py3-none-any.whl, a-2-py3-none-any.whl"
        );
    }

    #[test]
    fn a_wheel_for_another_python_version_does_not_fit() {
        let directory = tempfile::tempdir().unwrap();
        let mut forge = Forge::new();
        let metadata =
            b"Metadata-Version: 2.1\nName: Demo\nVersion: 1.0\nRequires-Python: >=3.13\n";
        forge.add("demo-1.0.dist-info/METADATA", metadata).write(directory.path());
        let found = wheels(directory.path(), &interpreter(), &[], Ui::new(Verbosity::Quiet));
        let error = found.unwrap_err().to_string();
        assert!(error.ends_with("requires Python >=3.13, the interpreter is 3.12.1"), "{error}");
    }
}
