//! The archive and the arguments that a command works on.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use snakecrate_cache::places;
use snakecrate_cache::root::Root;
use snakecrate_cache::runtimes::{NoRuntime, RuntimeFile};
use snakecrate_format::manifest::{Feature, Manifest};
use snakecrate_format::payload::Payload;

use crate::error::Error;

/// The archive and the arguments that a command works on.
pub struct Invocation<'a> {
    /// The arguments after the program's name.
    pub arguments: &'a [OsString],
    /// The archive's path.
    pub archive: PathBuf,
    /// The archive's contents, with those of its runtime file.
    pub payload: Payload,
    /// Its manifest, with that of its runtime file.
    pub manifest: Manifest,
    /// Where its runtime is.
    pub runtime: Runtime,
}

/// Where an archive's runtime is.
pub enum Runtime {
    /// In the archive.
    Inside,
    /// In this file.
    File(PathBuf),
    /// There is none that the archive can use.
    Missing(NoRuntime),
}

impl Runtime {
    /// The path of the runtime file, if there is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Inside | Self::Missing(_) => None,
        }
    }
}

impl<'a> Invocation<'a> {
    /// Reads the archive and, if it has no runtime, its runtime file.
    pub fn new(
        arguments: &'a [OsString],
        archive: PathBuf,
        payload: Payload,
        manifest: Manifest,
    ) -> Result<Self, Error> {
        let Some(name) = payload.record().runtime else {
            return Ok(Self { arguments, archive, payload, manifest, runtime: Runtime::Inside });
        };
        let found = RuntimeFile::open(name, &archive).and_then(|file| {
            let path = file.path.clone();
            Ok((file.join(manifest)?, path))
        });
        Ok(match found {
            Ok(((runtime, manifest), path)) => {
                let (payload, runtime) = (payload.with_runtime(runtime), Runtime::File(path));
                Self { arguments, archive, payload, manifest, runtime }
            }
            Err(why) => {
                let manifest = payload.manifest(Feature::LAUNCHER)?;
                Self { arguments, archive, payload, manifest, runtime: Runtime::Missing(why) }
            }
        })
    }
}

impl Invocation<'_> {
    /// Fails if there is no runtime.
    pub fn with_runtime(mut self) -> Result<Self, Error> {
        match std::mem::replace(&mut self.runtime, Runtime::Inside) {
            Runtime::Missing(why) => Err(why.into()),
            found => Ok(Self { runtime: found, ..self }),
        }
    }

    /// The environment's name in the cache.
    pub fn key(&self) -> String {
        self.payload.key()
    }

    /// The application's name and version: `hello 1.0`.
    pub fn title(&self) -> String {
        let Manifest { name, version, .. } = &self.manifest;
        version.as_ref().map_or_else(|| name.clone(), |version| format!("{name} {version}"))
    }

    /// Whether `flag`, the only argument that a command knows, was given. Any other argument is an
    /// error.
    pub fn flag(&self, flag: &str) -> Result<bool, Error> {
        self.flags([flag]).map(|[given]| given)
    }

    /// Whether each of `flags` was given. Any other argument, and one twice, is an error.
    pub fn flags<const N: usize>(&self, flags: [&str; N]) -> Result<[bool; N], Error> {
        let mut given = [false; N];
        for argument in self.arguments {
            let place = (0..N).find(|&place| argument == flags[place] && !given[place]);
            given[place.ok_or_else(|| Error::Argument(argument.clone()))?] = true;
        }
        Ok(given)
    }

    /// Fails if there is an argument, for commands that know none.
    pub fn no_arguments(&self) -> Result<(), Error> {
        self.flags([]).map(|[]| ())
    }
}

/// The flag of commands that work on the cache of all users, and no other.
pub const ALL_USERS: &str = "--all-users";

/// The places of this user's caches or, with `all_users`, that of all users.
pub fn places(all_users: bool) -> Vec<PathBuf> {
    if all_users { places::of_all_users().into_iter().collect() } else { places::candidates() }
}

/// The existing caches of [`places()`] that can be used, best first.
pub fn roots(all_users: bool) -> impl Iterator<Item = Root> {
    places(all_users).into_iter().filter_map(|path| Root::open(&path).ok())
}

/// The existing caches that a start may use, best first.
pub fn all_roots() -> impl Iterator<Item = Root> {
    places::all().filter_map(|path| Root::open(&path).ok())
}
