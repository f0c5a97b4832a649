//! The requirements as uv gets them: files with absolute paths.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::{At as _, Error};
use super::job::Job;
use super::local_project::LocalProject;
use super::locked::Locked;
use super::paths::{absolute, file_url};
use super::request::Inputs;

/// The requirements, paths made absolute.
pub(super) fn absolute_requirements(requirements: &[String]) -> Result<Vec<String>, Error> {
    let line = |text: &String| -> Result<String, Error> {
        // A file may be named like a package: the archive that an earlier build wrote.
        let is_package = [".whl", ".gz", ".tgz", ".zip"].iter().any(|end| text.ends_with(end));
        let path_like = text.starts_with(['.', '/']) || is_package && Path::new(text).is_file();
        if path_like && !text.contains(" @ ") {
            return Ok(absolute(Path::new(text))?.to_string_lossy().into_owned());
        }
        Ok(text.replace(['\n', '\r'], " "))
    };
    requirements.iter().map(line).collect()
}

/// Writes a requirements file with `requirements` and `project`. Returns its path, and those of the
/// user's own files.
pub(super) fn write(
    job: &Job,
    requirements: &[String],
    inputs: &Inputs,
    project: Option<&LocalProject>,
) -> Result<Vec<PathBuf>, Error> {
    let mut lines = requirements.to_vec();
    lines.extend(project.map(|project| line(job, project)));
    let mut lists = Vec::new();
    if !lines.is_empty() {
        let list = job.scratch.join("requirements.txt");
        fs::write(&list, lines.join("\n") + "\n").at(&list)?;
        lists.push(list);
    }
    for file in &inputs.files {
        lists.push(absolute(file)?);
    }
    Ok(lists)
}

/// Makes uv keep to `locked`, to `more` and to `project`: versions of an index are constraints; other sources
/// replace what distributions require.
pub(super) fn keep_to(
    job: &mut Job,
    locked: &[Locked],
    more: &[String],
    project: Option<&LocalProject>,
) -> Result<(), Error> {
    let lines = locked.iter().map(Locked::requirement).chain(more.iter().cloned());
    let (mut overrides, constraints): (Vec<String>, Vec<String>) =
        lines.partition(|line| line.contains(" @ "));
    overrides.extend(project.map(|project| line(job, project)));
    for (lines, name, to) in [
        (constraints, "locked.txt", &mut job.constraints),
        (overrides, "locked-overrides.txt", &mut job.overrides),
    ] {
        if !lines.is_empty() {
            let path = job.scratch.join(name);
            fs::write(&path, lines.join("\n") + "\n").at(&path)?;
            to.push(path);
        }
    }
    Ok(())
}

/// The requirement of the user's own project.
fn line(job: &Job, project: &LocalProject) -> String {
    let extras = match project.extras.as_slice() {
        [] => String::new(),
        extras => format!("[{}]", extras.join(",")),
    };
    let path = match &project.directory {
        Some(directory) if needs_directory(job, project) => directory.clone(),
        _ => job.cache.path(&project.cached),
    };
    let hash = if job.files.has_hashes() {
        format!(" --hash=sha256:{}", project.cached.sha256)
    } else {
        String::new()
    };
    format!("{}{extras} @ {}{hash}", project.metadata.name, file_url(&path))
}

/// Whether uv needs the directory instead of the wheel: `[tool.uv]` gives sources and indexes.
fn needs_directory(job: &Job, project: &LocalProject) -> bool {
    !job.files.has_hashes() && project.pyproject().is_some_and(|text| text.contains("tool.uv"))
}
