//! The archive and the arguments that a command works on.

use std::ffi::OsString;
use std::path::PathBuf;

use snakecrate_cache::places;
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
