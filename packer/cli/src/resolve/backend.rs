//! Has a build back end (PEP 517) build a project, in an environment that is kept.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::build_system::BuildSystem;
use super::environment;
use super::error::{At as _, Error};
use super::failure::BuildFailure;
use super::job::Job;
use super::program::run_merged;

const RUNNER: &str = include_str!("backend.py");
/// How often a back end may ask for other requirements.
const ATTEMPTS: usize = 3;

/// What [`RUNNER`] reports.
#[derive(Debug, Default, Deserialize)]
struct Outcome {
    wheel: Option<String>,
    requires: Option<Vec<String>>,
    exception: Option<String>,
}

/// A project to be built.
pub(super) struct Project<'a> {
    /// Its directory.
    pub(super) directory: &'a Path,
    /// Its name in messages.
    pub(super) what: &'a str,
    /// The directory whose `[tool.uv]` says where distributions are.
    pub(super) configuration: &'a Path,
    /// A configuration file for setuptools.
    pub(super) setup_cfg: &'a Path,
}

/// Builds `project` into the directory `out`. Returns the wheel's path.
pub(super) fn build(
    job: &Job,
    project: &Project,
    system: &BuildSystem,
    out: &Path,
) -> Result<PathBuf, Error> {
    let fail = |failure| Error::Build { what: project.what.to_owned(), failure: Box::new(failure) };
    let mut more: Vec<String> = Vec::new();
    for _ in 0..ATTEMPTS {
        let requires = [system.requires.as_slice(), &more].concat();
        let environment = environment::get(job, project.configuration, project.what, &requires)?;
        let (outcome, output) = call(job, project, system, &environment, &more, out)?;
        match outcome {
            Outcome { wheel: Some(wheel), .. } => return Ok(out.join(wheel)),
            Outcome { requires: Some(requires), .. } => more = requires,
            Outcome { exception, .. } => return Err(fail(BuildFailure::of(&output, exception))),
        }
    }
    Err(fail(BuildFailure::because("its back end asks for other requirements each time")))
}

/// Calls the back end. Returns what it did, and its output.
fn call(
    job: &Job,
    project: &Project,
    system: &BuildSystem,
    environment: &Path,
    more: &[String],
    out: &Path,
) -> Result<(Outcome, String), Error> {
    let scratch = tempfile::tempdir_in(job.scratch).at(job.scratch)?;
    let (runner, report) = (scratch.path().join("backend.py"), scratch.path().join("outcome"));
    fs::write(&runner, RUNNER).at(&runner)?;
    let json = |list: &[String]| serde_json::to_string(list).unwrap_or_default();
    let mut command = Command::new(environment.join("bin/python"));
    // Not `-I`: it ignores PYTHONHASHSEED, and the order of sets would differ from run to run.
    command.arg("-s").arg(&runner).arg(&system.backend);
    command.args([json(&system.backend_path), json(more)]).arg(out).arg(&report);
    command.current_dir(project.directory).env("PATH", path(environment));
    command.env("DIST_EXTRA_CONFIG", project.setup_cfg);
    let output = run_merged("the build back end", &mut command, job.ui)?;
    let outcome = fs::read(&report).ok().and_then(|text| serde_json::from_slice(&text).ok());
    Ok((outcome.unwrap_or_default(), output))
}

/// The environment's programs come first: back ends start `ninja` and `cmake` by name.
fn path(environment: &Path) -> OsString {
    let old = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(environment.join("bin")).chain(std::env::split_paths(&old));
    std::env::join_paths(all).unwrap_or(old)
}
