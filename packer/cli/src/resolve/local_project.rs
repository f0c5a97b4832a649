//! The user's own project or wheel.

use std::fs;
use std::path::PathBuf;
use std::str::FromStr as _;

use pep440_rs::{Version, VersionSpecifiers};

use super::build;
use super::cache::Cached;
use super::error::Error;
use super::job::Job;
use super::paths::absolute;
use super::request::Local;
use crate::wheel::{self, Metadata, WheelName, normalize};

/// The wheel of the user's own project or source distribution, or the user's own wheel.
pub(super) struct LocalProject {
    pub(super) cached: Cached,
    pub(super) metadata: Metadata,
    pub(super) extras: Vec<String>,
    /// The directory that the wheel was built from.
    pub(super) directory: Option<PathBuf>,
    /// Whether the wheel was built here.
    pub(super) is_built: bool,
}

impl LocalProject {
    /// Builds the project, or copies the wheel into the cache.
    pub(super) fn get(job: &Job, local: &Local) -> Result<Self, Error> {
        let path = absolute(&local.path)?;
        let is_directory = path.is_dir();
        let is_wheel = path.extension().is_some_and(|extension| extension == "whl");
        let cached = if is_directory {
            build::directory(job, &path)?
        } else if !is_wheel {
            build::sdist(job, &path)?
        } else {
            WheelName::of(&path)
                .and_then(|name| name.fit(job.interpreter))
                .map_err(|kind| kind.at(&path))?;
            job.cache.add(&path)?
        };
        let metadata = wheel::read_metadata(&job.cache.path(&cached))?;
        check_python(&metadata, &job.interpreter.full_version)?;
        let extras = extras(&metadata, local)?;
        let directory = is_directory.then_some(path);
        Ok(Self { cached, metadata, extras, directory, is_built: !is_wheel })
    }

    /// The text of the pyproject.toml that the wheel was built from.
    pub(super) fn pyproject(&self) -> Option<String> {
        fs::read_to_string(self.directory.as_ref()?.join("pyproject.toml")).ok()
    }
}

/// The wanted extras, all of which the metadata has.
fn extras(metadata: &Metadata, local: &Local) -> Result<Vec<String>, Error> {
    let known: Vec<String> = metadata.provides_extra.iter().map(|name| normalize(name)).collect();
    if local.all_extras {
        return Ok(known);
    }
    match local.extras.iter().find(|extra| !known.contains(&normalize(extra))) {
        Some(extra) => {
            Err(Error::Extra { what: metadata.name.clone(), extra: extra.clone(), known })
        }
        None => Ok(local.extras.clone()),
    }
}

/// Compares `Requires-Python` with the interpreter's version. The resolver judges what cannot be
/// parsed here.
fn check_python(metadata: &Metadata, actual: &str) -> Result<(), Error> {
    let Some(wanted) = &metadata.requires_python else { return Ok(()) };
    match (VersionSpecifiers::from_str(wanted), Version::from_str(actual)) {
        (Ok(specifiers), Ok(version)) if !specifiers.contains(&version) => Err(Error::Python {
            what: metadata.name.clone(),
            wanted: wanted.clone(),
            actual: actual.to_owned(),
        }),
        _ => Ok(()),
    }
}
