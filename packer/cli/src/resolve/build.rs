//! Builds wheels of projects, source distributions and commits.
//!
//! Projects are built in place, so versions taken from git and files beside the project are found
//! as in any other build. Only setuptools would leave files there; its configuration puts them
//! elsewhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::backend::{self, Project};
use super::build_system::BuildSystem;
use super::cache::Cached;
use super::error::{At as _, Error};
use super::failure::BuildFailure;
use super::job::Job;
use super::paths::file_url;
use super::pin::{Git, Remote};
use super::program::run;
use super::{fingerprint, unpack, uv, uv_failure};
use crate::wheel::WheelName;
use snakecrate_base::redact::redacted;
use snakecrate_download::file_sha256;

/// Counts changes in how wheels are built; wheels of another scheme are not used again.
const SCHEME: &str = "3";

/// The wheel of the project in `directory`, built if anything changed since the last time.
pub(super) fn directory(job: &Job, directory: &Path) -> Result<Cached, Error> {
    let state = fingerprint::of(directory).at(directory)?;
    let place = directory.to_string_lossy();
    let key = key(job, &["directory", &place, &state]);
    cached(job, &key, &place, || build(job, &place, directory, directory))
}

/// The wheel of a source distribution of the user's.
pub(super) fn sdist(job: &Job, path: &Path) -> Result<Cached, Error> {
    let sha256 = Some(file_sha256(path).at(path)?);
    let remote = Remote { url: file_url(path), sha256, subdirectory: None, index: None };
    source(job, &remote, |_| Ok(path.to_owned()))
}

/// The wheel of a source distribution, downloaded by `fetch` into the directory it gets.
pub(super) fn source(
    job: &Job,
    remote: &Remote,
    fetch: impl FnOnce(&Path) -> Result<PathBuf, Error>,
) -> Result<Cached, Error> {
    let digest = remote.sha256.as_deref().unwrap_or(&remote.url);
    let subdirectory = remote.subdirectory.as_deref().unwrap_or_default();
    let key = key(job, &["source", digest, subdirectory]);
    let file = remote.file();
    cached(job, &key, &file, || {
        let directory = tempfile::tempdir_in(job.scratch).at(job.scratch)?;
        let archive = fetch(directory.path())?;
        let unpacked = tempfile::tempdir_in(job.scratch).at(job.scratch)?;
        match unpack::unpack(&archive, unpacked.path()).at(&archive)? {
            Some(project) => build(job, &file, &project.join(subdirectory), &job.directory),
            None => with_uv(job, &file, &archive, &job.directory, &SetupCfg::new(job)?),
        }
    })
}

/// The wheel of a commit.
pub(super) fn git(job: &Job, name: &str, git: &Git) -> Result<Cached, Error> {
    let subdirectory = git.subdirectory.as_deref().unwrap_or_default();
    let key = key(job, &["git", &git.url, &git.commit, subdirectory]);
    let what = format!("{name} @ git+{}", redacted(&git.url));
    cached(job, &key, &what, || {
        let clone = tempfile::tempdir_in(job.scratch).at(job.scratch)?;
        let project = super::git::check_out(job, git, clone.path())?;
        build(job, &what, &project, &job.directory)
    })
}

fn key(job: &Job, parts: &[&str]) -> String {
    let python = job.interpreter;
    let own = [SCHEME, &*python.abi(), &python.full_version, python.target.name];
    let mut hasher = blake3::Hasher::new();
    for part in own.iter().chain(parts) {
        hasher.update(part.as_bytes()).update(&[0]);
    }
    hasher.finalize().to_hex().to_string()
}

fn cached(
    job: &Job,
    key: &str,
    what: &str,
    build: impl FnOnce() -> Result<PathBuf, Error>,
) -> Result<Cached, Error> {
    if let Some(cached) = job.cache.built(key) {
        job.ui.detail(format_args!("using the wheel built before for {what}: {}", cached.file));
        return Ok(cached);
    }
    let progress = job.ui.spinner("Building", what);
    let wheel = build()?;
    drop(progress);
    check_target(job, what, &wheel)?;
    let cached = job.cache.add(&wheel)?;
    job.cache.remember_build(key, &cached)?;
    job.ui.step("Built", &cached.file);
    Ok(cached)
}

/// Refuses a wheel that was built here and is not for the foreign target of the archive.
fn check_target(job: &Job, what: &str, wheel: &Path) -> Result<(), Error> {
    let name = WheelName::of(wheel).map_err(|kind| kind.at(wheel))?;
    if !job.is_foreign() || name.fit(job.interpreter).is_ok() {
        return Ok(());
    }
    let file = wheel.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let what = redacted(what).into_owned();
    Err(Error::Foreign { what, target: job.interpreter.target.name, file })
}

/// Builds the project in `directory` and returns the wheel, which is in the job's scratch directory.
/// `[tool.uv]` in `configuration` says where distributions are.
fn build(job: &Job, what: &str, directory: &Path, configuration: &Path) -> Result<PathBuf, Error> {
    let system = BuildSystem::of(directory, what)?;
    let setup_cfg = SetupCfg::new(job)?;
    if system.needs_uv {
        return with_uv(job, what, directory, directory, &setup_cfg);
    }
    let out = tempfile::tempdir_in(job.scratch).at(job.scratch)?.keep();
    let project = Project { directory, what, configuration, setup_cfg: &setup_cfg.file };
    backend::build(job, &project, &system, &out)?;
    wheel_in(&out, what)
}

/// Has uv build `source`, a directory or an archive.
fn with_uv(
    job: &Job,
    what: &str,
    source: &Path,
    configuration: &Path,
    setup_cfg: &SetupCfg,
) -> Result<PathBuf, Error> {
    let out = tempfile::tempdir_in(job.scratch).at(job.scratch)?.keep();
    let mut command = Command::new(job.uv()?);
    command.args(["build", "--wheel", "--color", "never", "--python"]);
    command.arg(&job.interpreter.host).arg("--out-dir").arg(&out);
    uv::index_options(&mut command, job.options, &job.links);
    command.arg(source).current_dir(configuration).env("DIST_EXTRA_CONFIG", &setup_cfg.file);
    let ran = run("uv", &mut command, job.ui)?;
    if ran.success {
        return wheel_in(&out, what);
    }
    Err(match uv_failure::failure(&ran, job.options.offline) {
        Error::Build { failure, .. } => Error::Build { what: what.to_owned(), failure },
        Error::Unsatisfiable(message) | Error::OnlySource(message) => {
            Error::BuildRequirements { what: what.to_owned(), message }
        }
        other => other,
    })
}

/// A configuration file that keeps setuptools from leaving files in the project. Setuptools reads it
/// last, from version 62 on.
struct SetupCfg {
    file: PathBuf,
    _directory: tempfile::TempDir,
}

impl SetupCfg {
    fn new(job: &Job) -> Result<Self, Error> {
        let directory = tempfile::tempdir_in(job.scratch).at(job.scratch)?;
        let file = directory.path().join("setup.cfg");
        let base = directory.path().display();
        let text = format!("[build]\nbuild_base = {base}/build\n[egg_info]\negg_base = {base}\n");
        fs::write(&file, text).at(&file)?;
        Ok(Self { file, _directory: directory })
    }
}

/// The wheel that was built into `out`.
fn wheel_in(out: &Path, what: &str) -> Result<PathBuf, Error> {
    let found = fs::read_dir(out)
        .at(out)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"));
    let failure = || BuildFailure::because("its back end produced no wheel");
    found.ok_or_else(|| Error::Build { what: what.to_owned(), failure: Box::new(failure()) })
}
