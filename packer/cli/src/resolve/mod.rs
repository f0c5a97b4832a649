//! From requirements to wheels: uv resolves, the packer downloads and has back ends build. The wheels
//! are kept in the packer's cache.

mod annotation;
mod backend;
mod build;
mod build_system;
mod cache;
mod choose;
mod credentials;
mod environment;
mod error;
mod failure;
mod fetch;
mod fetched;
mod find_uv;
mod fingerprint;
mod git;
mod indexes;
mod job;
mod key;
mod lists;
mod local_project;
mod locked;
mod locked_pins;
mod material;
mod paths;
mod pin;
mod program;
mod request;
mod requirements;
mod resolution_key;
mod stand_ins;
mod unpack;
mod uv;
mod uv_failure;

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

pub use error::Error;
pub use failure::{BuildFailure, Lines};
pub use fetched::{Fetched, Origin};
pub use indexes::{Configured, configured, index_urls};
pub use locked::{Locked, LockedSource};
pub use material::Material;
pub use pin::{Git, Pin, Place, Remote};
pub use request::{Inputs, Local, Options};
pub(crate) use requirements::{included as included_file, logical_lines};

use cache::{Cache, Cached, Saved, SavedWheel};
use error::At as _;
use job::Job;
use local_project::LocalProject;
use paths::{absolute, all_absolute};
use requirements::Files;

use crate::wheel::{WheelName, normalize};
use snakecrate_base::python::Interpreter;
use snakecrate_base::timings;
use snakecrate_base::ui::{Count, Ui};

/// How long a resolution may be used again, in seconds: as long as `PyPI` lets its index pages be
/// (`max-age`).
const FRESH: u64 = 600;

/// The uv that resolves on this machine, and its version.
///
/// # Errors
///
/// There is none, or it is too old.
pub fn uv() -> Result<(PathBuf, String), Error> {
    let uv = find_uv::find(Path::new("python3"))?;
    let version = find_uv::version(&uv).map_or_else(String::new, |version| version.to_string());
    Ok((uv, version))
}

/// The version of the uv that resolves on this machine, if there is one.
pub fn uv_version() -> Option<String> {
    uv().ok().map(|(_, version)| version).filter(|version| !version.is_empty())
}

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
    with_job(interpreter, inputs, options, ui, |job| {
        let project =
            inputs.local.as_ref().map(|local| LocalProject::get(job, local)).transpose()?;
        let mut saved = Vec::new();
        if needs_resolution(inputs, project.as_ref()) {
            let requirements = lists::absolute_requirements(&inputs.requirements)?;
            let key = resolution_key::of(job, &requirements, project.as_ref(), &[]);
            let fresh = if options.offline { None } else { Some(FRESH) };
            saved = remembered(job, &key, fresh, |job| {
                job.lists = lists::write(job, &requirements, inputs, project.as_ref())?;
                run(job, project.as_ref())
            })?;
        }
        finish_all(job, saved, project)
    })
}

/// Gets the wheels that a lock file chose, sorted by name, and with them those that `inputs` require
/// in addition: they are resolved with the locked versions as constraints. The requirements of a
/// project in `inputs` count as locked; only its wheel is added.
pub fn resolve_pins(
    interpreter: &Interpreter,
    locked: &[Locked],
    inputs: &Inputs,
    options: &Options,
    ui: Ui,
) -> Result<Vec<Fetched>, Error> {
    with_job(interpreter, inputs, options, ui, |job| {
        let project =
            inputs.local.as_ref().map(|local| LocalProject::get(job, local)).transpose()?;
        let more = !inputs.requirements.is_empty() || !inputs.files.is_empty();
        let fetch = |job: &mut Job| -> Result<Vec<Saved>, Error> {
            let mut pins = locked_pins::pins(job, locked)?;
            if more {
                let requirements = lists::absolute_requirements(&inputs.requirements)?;
                job.lists = lists::write(job, &requirements, inputs, None)?;
                lists::keep_to(job, locked, &inputs.constraints, project.as_ref())?;
                let names: Vec<&str> = locked.iter().map(|locked| &*locked.name).collect();
                let resolved = resolved(job, project.as_ref())?.into_iter();
                pins.extend(resolved.filter(|pin| !names.contains(&&*pin.name)));
            }
            pins.sort_by(|a, b| a.name.cmp(&b.name));
            get(job, pins)
        };
        // The files with known addresses are in the cache by digest, or are downloaded.
        let saved = if more || locked.iter().any(Locked::needs_lookup) {
            let requirements = lists::absolute_requirements(&inputs.requirements)?;
            let key = [requirements, inputs.constraints.clone()].concat();
            let key = resolution_key::of(job, &key, project.as_ref(), locked);
            let fresh = if options.offline || !more { None } else { Some(FRESH) };
            remembered(job, &key, fresh, fetch)?
        } else {
            fetch(job)?
        };
        finish_all(job, saved, project)
    })
}

/// Runs `work` with a job for these inputs.
fn with_job<T>(
    interpreter: &Interpreter,
    inputs: &Inputs,
    options: &Options,
    ui: Ui,
    work: impl FnOnce(&mut Job) -> Result<T, Error>,
) -> Result<T, Error> {
    let cache = Cache::open(&options.cache)?;
    let scratch = cache.scratch()?;
    let files = Files::read(&inputs.files)?;
    let limits = [Files::read(&options.constraints)?, Files::read(&options.overrides)?];
    let mut options = options.clone();
    for link in options.find_links.iter_mut().filter(|link| Path::new(link).exists()) {
        *link = absolute(Path::new(link))?.to_string_lossy().into_owned();
    }
    let links = if options.offline && !options.no_index {
        cache.links(scratch.path())?
    } else {
        Vec::new()
    };
    let mut job = Job {
        interpreter,
        options: &options,
        ui,
        cache,
        scratch: scratch.path(),
        directory: directory(inputs, &options)?,
        links,
        lists: Vec::new(),
        groups: inputs.groups.iter().map(|(p, name)| format!("{}:{name}", p.display())).collect(),
        constraints: all_absolute(&options.constraints)?,
        overrides: all_absolute(&options.overrides)?,
        files: &files,
        limits: &limits,
        stand_ins: OnceCell::new(),
        uv: OnceCell::new(),
    };
    work(&mut job)
}

/// The resolution remembered under `key`, if it is not older than `fresh` (in seconds); else the
/// result of `work`, which is remembered.
fn remembered(
    job: &mut Job,
    key: &str,
    fresh: Option<u64>,
    work: impl FnOnce(&mut Job) -> Result<Vec<Saved>, Error>,
) -> Result<Vec<Saved>, Error> {
    if let Some(saved) = job.cache.resolution(key, fresh) {
        timings::note("resolve", "resolution");
        job.ui.detail("using a recent resolution, whose wheels are all in the cache");
        return Ok(saved);
    }
    let saved = work(job)?;
    job.cache.remember_resolution(key, saved.clone())?;
    Ok(saved)
}

/// All wheels, that of the user's own project with them.
fn finish_all(
    job: &Job,
    saved: Vec<Saved>,
    project: Option<LocalProject>,
) -> Result<Vec<Fetched>, Error> {
    let mut fetched: Vec<Fetched> =
        saved.into_iter().map(|saved| finish(job, saved)).collect::<Result<_, _>>()?;
    if let Some(project) = project {
        let wheel = if project.is_built {
            SavedWheel::Built(project.cached)
        } else {
            SavedWheel::Wheel(project.cached)
        };
        let saved = Saved { wheel, from: None };
        fetched.push(Fetched { local: true, ..finish(job, saved)? });
    }
    fetched.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(fetched)
}

/// The directory that uv runs in. Where the working directory has no part in the inputs, it
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
        || !inputs.groups.is_empty()
        || project.is_some_and(|project| !project.metadata.requires_dist.is_empty())
}

/// Resolves, and gets the wheels.
fn run(job: &Job, project: Option<&LocalProject>) -> Result<Vec<Saved>, Error> {
    let pins = resolved(job, project)?;
    get(job, pins)
}

/// The distributions that uv chooses, except the user's own project, sorted by name.
fn resolved(job: &Job, project: Option<&LocalProject>) -> Result<Vec<Pin>, Error> {
    let _stage = timings::begin("resolve");
    let progress = job.ui.spinner("Resolving", "with uv");
    let mut pins = uv::pins(job)?;
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
    job.ui.step("Resolved", format_args!("{} with uv", Count(pins.len(), "distribution")));
    Ok(pins)
}

/// Gets the wheels of `pins`.
fn get(job: &Job, pins: Vec<Pin>) -> Result<Vec<Saved>, Error> {
    let wheels = {
        let _stage = timings::begin("download");
        fetch::wheels(job, &pins)?
    };
    wheels.into_iter().zip(pins).map(|(wheel, pin)| save(job, wheel, pin)).collect()
}

/// The wheel of a pin: the downloaded one, or one that is built now.
fn save(job: &Job, wheel: Option<Cached>, pin: Pin) -> Result<Saved, Error> {
    let from = Material::of(&pin.place);
    let wheel = match (pin.place, wheel) {
        (_, Some(cached)) => SavedWheel::Wheel(cached),
        (Place::Directory(path), _) => SavedWheel::Directory(path),
        (Place::Git(git), _) => SavedWheel::Built(build::git(job, &pin.name, &git)?),
        (Place::Source(remote) | Place::Wheel(remote), _) => {
            let fetch = |directory: &Path| fetch::file(job, &remote, directory);
            SavedWheel::Built(build::source(job, &remote, fetch)?)
        }
    };
    Ok(Saved { wheel, from })
}

fn finish(job: &Job, saved: Saved) -> Result<Fetched, Error> {
    let Saved { wheel, from } = saved;
    let (cached, built) = match wheel {
        SavedWheel::Wheel(cached) => (cached, false),
        SavedWheel::Built(cached) => (cached, true),
        SavedWheel::Directory(path) => (build::directory(job, &path)?, true),
    };
    let path = job.cache.path(&cached);
    let name = WheelName::of(&path).map_err(|kind| kind.at(&path))?;
    let Cached { file, sha256 } = cached;
    let origin = if built { Origin::Built } else { Origin::Index { file, sha256: sha256.clone() } };
    let (name, version) = (normalize(&name.name), name.version);
    Ok(Fetched { name, version, path, sha256, origin, from, local: false })
}

#[cfg(test)]
mod tests;
