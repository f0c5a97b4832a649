//! Distributions that a lock file chose.

use std::collections::BTreeSet;

use pep440_rs::Version;
use serde::Serialize;

use super::paths::file_url;
use super::pin::{Place, Remote};

/// A distribution that a lock file chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Locked {
    /// The normalised name.
    pub name: String,
    /// The version; `None` for a source without one, such as a directory.
    pub version: Option<Version>,
    /// Where its files are.
    pub source: LockedSource,
}

/// Where the files of a locked distribution are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum LockedSource {
    /// One place: a commit, a directory, a file.
    Place(Place),
    /// Files with addresses. The wheel that fits best is taken, else the source distribution.
    Files {
        /// The wheels, for any platform.
        wheels: Vec<Remote>,
        /// The source distribution.
        sdist: Option<Remote>,
    },
    /// Files of an index that the lock file lists by digest only. uv looks up their addresses.
    Index {
        /// SHA-256 of the files that may be used, in hex, lower case.
        sha256: BTreeSet<String>,
        /// The index; without one, that of the options or of uv's configuration.
        url: Option<String>,
    },
}

impl Locked {
    /// Whether uv must look up the addresses of its files.
    pub(super) fn needs_lookup(&self) -> bool {
        matches!(self.source, LockedSource::Index { .. })
    }

    /// A requirement that only this distribution meets.
    pub(super) fn requirement(&self) -> String {
        let at = |url: &str| format!("{} @ {url}", self.name);
        match (&self.source, &self.version) {
            (LockedSource::Place(Place::Directory(path)), _) => at(&file_url(path)),
            (LockedSource::Place(Place::Git(git)), _) => {
                let below = git.subdirectory.iter().map(|path| format!("#subdirectory={path}"));
                at(&format!("git+{}@{}{}", git.url, git.commit, below.collect::<String>()))
            }
            (LockedSource::Place(Place::Wheel(remote) | Place::Source(remote)), _) => {
                let below = remote.subdirectory.iter().map(|path| format!("#subdirectory={path}"));
                at(&format!("{}{}", remote.url, below.collect::<String>()))
            }
            (_, Some(version)) => format!("{}=={version}", self.name),
            (_, None) => self.name.clone(),
        }
    }
}
