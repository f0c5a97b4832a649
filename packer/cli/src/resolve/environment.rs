//! Environments of build back ends, made by uv and kept by content.
//!
//! `uv build` makes a new environment each time, which takes most of a build in a development loop.
//!
//! ```text
//! backends/<key>.json      {"directory": "<key>-<random>", "at": <seconds since 1970>}
//! backends/<key>-<random>/ a virtual environment; it contains its own path, so it is not renamed
//! ```
//!
//! The note is written when the environment is complete, so nothing uses one whose making was killed.
//! An environment that no note names is removed a day later
//! ([`BuildCache::remove_abandoned`](crate::build_cache::BuildCache::remove_abandoned)).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use super::build_system::tool_uv;
use super::cache::now;
use super::error::{At as _, Error};
use super::job::Job;
use super::{key, uv, uv_failure};
use crate::build_cache::BackendNote;
use snakecrate_base::temporary;

/// How long an environment is used before newer back ends are looked for, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// A virtual environment with `requires`, kept or made now. `what` is built in it, from `project`,
/// whose `[tool.uv]` says where distributions are.
pub(super) fn get(
    job: &Job,
    project: &Path,
    what: &str,
    requires: &[String],
) -> Result<PathBuf, Error> {
    let root = job.cache.backends();
    // A URL or path may lead to something else tomorrow.
    if requires.iter().any(|requirement| requirement.contains(['@', '/'])) {
        let directory = tempfile::tempdir_in(job.scratch).at(job.scratch)?.keep();
        create(job, project, what, requires, &directory)?;
        return Ok(directory);
    }
    let key = key_of(job, project, requires);
    let note = root.join(format!("{key}.json"));
    let old = BackendNote::read(&note);
    let now = now();
    if let Some(kept) = &old {
        let directory = root.join(&kept.directory);
        let fresh = now.checked_sub(kept.at).is_some_and(|age| age < DAY) || job.options.offline;
        if fresh && directory.join("bin/python").exists() {
            return Ok(directory);
        }
    }
    fs::create_dir_all(&root).at(&root)?;
    let prefix = format!("{key}-");
    let mut builder = tempfile::Builder::new();
    let directory = temporary::directory_with(builder.prefix(&prefix), &root).at(&root)?;
    create(job, project, what, requires, directory.path())?;
    let directory = directory.keep();
    temporary::keep(&directory);
    let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if let Some(old) = &old {
        // Another build may be using it, for at most a day.
        touch(&root.join(&old.directory));
    }
    job.cache.write(&note, &BackendNote { directory: name, at: now })?;
    Ok(directory)
}

/// Makes a virtual environment with `requires` in the empty `directory`.
fn create(
    job: &Job,
    project: &Path,
    what: &str,
    requires: &[String],
    directory: &Path,
) -> Result<(), Error> {
    let progress = job.ui.spinner("Preparing", format_args!("the build of {what}"));
    let mut command = Command::new(job.uv()?);
    command.args(["venv", "--allow-existing", "--no-project", "--color", "never", "--python"]);
    command.arg(&job.interpreter.host).arg(directory);
    let ran = super::program::run("uv", &mut command, job.ui)?;
    if !ran.success {
        return Err(uv_failure::failure(&ran, job.options.offline));
    }
    if !requires.is_empty() {
        let mut command = Command::new(job.uv()?);
        command.args(["pip", "install", "--color", "never", "--python"]).arg(directory);
        // Back ends start much faster with bytecode, and write none themselves.
        command.arg("--compile-bytecode").current_dir(project);
        uv::index_options(&mut command, job.options, &job.links);
        // Other users can see arguments, and a URL may hold a password.
        let scratch = tempfile::tempdir_in(job.scratch).at(job.scratch)?;
        let list = scratch.path().join("requires.txt");
        fs::write(&list, requires.join("\n") + "\n").at(&list)?;
        command.arg("--requirement").arg(&list);
        let ran = super::program::run("uv", &mut command, job.ui)?;
        if !ran.success {
            return Err(match uv_failure::failure(&ran, job.options.offline) {
                Error::Unsatisfiable(message) | Error::OnlySource(message) | Error::Uv(message) => {
                    Error::BuildRequirements { what: what.to_owned(), message }
                }
                other => other,
            });
        }
    }
    drop(progress);
    Ok(())
}

/// Sets a directory's time to now.
fn touch(directory: &Path) {
    let set = |file: fs::File| -> io::Result<()> { file.set_modified(SystemTime::now()) };
    // Where this fails, it is removed a little early.
    let _ = fs::File::open(directory).and_then(set);
}

fn key_of(job: &Job, project: &Path, requires: &[String]) -> String {
    let python = job.interpreter;
    let mut key = key::Key::default();
    key.list("python", [&*python.host.to_string_lossy(), &python.full_version]);
    key.list("index", &job.options.index_url);
    key.list("no-index", job.options.no_index.then_some("true"));
    key.list("find-links", &job.options.find_links);
    key.list("requires", requires);
    key.list("tool.uv", tool_uv(project).map(|table| table.to_string()));
    key.variables();
    key.finish()[..32].to_owned()
}
