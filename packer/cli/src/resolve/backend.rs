//! Builds a project with its back end directly, in an environment that is kept.
//!
//! `pip wheel` takes more than a second to start, resolve and install a back end that was there a
//! minute ago. In a development loop that is most of a build. So pip's environment for
//! `build-system.requires` is kept for a day, and the hooks of PEP 517 are called in it as pip
//! calls them. Anything unusual is left to pip, and so is every failure: pip's behaviour is the
//! reference, and users know its messages.
//!
//! ```text
//! backends/<key>.json      {"directory": "<key>-<random>", "at": <seconds since 1970>}
//! backends/<key>-<random>/ a virtual environment; it contains its own path, so it is not renamed
//! ```

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::cache::now;
use super::error::Error;
use super::job::Job;
use super::program::run;
use super::uv;

/// How long an environment is used, in seconds: pip looks for newer back ends once a day.
const DAY: u64 = 24 * 60 * 60;
const RUNNER: &str = include_str!("backend.py");

/// `[build-system]` of a pyproject.toml.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct System {
    requires: Vec<String>,
    build_backend: String,
    #[serde(default)]
    backend_path: Vec<String>,
}

/// A kept environment.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    directory: String,
    at: u64,
}

impl System {
    /// The table of the project in `directory`, if it is an ordinary one: all requirements are
    /// names, which mean the same tomorrow.
    fn of(directory: &Path) -> Option<Self> {
        let table: toml::Table =
            fs::read_to_string(directory.join("pyproject.toml")).ok()?.parse().ok()?;
        let system: Self = table.get("build-system")?.clone().try_into().ok()?;
        let is_name = |text: &String| {
            text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && !text.contains(['@', '/', '\n'])
        };
        system.requires.iter().all(is_name).then_some(system)
    }
}

/// Builds the project in `directory` into `out`, with `variable` in the environment. `None` if pip
/// has to do it.
pub(super) fn build(
    job: &Job,
    directory: &Path,
    out: &Path,
    variable: (&str, &Path),
) -> Result<Option<()>, Error> {
    let Some(system) = System::of(directory) else { return Ok(None) };
    let Some(environment) = kept_environment(job, &system)? else { return Ok(None) };
    let runner = job.scratch.join("backend.py");
    let paths = serde_json::to_string(&system.backend_path).unwrap_or_default();
    if fs::write(&runner, RUNNER).is_err() {
        return Ok(None);
    }
    let mut command = Command::new(environment.join("bin/python"));
    // Not `-I`: it ignores PYTHONHASHSEED, and the order of sets would differ from run to run.
    command.arg("-s").arg(&runner).arg(&system.build_backend).arg(paths).arg(out);
    command.current_dir(directory).env(variable.0, variable.1).env("PATH", path(&environment));
    let built = run("the build back end", &mut command, job.ui).is_ok_and(|ran| ran.success);
    let wheels = fs::read_dir(out).into_iter().flatten().flatten();
    if built && wheels.count() == 1 {
        return Ok(Some(()));
    }
    for left in fs::read_dir(out).into_iter().flatten().flatten() {
        let _ = fs::remove_file(left.path());
    }
    job.ui.detail("the build back end failed; trying with pip");
    Ok(None)
}

/// The environment's programs come first: back ends start `ninja` and `cmake` by name.
fn path(environment: &Path) -> OsString {
    let old = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(environment.join("bin")).chain(std::env::split_paths(&old));
    std::env::join_paths(all).unwrap_or(old)
}

/// The environment for `system`, kept or created; `None` if it cannot be created.
fn kept_environment(job: &Job, system: &System) -> Result<Option<PathBuf>, Error> {
    let root = job.cache.backends();
    let key = key(job, system);
    let note = root.join(format!("{key}.json"));
    let old: Option<Kept> =
        fs::read(&note).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let now = now();
    if let Some(kept) = &old {
        let directory = root.join(&kept.directory);
        let fresh = now.checked_sub(kept.at).is_some_and(|age| age < DAY) || job.options.offline;
        if fresh && directory.join("bin/python").exists() {
            return Ok(Some(directory));
        }
    }
    let aside = fs::create_dir_all(&root)
        .and_then(|()| tempfile::Builder::new().prefix(&format!("{key}-")).tempdir_in(&root));
    let Ok(aside) = aside else { return Ok(None) };
    if !create(job, system, aside.path())? {
        return Ok(None);
    }
    let directory = aside.keep();
    let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    job.cache.write(&note, &Kept { directory: name, at: now })?;
    if let Some(old) = old {
        let _ = fs::remove_dir_all(root.join(old.directory));
    }
    Ok(Some(directory))
}

/// Creates a virtual environment with the requirements. Returns whether it could.
fn create(job: &Job, system: &System, directory: &Path) -> Result<bool, Error> {
    let mut command = Command::new(job.uv()?);
    command.args(["venv", "--allow-existing", "--color", "never", "--python"]);
    command.arg(&job.interpreter.executable).arg(directory);
    if !run("uv", &mut command, job.ui).is_ok_and(|ran| ran.success) {
        return Ok(false);
    }
    if system.requires.is_empty() {
        return Ok(true);
    }
    let mut command = Command::new(job.uv()?);
    command.args(["pip", "install", "--color", "never", "--python"]).arg(directory);
    uv::index_options(&mut command, job.options, &job.links);
    command.args(&system.requires);
    Ok(run("uv", &mut command, job.ui).is_ok_and(|ran| ran.success))
}

fn key(job: &Job, system: &System) -> String {
    let mut hasher = blake3::Hasher::new();
    let python = job.interpreter;
    let mut add = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    add(&python.executable.to_string_lossy());
    add(&python.full_version);
    add(job.options.index_url.as_deref().unwrap_or_default());
    add(if job.options.no_index { "no index" } else { "" });
    for text in job.options.find_links.iter().chain([&String::new()]).chain(&system.requires) {
        add(text);
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ordinary_build_systems_are_built_without_pip() {
        let directory = tempfile::tempdir().unwrap();
        let of = |text: &str| {
            fs::write(directory.path().join("pyproject.toml"), text).unwrap();
            System::of(directory.path())
        };
        let system = of("[build-system]\nrequires = ['hatchling>=1; python_version > \"3\"']\n\
            build-backend = 'a:b'\nbackend-path = ['.']\n")
        .unwrap();
        assert_eq!((system.build_backend.as_str(), system.backend_path.len()), ("a:b", 1));
        for text in [
            "[project]\nname = 'a'\n",
            "[build-system]\nrequires = ['setuptools']\n",
            "[build-system]\nrequires = ['a @ file:///a']\nbuild-backend = 'a'\n",
            "[build-system]\nrequires = ['-r x']\nbuild-backend = 'a'\n",
            "[build-system\n",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
