//! From requirements to wheels: resolved, downloaded and built by uv where it is there, else by
//! pip. Nothing is resolved here; what comes is kept in a cache of wheels.

mod backend;
mod build;
mod cache;
mod error;
mod fetch;
mod fingerprint;
mod key;
mod own;
mod pin;
mod pip;
mod requirements;
mod tool;
mod uv;
mod words;

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

pub use error::Error;

use cache::{Cache, Cached, Saved};
use error::At as _;
use own::{Own, absolute};
use pin::{Pin, Place};
use requirements::Files;
use tool::Tool;

use crate::build_cache::BuildCache;
use crate::source::Source;
use crate::wheel::{WheelName, normalize};
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::Ui;

/// How long a resolution may be used again, in seconds: as long as `PyPI` lets its index pages be
/// (`max-age`).
const FRESH: u64 = 600;

/// What is wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Requirements, one each (PEP 508).
    pub requirements: Vec<String>,
    /// Requirements files; hashes in them are honoured, all or nothing as with pip.
    pub files: Vec<PathBuf>,
    /// A project or wheel of the user's, to be included with its dependencies.
    pub local: Option<Local>,
}

impl Wanted {
    /// What `source` itself wants; configuration and flags add to it.
    pub fn of(source: &Source) -> Self {
        let local = |path: &Path, extras: &[String]| Self {
            local: Some(Local { path: path.to_owned(), extras: extras.to_vec() }),
            ..Self::default()
        };
        match source {
            Source::Project { directory, extras } => local(directory, extras),
            Source::Wheel { path, extras } => local(path, extras),
            Source::Script { metadata, .. } => Self {
                requirements: metadata.as_ref().map_or_else(Vec::new, |m| m.dependencies.clone()),
                ..Self::default()
            },
            Source::Requirement { text, .. } => {
                Self { requirements: vec![text.clone()], ..Self::default() }
            }
        }
    }
}

/// A project directory or a wheel file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Its path.
    pub path: PathBuf,
    /// The extras that are wanted of it.
    pub extras: Vec<String>,
}

/// How to get it.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The package index, instead of what the tool is configured for.
    pub index_url: Option<String>,
    /// Directories or pages with more distributions.
    pub find_links: Vec<String>,
    /// Never use the network.
    pub offline: bool,
    /// Wheels only; the user's own project is built all the same.
    pub no_build: bool,
    /// Distributions never to take as wheels, or `:all:`.
    pub no_binary: Vec<String>,
    /// Distributions never to build, or `:all:`.
    pub only_binary: Vec<String>,
    /// The packer's own directory in the cache.
    pub cache: BuildCache,
}

/// A wheel in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The distribution's normalised name.
    pub name: String,
    /// The version in the file's name.
    pub version: String,
    /// The file, with the name it was published or built with.
    pub path: PathBuf,
    /// Its digest, in hex.
    pub sha256: String,
    /// Where it is from.
    pub origin: Origin,
    /// Whether it is [`Wanted::local`].
    pub local: bool,
}

/// Where a wheel is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Taken as it was published, or as the user gave it: the same for every builder.
    Index {
        /// The file's name.
        file: String,
        /// In hex, as indexes give it.
        sha256: String,
    },
    /// Built here from source.
    Built,
}

/// One resolution while it goes on.
pub(crate) struct Job<'a> {
    interpreter: &'a Interpreter,
    options: &'a Options,
    ui: Ui,
    cache: Cache,
    scratch: &'a Path,
    /// Where tools run: their configuration and relative paths are looked up from there.
    directory: PathBuf,
    /// Directories with links to cached wheels, when there is no index.
    links: Vec<PathBuf>,
    /// Requirements files for the tool, ours first.
    lists: Vec<PathBuf>,
    files: &'a Files,
    tool: OnceCell<Tool>,
}

impl Job<'_> {
    /// The tool, looked for when it is first needed.
    fn tool(&self) -> Result<&Tool, Error> {
        if self.tool.get().is_none() {
            let found = Tool::find(self.interpreter, self.ui)?;
            let _ = self.tool.set(found);
        }
        let none = || Error::NoTool(self.interpreter.executable.clone());
        self.tool.get().ok_or_else(none)
    }
}

/// Gets all wheels that `wanted` comes to, sorted by name.
///
/// An equal resolution of the last ten minutes is used again if its wheels are still there; so is
/// one of any age with [`Options::offline`].
pub fn resolve(
    interpreter: &Interpreter,
    wanted: &Wanted,
    options: &Options,
    ui: Ui,
) -> Result<Vec<Fetched>, Error> {
    resolve_with(OnceCell::new(), interpreter, wanted, options, ui)
}

fn resolve_with(
    tool: OnceCell<Tool>,
    interpreter: &Interpreter,
    wanted: &Wanted,
    options: &Options,
    ui: Ui,
) -> Result<Vec<Fetched>, Error> {
    let cache = Cache::open(&options.cache)?;
    let scratch = cache.scratch()?;
    let files = Files::read(&wanted.files)?;
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
        directory: directory(wanted, &options)?,
        links,
        lists: Vec::new(),
        files: &files,
        tool,
    };
    let own = wanted.local.as_ref().map(|local| own::take(&job, local)).transpose()?;
    let mut fetched = Vec::new();
    if needs_resolution(wanted, own.as_ref()) {
        let requirements = own::requirement_lines(&wanted.requirements)?;
        let key = key::of(&job, &requirements, own.as_ref());
        let fresh = if options.offline { None } else { Some(FRESH) };
        let saved = if let Some(saved) = job.cache.resolution(&key, fresh) {
            ui.detail("resolved before, and all wheels are there");
            saved
        } else {
            job.lists = own::lists(&job, &requirements, wanted, own.as_ref())?;
            let saved = run(&job, own.as_ref())?;
            job.cache.remember_resolution(&key, saved.clone())?;
            saved
        };
        for saved in saved {
            fetched.push(finish(&job, saved)?);
        }
    }
    if let Some(own) = own {
        let saved = if own.built { Saved::Built(own.cached) } else { Saved::Wheel(own.cached) };
        fetched.push(Fetched { local: true, ..finish(&job, saved)? });
    }
    fetched.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(fetched)
}

/// Where the tool runs. A requirement of its own has nothing to do with the project that the user
/// happens to stand in, whose pyproject.toml uv would read.
fn directory(wanted: &Wanted, options: &Options) -> Result<PathBuf, Error> {
    match &wanted.local {
        Some(local) if local.path.is_dir() => absolute(&local.path),
        _ if wanted.files.is_empty() => absolute(options.cache.path()),
        _ => std::env::current_dir().at("."),
    }
}

/// Whether there is anything to resolve: an application without dependencies needs no index.
fn needs_resolution(wanted: &Wanted, own: Option<&Own>) -> bool {
    !wanted.requirements.is_empty()
        || !wanted.files.is_empty()
        || own.is_some_and(|own| !own.metadata.requires_dist.is_empty())
}

/// Resolves, and gets the files.
fn run(job: &Job, own: Option<&Own>) -> Result<Vec<Saved>, Error> {
    let tool = job.tool()?;
    if matches!(tool, Tool::Pip(_))
        && own.and_then(key::pyproject).is_some_and(|text| text.contains("tool.uv.sources"))
    {
        job.ui.warn("pip does not know [tool.uv.sources]; its packages are taken from the index");
    }
    let progress = job.ui.spinner("Resolving", format_args!("with {}", tool.name()));
    let mut pins = match tool {
        Tool::Uv(path) => uv::pins(path, job)?,
        Tool::Pip(words) => pip::pins(words, job)?,
    };
    drop(progress);
    let own_name = own.map(|own| normalize(&own.metadata.name));
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
    let count = pins.len();
    let plural = if count == 1 { "" } else { "s" };
    job.ui.step("Resolved", format_args!("{count} distribution{plural} with {}", tool.name()));
    fetch::wheels(job, &pins)?
        .into_iter()
        .zip(pins)
        .map(|(wheel, pin)| save(job, wheel, pin))
        .collect()
}

/// The wheel of a pin: the downloaded one, or one that is built now.
fn save(job: &Job, wheel: Option<Cached>, pin: Pin) -> Result<Saved, Error> {
    if job.options.no_build && matches!(pin.place, Place::Source(_) | Place::Git(_)) {
        return Err(Error::OnlySource(pin.name));
    }
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
