//! Resolves with uv: `uv pip compile --format pylock.toml`
//! ([specification of pylock.toml](https://packaging.python.org/en/latest/specifications/pylock-toml/)).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::annotation;
use super::choose::{Files, choose};
use super::error::{At as _, Error};
use super::job::Job;
use super::locked::{Locked, LockedSource};
use super::paths::file_url;
use super::pin::{Git, Hashes, Pin, Place, Remote, is_of_another};
use super::program::run;
use super::request::Options;
use super::uv_failure::failure;
use crate::wheel::normalize;
use snakecrate_base::redact::redacted;
use snakecrate_format::target::Target;

/// The glibc of the hosts that wheels for a foreign target may be for: that of `manylinux_2_28`, which
/// distributions publish for now.
const GLIBC: (u32, u32) = (2, 28);

#[derive(Debug, Deserialize)]
struct Lock {
    #[serde(default)]
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    /// See [`annotation`].
    #[serde(skip)]
    index: Option<String>,
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
    subdirectory: Option<String>,
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

/// Adds the options that all commands of uv share.
pub(super) fn index_options(command: &mut Command, options: &Options, job_links: &[PathBuf]) {
    // Other users can see arguments, and URLs may hold passwords.
    if let Some(url) = &options.index_url {
        command.env("UV_DEFAULT_INDEX", url).env_remove("UV_INDEX_URL");
    }
    let given = options.find_links.iter().cloned();
    let links = given.chain(job_links.iter().map(|link| link.display().to_string()));
    let links: Vec<String> = links.collect();
    if links.iter().any(|link| matches!(redacted(link), Cow::Owned(_))) {
        let before = env::var("UV_FIND_LINKS").ok();
        let all: Vec<String> = before.into_iter().chain(links).collect();
        command.env("UV_FIND_LINKS", all.join(","));
    } else {
        command.args(links.iter().flat_map(|link| ["--find-links", link]));
    }
    if options.offline {
        command.arg("--offline");
    }
    if options.no_index {
        command.arg("--no-index");
    }
}

/// Resolves the requirements of `job`.
pub(super) fn pins(job: &Job) -> Result<Vec<Pin>, Error> {
    let mut command = compile(job, job.options)?;
    for name in &job.options.no_binary {
        command.args(["--no-binary", name]);
    }
    for name in &job.options.only_binary {
        command.args(["--only-binary", name]);
    }
    for path in &job.constraints {
        command.arg("--constraint").arg(path);
    }
    for path in &job.overrides {
        command.arg("--override").arg(path);
    }
    for group in &job.groups {
        command.arg("--group").arg(group);
    }
    command.args(&job.lists);
    let allowed = |name: &str, remote: &Remote| job.files.allows(name, remote.sha256.as_deref());
    packages(job, &mut command)?.into_iter().map(|package| pin(package, &allowed, job)).collect()
}

/// Looks up the places of the locked distributions that have no address, by name.
pub(super) fn look_up(job: &Job, locked: &[Locked]) -> Result<BTreeMap<String, Place>, Error> {
    let mut by_index: BTreeMap<Option<&String>, BTreeMap<&str, _>> = BTreeMap::new();
    for one in locked {
        if let LockedSource::Index { sha256, url } = &one.source {
            by_index.entry(url.as_ref()).or_default().insert(&one.name, (one, sha256));
        }
    }
    let mut places = BTreeMap::new();
    for (number, (url, wanted)) in by_index.into_iter().enumerate() {
        let list = job.scratch.join(format!("look-up-{number}.txt"));
        let lines: String = wanted.values().map(|(one, _)| one.requirement() + "\n").collect();
        fs::write(&list, lines).at(&list)?;
        let mut options = job.options.clone();
        options.index_url = url.cloned().or(options.index_url);
        let mut command = compile(job, &options)?;
        command.arg("--no-deps").arg(&list);
        let allowed = |name: &str, remote: &Remote| {
            let sha256 = remote.sha256.as_deref().map(str::to_ascii_lowercase);
            let wanted = wanted.get(name).map(|(_, sha256)| sha256);
            wanted.zip(sha256).is_some_and(|(wanted, sha256)| wanted.contains(&sha256))
        };
        for package in packages(job, &mut command)? {
            let pin = pin(package, &allowed, job)?;
            places.insert(pin.name, pin.place);
        }
    }
    Ok(places)
}

/// `uv pip compile` with the options that all uses share.
fn compile(job: &Job, options: &Options) -> Result<Command, Error> {
    let mut command = Command::new(job.uv()?);
    command.args(["pip", "compile", "--format", "pylock.toml", "--no-header", "--color", "never"]);
    command.arg("--python").arg(&job.interpreter.host).current_dir(&job.directory);
    if job.is_foreign() {
        command.args(["--python-version", &job.interpreter.full_version]);
        command.arg("--python-platform").arg(platform(job.interpreter.target));
    }
    let stand_ins = job.stand_ins()?;
    let instead = |link: &Path| stand_ins.directory(link).to_owned();
    let links: Vec<PathBuf> = job.links.iter().map(|link| instead(link)).collect();
    let given = options.find_links.iter().map(Path::new);
    let given = given.map(|link| instead(link).to_string_lossy().into_owned()).collect();
    index_options(&mut command, &Options { find_links: given, ..options.clone() }, &links);
    if options.offline && !options.no_index {
        // uv's cache of index pages lists wheels that are not on this host.
        command.arg("--no-index");
    }
    Ok(command)
}

/// The platform of `target` for uv. Without a glibc in it, or with an older one, uv silently takes old
/// versions of distributions that publish newer wheels only.
fn platform(target: &Target) -> String {
    let (major, minor) = GLIBC;
    format!("{}-manylinux_{major}_{minor}", target.wheel_processor)
}

/// The packages in what `command` prints.
fn packages(job: &Job, command: &mut Command) -> Result<Vec<Package>, Error> {
    let ran = run("uv", command, job.ui)?;
    if !ran.success {
        return Err(failure(&ran, job.options.offline));
    }
    let mut lock: Lock = toml::from_str(&ran.stdout)
        .map_err(|error| Error::Answer { program: "uv", cause: error.message().to_owned() })?;
    let is_of_another = |package: &Package| {
        let files = package.wheels.iter().chain(&package.sdist);
        files.filter_map(|file| file.url.as_deref()).any(is_of_another)
    };
    if lock.packages.iter().any(is_of_another) {
        let mut indexes = annotation::indexes(command, job)?;
        for package in &mut lock.packages {
            package.index = indexes.remove(&normalize(&package.name));
        }
    }
    Ok(lock.packages)
}

fn pin(
    package: Package,
    allowed: &impl Fn(&str, &Remote) -> bool,
    job: &Job,
) -> Result<Pin, Error> {
    let name = normalize(&package.name);
    let index = package.index;
    let stand_ins = job.stand_ins()?;
    let remote = |file: File| -> Option<Remote> {
        let url = file.url.or_else(|| Some(file_url(&job.directory.join(file.path?))))?;
        let File { subdirectory, hashes, .. } = file;
        let remote = Remote { url, sha256: hashes.sha256, subdirectory, index: index.clone() };
        let remote = stand_ins.original(remote);
        // Stand-ins are not what is installed, and old versions of uv have no digests of local files.
        let local = || {
            let url = url::Url::parse(&remote.url).ok()?;
            snakecrate_download::file_sha256(&url.to_file_path().ok()?).ok()
        };
        let sha256 = remote.sha256.clone().or_else(local);
        Some(Remote { sha256, ..remote })
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
        let sdist = package.sdist.and_then(remote);
        choose(&name, Files { wheels, sdist }, |remote| allowed(&name, remote), job)?
    };
    Ok(Pin { name, place })
}
