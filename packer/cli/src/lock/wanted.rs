//! The part of a lock that the user wants: target, extras, groups.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pep508_rs::MarkerEnvironment;

use super::error::Error;
use crate::wheel::normalize;

/// Extras of the project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Extras {
    /// Normalised names.
    pub(crate) names: BTreeSet<String>,
    /// Whether all are wanted.
    pub(crate) all: bool,
}

/// The target, and the part of the project's requirements that is wanted.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// The marker values of the target.
    pub(crate) environment: &'a MarkerEnvironment,
    /// The directory of the project to pack. None for a script.
    pub(crate) directory: Option<&'a Path>,
    /// The project's pyproject.toml, or the script's metadata block; empty if there is none.
    pub(crate) pyproject: &'a toml::Table,
    /// The normalised name of the project, if a file has it.
    pub(crate) name: Option<String>,
    /// Extras of the project.
    pub(crate) extras: Extras,
    /// Normalised names of dependency groups.
    pub(crate) groups: BTreeSet<String>,
}

impl Wanted<'_> {
    /// The wanted extras, all of which are among `known`.
    pub(super) fn extras<'k>(
        &self,
        known: impl IntoIterator<Item = &'k String>,
    ) -> Result<BTreeSet<String>, Error> {
        let known: BTreeSet<String> = known.into_iter().map(|name| normalize(name)).collect();
        if self.extras.all {
            return Ok(known);
        }
        check("extra", &self.extras.names, known)
    }

    /// The wanted groups, all of which are among `known`.
    pub(super) fn groups<'k>(
        &self,
        known: impl IntoIterator<Item = &'k String>,
    ) -> Result<BTreeSet<String>, Error> {
        check("group", &self.groups, known.into_iter().map(|name| normalize(name)).collect())
    }

    /// The value at `keys` in the project's pyproject.toml.
    pub(super) fn at(&self, keys: &[&str]) -> Option<&toml::Value> {
        let (first, rest) = keys.split_first()?;
        rest.iter().try_fold(self.pyproject.get(*first)?, |value, key| value.get(key))
    }
}

fn check(
    kind: &'static str,
    wanted: &BTreeSet<String>,
    known: BTreeSet<String>,
) -> Result<BTreeSet<String>, Error> {
    match wanted.iter().find(|name| !known.contains(*name)) {
        Some(name) => {
            Err(Error::Unknown { kind, name: name.clone(), known: known.into_iter().collect() })
        }
        None => Ok(wanted.clone()),
    }
}

/// The text of a lock file, and its place.
#[derive(Debug)]
pub(crate) struct LockFile {
    /// Absolute.
    pub(crate) path: PathBuf,
    /// Its text.
    pub(crate) text: String,
}

impl LockFile {
    /// The directory that relative paths in it start from.
    pub(super) fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    /// The error of a file with unexpected contents.
    pub(super) fn invalid(&self, cause: impl Into<String>) -> Error {
        Error::Content { path: self.path.clone(), cause: cause.into() }
    }

    /// The file as TOML.
    pub(super) fn toml<T: serde::de::DeserializeOwned>(&self) -> Result<T, Error> {
        toml::from_str(&self.text).map_err(|error| {
            let (line, cause) = crate::source::toml_cause(&error, &self.text);
            self.invalid(format!("line {line}: {cause}"))
        })
    }
}
