//! Resolves with uv: `uv pip compile --format pylock.toml`
//! ([specification of pylock.toml](https://packaging.python.org/en/latest/specifications/pylock-toml/)).

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::error::Error;
use super::job::Job;
use super::paths::file_url;
use super::pin::{Git, Hashes, Pin, Place, Remote};
use super::request::Options;
use super::requirements::Files;
use super::tool::{Ran, run};
use super::tool_errors;
use crate::wheel::{WheelName, normalize};

#[derive(Debug, Deserialize)]
struct Lock {
    #[serde(default)]
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    #[serde(default)]
    wheels: Vec<File>,
    sdist: Option<File>,
    archive: Option<File>,
    directory: Option<Directory>,
    vcs: Option<Vcs>,
}

#[derive(Debug, Deserialize)]
struct File {
    url: Option<String>,
    path: Option<PathBuf>,
    #[serde(default)]
    hashes: Hashes,
}

#[derive(Debug, Deserialize)]
struct Directory {
    path: PathBuf,
    subdirectory: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Vcs {
    url: Option<String>,
    path: Option<PathBuf>,
    commit_id: String,
    subdirectory: Option<String>,
}

/// Adds the options that `uv pip compile` and `uv build` share.
pub(super) fn index_options(command: &mut Command, options: &Options, links: &[PathBuf]) {
    // Other users can see arguments, and the URL may hold a password.
    if let Some(url) = &options.index_url {
        command.env("UV_DEFAULT_INDEX", url).env_remove("UV_INDEX_URL");
    }
    for link in &options.find_links {
        command.arg("--find-links").arg(link);
    }
    for link in links {
        command.arg("--find-links").arg(link);
    }
    if options.offline {
        command.arg("--offline");
    }
}

/// Resolves the requirements of `job`.
pub(super) fn pins(uv: &Path, job: &Job) -> Result<Vec<Pin>, Error> {
    let options = job.options;
    let mut command = Command::new(uv);
    command.args(["pip", "compile", "--format", "pylock.toml", "--no-header", "--color", "never"]);
    command.arg("--python").arg(&job.interpreter.executable).current_dir(&job.directory);
    for name in &options.no_binary {
        command.args(["--no-binary", name]);
    }
    for name in &options.only_binary {
        command.args(["--only-binary", name]);
    }
    index_options(&mut command, options, &job.links);
    if options.offline {
        // uv's cache of index pages lists wheels that are not on this host.
        command.arg("--no-index");
    }
    command.args(&job.lists);
    let ran = run("uv", &mut command, job.ui)?;
    if !ran.success {
        return Err(failure(&ran, options));
    }
    let lock: Lock = toml::from_str(&ran.stdout)
        .map_err(|error| Error::Answer { program: "uv", cause: error.message().to_owned() })?;
    lock.packages.into_iter().map(|package| pin(package, job)).collect()
}

fn pin(package: Package, job: &Job) -> Result<Pin, Error> {
    let name = normalize(&package.name);
    let remote = |file: File| -> Option<Remote> {
        let url = file.url.or_else(|| Some(file_url(&job.directory.join(file.path?))))?;
        Some(Remote { url, sha256: file.hashes.sha256 })
    };
    let place = if let Some(directory) = package.directory {
        let path = job.directory.join(directory.path);
        Place::Directory(directory.subdirectory.map_or(path.clone(), |sub| path.join(sub)))
    } else if let Some(vcs) = package.vcs {
        let url = vcs.url.or_else(|| Some(file_url(&job.directory.join(vcs.path?))));
        let url = url.unwrap_or_default();
        let url = url.strip_prefix("git+").unwrap_or(&url).to_owned();
        Place::Git(Git { url, commit: vcs.commit_id, subdirectory: vcs.subdirectory })
    } else if let Some(archive) = package.archive.and_then(remote) {
        if archive.is_wheel() { Place::Wheel(archive) } else { Place::Source(archive) }
    } else {
        let wheels: Vec<Remote> = package.wheels.into_iter().filter_map(remote).collect();
        choose(&name, wheels, package.sdist.and_then(remote), job.files, job)?
    };
    Ok(Pin { name, place })
}

/// The wheel that an installer would choose: uv lists all that fit this host. With hashes, the best
/// of those that are listed.
fn choose(
    name: &str,
    wheels: Vec<Remote>,
    sdist: Option<Remote>,
    files: &Files,
    job: &Job,
) -> Result<Place, Error> {
    let found = !wheels.is_empty() || sdist.is_some();
    let allowed = |remote: &Remote| files.allows(name, remote.sha256.as_deref());
    let fitting = wheels.into_iter().filter(allowed).filter_map(|remote| {
        let fit = WheelName::parse(&remote.file()).ok()?.fit(job.interpreter).ok()?;
        Some((fit, remote))
    });
    // The same wheel may be in several places; the first in the list wins.
    let best = fitting.reduce(|best, next| if next.0 > best.0 { next } else { best });
    if let Some((_, wheel)) = best {
        return Ok(Place::Wheel(wheel));
    }
    match sdist.filter(allowed) {
        Some(sdist) => Ok(Place::Source(sdist)),
        None if found && files.has_hashes() => Err(Error::Hash(name.to_owned())),
        None => Err(Error::Answer { program: "uv", cause: format!("no file of {name}") }),
    }
}

/// Turns uv's output into an error: the lines after `error:`, without ornaments.
pub(super) fn failure(ran: &Ran, options: &Options) -> Error {
    let start = ran
        .stderr
        .lines()
        .position(|line| line.starts_with("error:") || line.trim_start().starts_with('×'));
    let message: Vec<&str> = ran.stderr.lines().skip(start.unwrap_or(0)).collect();
    let hint = message.iter().position(|line| line.starts_with("hint:")).unwrap_or(message.len());
    let (message, hints) = message.split_at(hint);
    let hints = hints.join(" ");
    let text = tool_errors::one_line(message);
    let offline =
        options.offline && ["No solution found", "network"].iter().any(|word| text.contains(word));
    if offline {
        return Error::Offline(tool_errors::because(&text));
    }
    if text.contains("No solution found") {
        if text.contains("no usable wheels") || hints.contains("building from source is disabled") {
            return Error::OnlySource(tool_errors::because(&text));
        }
        return Error::Unsatisfiable(tool_errors::because(&text));
    }
    if text.contains("build backend returned") || text.contains("Failed to build") {
        let what = tool_errors::quoted(&text).unwrap_or_default();
        return Error::Build { what, output: tool_errors::tail(&ran.stderr) };
    }
    if text.contains("building from source is disabled") {
        return Error::OnlySource(text);
    }
    Error::Failed { program: "uv", message: text }
}
