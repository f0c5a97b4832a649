//! The archive and the arguments that a command works on.

use std::ffi::OsString;
use std::path::PathBuf;

use snakecrate_cache::places::candidates;
use snakecrate_cache::root::Root;
use snakecrate_format::manifest::Manifest;
use snakecrate_format::payload::Payload;

use crate::error::Error;

/// The archive and the arguments that a command works on.
pub struct Invocation<'a> {
    /// The arguments after the program's name.
    pub arguments: &'a [OsString],
    /// The archive's path.
    pub archive: PathBuf,
    /// The archive's contents.
    pub payload: Payload,
    /// Its manifest.
    pub manifest: Manifest,
}

impl Invocation<'_> {
    /// The environment's name in the cache.
    pub fn key(&self) -> String {
        self.payload.record().manifest_digest.key()
    }

    /// The application's name and version: `hello 1.0`.
    pub fn title(&self) -> String {
        let Manifest { name, version, .. } = &self.manifest;
        version.as_ref().map_or_else(|| name.clone(), |version| format!("{name} {version}"))
    }

    /// Whether `flag`, the only argument that a command knows, was given. Any other argument is an
    /// error.
    pub fn flag(&self, flag: &str) -> Result<bool, Error> {
        match self.arguments {
            [] => Ok(false),
            [only] if only == flag => Ok(true),
            [first, ..] => Err(Error::Argument(first.clone())),
        }
    }

    /// Fails if there is an argument, for commands that know none.
    pub fn no_arguments(&self) -> Result<(), Error> {
        self.arguments.first().map_or(Ok(()), |first| Err(Error::Argument(first.clone())))
    }
}

/// The existing caches that can be used, best first.
pub fn roots() -> impl Iterator<Item = Root> {
    candidates().into_iter().filter_map(|path| Root::open(&path).ok())
}
