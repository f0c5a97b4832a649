//! Builds wheels of projects, source distributions and commits.
//!
//! Projects are built in place, so versions taken from git and files beside the project are found
//! as in any other build. Only setuptools would leave files there; its configuration puts them
//! elsewhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cache::Cached;
use super::error::{At as _, Error};
use super::job::Job;
use super::pin::{Git, Remote};
use super::program::run;
use super::{backend, fingerprint, tool_errors, uv};

/// Counts changes in how wheels are built; wheels of another scheme are not used again.
const SCHEME: &str = "2";

/// The wheel of the project in `directory`, built if anything changed since the last time.
pub(super) fn directory(job: &Job, directory: &Path) -> Result<Cached, Error> {
    let state = fingerprint::of(directory).at(directory)?;
    let place = directory.to_string_lossy();
    let key = key(job, &["directory", &place, &state]);
    cached(job, &key, &place, || {
        let argument = directory.as_os_str();
        build(job, &place, argument.as_ref(), directory)
    })
}

/// The wheel of a source distribution, downloaded by `fetch` into the directory it gets.
pub(super) fn source(
    job: &Job,
    remote: &Remote,
    fetch: impl FnOnce(&Path) -> Result<PathBuf, Error>,
) -> Result<Cached, Error> {
    let digest = remote.sha256.as_deref().unwrap_or(&remote.url);
    let key = key(job, &["source", digest]);
    let file = remote.file();
    cached(job, &key, &file, || {
        let directory = tempfile::tempdir_in(job.scratch).at(job.scratch)?;
        let archive = fetch(directory.path())?;
        build(job, &file, &archive, directory.path())
    })
}

/// The wheel of a commit.
pub(super) fn git(job: &Job, name: &str, git: &Git) -> Result<Cached, Error> {
    let subdirectory = git.subdirectory.as_deref().unwrap_or_default();
    let key = key(job, &["git", &git.url, &git.commit, subdirectory]);
    cached(job, &key, name, || {
        let clone = tempfile::tempdir_in(job.scratch).at(job.scratch)?;
        let run_git = |arguments: &[&str]| -> Result<(), Error> {
            let mut command = Command::new("git");
            command.args(arguments).current_dir(clone.path()).env("GIT_TERMINAL_PROMPT", "0");
            let ran = run("git", &mut command, job.ui)?;
            let lines: Vec<&str> = ran.stderr.lines().collect();
            if ran.success {
                return Ok(());
            }
            Err(Error::Failed { program: "git", message: tool_errors::one_line(&lines) })
        };
        run_git(&["clone", "--quiet", "--no-checkout", &git.url, "."])?;
        run_git(&["checkout", "--quiet", "--detach", &git.commit])?;
        run_git(&["submodule", "--quiet", "update", "--init", "--recursive"])?;
        let project = clone.path().join(subdirectory);
        build(job, name, &project, &project)
    })
}

fn key(job: &Job, parts: &[&str]) -> String {
    let python = job.interpreter;
    let own = [SCHEME, &python.cache_tag, &python.full_version, python.target.name];
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
    let cached = job.cache.add(&wheel)?;
    job.cache.remember_build(key, &cached)?;
    job.ui.step("Built", &cached.file);
    Ok(cached)
}

/// Builds `source` and returns the wheel, which is in the job's scratch directory.
fn build(job: &Job, what: &str, source: &Path, directory: &Path) -> Result<PathBuf, Error> {
    let out = tempfile::tempdir_in(job.scratch).at(job.scratch)?.keep();
    let work = tempfile::tempdir_in(job.scratch).at(job.scratch)?;
    let extra = work.path().join("setup.cfg");
    let base = work.path().display();
    let text = format!("[build]\nbuild_base = {base}/build\n[egg_info]\negg_base = {base}\n");
    fs::write(&extra, text).at(&extra)?;
    // Directories are built repeatedly, so their environments are kept.
    if source == directory
        && backend::build(job, directory, &out, ("DIST_EXTRA_CONFIG", &extra))?.is_some()
    {
        return wheel_in(&out, what);
    }
    let mut command = Command::new(job.uv()?);
    command.args(["build", "--wheel", "--color", "never", "--python"]);
    command.arg(&job.interpreter.executable).arg("--out-dir").arg(&out);
    uv::index_options(&mut command, job.options, &job.links);
    // Setuptools reads this file last, from version 62 on.
    command.arg(source).current_dir(directory).env("DIST_EXTRA_CONFIG", &extra);
    let ran = run("uv", &mut command, job.ui)?;
    if !ran.success {
        return Err(match uv::failure(&ran, job.options) {
            Error::Build { output, .. } => Error::Build { what: what.to_owned(), output },
            // A requirement of the build cannot be found.
            Error::Unsatisfiable(text) | Error::OnlySource(text) => {
                Error::Build { what: what.to_owned(), output: vec![text] }
            }
            other => other,
        });
    }
    wheel_in(&out, what)
}

/// The wheel that was built into `out`.
fn wheel_in(out: &Path, what: &str) -> Result<PathBuf, Error> {
    let found = fs::read_dir(out)
        .at(out)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"));
    let nothing =
        || Error::Build { what: what.to_owned(), output: vec!["it produced no wheel".into()] };
    found.ok_or_else(nothing)
}
