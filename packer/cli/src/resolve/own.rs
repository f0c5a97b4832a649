//! What the user gives: a project or a wheel, and requirements, as the tool gets to see them.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use pep440_rs::{Version, VersionSpecifiers};

use super::cache::Cached;
use super::error::{At as _, Error};
use super::pin::file_url;
use super::tool::Tool;
use super::{Job, Local, Wanted, build, key};
use crate::wheel::{self, Metadata, WheelName};

/// The user's own wheel, and what it says.
pub(crate) struct Own {
    pub(crate) cached: Cached,
    pub(crate) metadata: Metadata,
    pub(crate) built: bool,
    pub(crate) extras: Vec<String>,
    /// The directory it was built from.
    pub(crate) directory: Option<PathBuf>,
}

/// Builds or takes the user's own wheel.
pub(crate) fn take(job: &Job, local: &Local) -> Result<Own, Error> {
    let path = absolute(&local.path)?;
    let is_directory = path.is_dir();
    let cached = if is_directory {
        build::directory(job, &path)?
    } else {
        WheelName::of(&path)
            .and_then(|name| name.fit(job.interpreter))
            .map_err(|kind| kind.at(&path))?;
        job.cache.add(&path)?
    };
    let metadata = wheel::read_metadata(&job.cache.path(&cached))?;
    if let Some(wanted) = &metadata.requires_python {
        let actual = &job.interpreter.full_version;
        let specifiers = VersionSpecifiers::from_str(wanted);
        let version = Version::from_str(actual);
        // What cannot be read here is left to the resolver's judgement.
        if let (Ok(specifiers), Ok(version)) = (specifiers, version)
            && !specifiers.contains(&version)
        {
            let what = metadata.name.clone();
            return Err(Error::Python { what, wanted: wanted.clone(), actual: actual.clone() });
        }
    }
    Ok(Own {
        cached,
        metadata,
        built: is_directory,
        extras: local.extras.clone(),
        directory: is_directory.then_some(path),
    })
}

/// The path from the root, links as they are.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).at(path)
}

/// The requirements, paths made absolute.
pub(crate) fn requirement_lines(requirements: &[String]) -> Result<Vec<String>, Error> {
    let line = |text: &String| -> Result<String, Error> {
        let path_like = text.starts_with(['.', '/']) || Path::new(text).is_file();
        if path_like && !text.contains(" @ ") {
            return Ok(absolute(Path::new(text))?.to_string_lossy().into_owned());
        }
        Ok(text.replace(['\n', '\r'], " "))
    };
    requirements.iter().map(line).collect()
}

/// Writes the requirements file for the tool.
pub(crate) fn lists(
    job: &Job,
    requirements: &[String],
    wanted: &Wanted,
    own: Option<&Own>,
) -> Result<Vec<PathBuf>, Error> {
    let mut lines = requirements.to_vec();
    if let Some(own) = own {
        let extras = match own.extras.as_slice() {
            [] => String::new(),
            extras => format!("[{}]", extras.join(",")),
        };
        let path = match own.directory.as_deref().filter(|_| wants_directory(job, own)) {
            Some(directory) => directory.to_owned(),
            None => job.cache.path(&own.cached),
        };
        let hash = if job.files.has_hashes() {
            format!(" --hash=sha256:{}", own.cached.sha256)
        } else {
            String::new()
        };
        lines.push(format!("{}{extras} @ {}{hash}", own.metadata.name, file_url(&path)));
    }
    let mut lists = Vec::new();
    if !lines.is_empty() {
        let list = job.scratch.join("requirements.txt");
        fs::write(&list, lines.join("\n") + "\n").at(&list)?;
        lists.push(list);
    }
    for file in &wanted.files {
        lists.push(absolute(file)?);
    }
    Ok(lists)
}

/// Whether uv has to see the directory and not the wheel: for the sources and indexes that
/// `[tool.uv]` gives.
fn wants_directory(job: &Job, own: &Own) -> bool {
    let uv = matches!(job.tool(), Ok(Tool::Uv(_)));
    uv && !job.options.no_build
        && !job.files.has_hashes()
        && key::pyproject(own).is_some_and(|text| text.contains("tool.uv"))
}
