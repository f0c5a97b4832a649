//! From requirements to wheels: uv resolves, downloads and builds where it is installed, else pip.
//! Nothing is resolved here. The wheels are kept in the packer's cache.

mod backend;
mod build;
mod cache;
mod error;
mod fetch;
mod fetched;
mod fingerprint;
mod job;
mod key;
mod lists;
mod local_project;
mod paths;
mod pin;
mod pip;
mod request;
mod requirements;
mod tool;
mod tool_errors;
mod uv;

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

pub use error::Error;
pub use fetched::{Fetched, Origin};
pub use request::{Inputs, Local, Options};

use cache::{Cache, Cached, Saved};
use error::At as _;
use job::Job;
use local_project::LocalProject;
use paths::absolute;
use pin::{Pin, Place};
use requirements::Files;
use tool::Tool;

use crate::wheel::{WheelName, normalize};
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::{Count, Ui};

/// How long a resolution may be used again, in seconds: as long as `PyPI` lets its index pages be
/// (`max-age`).
const FRESH: u64 = 600;

/// Gets all wheels that `inputs` require, sorted by name.
///
/// An equal resolution of the last ten minutes is used again if its wheels are still in the cache.
/// With [`Options::offline`], so is one of any age.
pub fn resolve(
    interpreter: &Interpreter,
    inputs: &Inputs,
    options: &Options,
    ui: Ui,
) -> Result<Vec<Fetched>, Error> {
    resolve_with(OnceCell::new(), interpreter, inputs, options, ui)
}

fn resolve_with(
    tool: OnceCell<Tool>,
    interpreter: &Interpreter,
    inputs: &Inputs,
    options: &Options,
    ui: Ui,
) -> Result<Vec<Fetched>, Error> {
    let cache = Cache::open(&options.cache)?;
    let scratch = cache.scratch()?;
    let files = Files::read(&inputs.files)?;
    let mut options = options.clone();
    for link in options.find_links.iter_mut().filter(|link| Path::new(link).exists()) {
        *link = absolute(Path::new(link))?.to_string_lossy().into_owned();
    }
    let links = if options.offline { cache.links(scratch.path())? } else { Vec::new() };
    let mut job = Job {
        interpreter,
        options: &options,
        ui,
        cache,
        scratch: scratch.path(),
        directory: directory(inputs, &options)?,
        links,
        lists: Vec::new(),
        files: &files,
        tool,
    };
    let project = inputs.local.as_ref().map(|local| LocalProject::get(&job, local)).transpose()?;
    let mut fetched = Vec::new();
    if needs_resolution(inputs, project.as_ref()) {
        let requirements = lists::absolute_requirements(&inputs.requirements)?;
        let key = key::of(&job, &requirements, project.as_ref());
        let fresh = if options.offline { None } else { Some(FRESH) };
        let saved = if let Some(saved) = job.cache.resolution(&key, fresh) {
            ui.detail("using a recent resolution, whose wheels are all in the cache");
            saved
        } else {
            job.lists = lists::write(&job, &requirements, inputs, project.as_ref())?;
            let saved = run(&job, project.as_ref())?;
            job.cache.remember_resolution(&key, saved.clone())?;
            saved
        };
        for saved in saved {
            fetched.push(finish(&job, saved)?);
        }
    }
    if let Some(project) = project {
        let saved = match project.directory {
            Some(_) => Saved::Built(project.cached),
            None => Saved::Wheel(project.cached),
        };
        fetched.push(Fetched { local: true, ..finish(&job, saved)? });
    }
    fetched.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(fetched)
}

/// The directory that the tool runs in. Where the working directory has no part in the inputs, it
/// isn't that one: uv would read the pyproject.toml there.
fn directory(inputs: &Inputs, options: &Options) -> Result<PathBuf, Error> {
    match &inputs.local {
        Some(local) if local.path.is_dir() => absolute(&local.path),
        _ if inputs.files.is_empty() => absolute(options.cache.path()),
        _ => std::env::current_dir().at("."),
    }
}

/// Whether there is anything to resolve: an application without dependencies needs no index.
fn needs_resolution(inputs: &Inputs, project: Option<&LocalProject>) -> bool {
    !inputs.requirements.is_empty()
        || !inputs.files.is_empty()
        || project.is_some_and(|project| !project.metadata.requires_dist.is_empty())
}

/// Resolves, and gets the wheels.
fn run(job: &Job, project: Option<&LocalProject>) -> Result<Vec<Saved>, Error> {
    let tool = job.tool()?;
    let pyproject = project.and_then(LocalProject::pyproject);
    if matches!(tool, Tool::Pip(_))
        && pyproject.is_some_and(|text| text.contains("tool.uv.sources"))
    {
        job.ui.warn("pip ignores [tool.uv.sources]; using the index for the packages there");
    }
    let progress = job.ui.spinner("Resolving", format_args!("with {}", tool.name()));
    let mut pins = match tool {
        Tool::Uv(path) => uv::pins(path, job)?,
        Tool::Pip(command) => pip::pins(command, job)?,
    };
    drop(progress);
    let own_name = project.map(|project| normalize(&project.metadata.name));
    pins.retain(|pin| Some(&pin.name) != own_name.as_ref());
    pins.sort_by(|a, b| a.name.cmp(&b.name));
    for pin in &pins {
        let sha256 = match &pin.place {
            Place::Wheel(remote) | Place::Source(remote) => remote.sha256.as_deref(),
            Place::Directory(_) | Place::Git(_) => None,
        };
        if !job.files.allows(&pin.name, sha256) {
            return Err(Error::Hash(pin.name.clone()));
        }
    }
    let count = Count(pins.len(), "distribution");
    job.ui.step("Resolved", format_args!("{count} with {}", tool.name()));
    fetch::wheels(job, &pins)?
        .into_iter()
        .zip(pins)
        .map(|(wheel, pin)| save(job, wheel, pin))
        .collect()
}

/// The wheel of a pin: the downloaded one, or one that is built now.
fn save(job: &Job, wheel: Option<Cached>, pin: Pin) -> Result<Saved, Error> {
    Ok(match (pin.place, wheel) {
        (_, Some(cached)) => Saved::Wheel(cached),
        (Place::Directory(path), _) => Saved::Directory(path),
        (Place::Git(git), _) => Saved::Built(build::git(job, &pin.name, &git)?),
        (Place::Source(remote) | Place::Wheel(remote), _) => {
            let fetch = |directory: &Path| fetch::file(job, &remote, directory);
            Saved::Built(build::source(job, &remote, fetch)?)
        }
    })
}

fn finish(job: &Job, saved: Saved) -> Result<Fetched, Error> {
    let (cached, built) = match saved {
        Saved::Wheel(cached) => (cached, false),
        Saved::Built(cached) => (cached, true),
        Saved::Directory(path) => (build::directory(job, &path)?, true),
    };
    let path = job.cache.path(&cached);
    let name = WheelName::of(&path).map_err(|kind| kind.at(&path))?;
    let Cached { file, sha256 } = cached;
    let origin = if built { Origin::Built } else { Origin::Index { file, sha256: sha256.clone() } };
    let (name, version) = (normalize(&name.name), name.version);
    Ok(Fetched { name, version, path, sha256, origin, local: false })
}

#[cfg(test)]
mod tests;
