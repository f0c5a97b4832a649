//! Locks as all readers deliver them, and the selection for one target.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use pep440_rs::VersionSpecifiers;
use pep508_rs::MarkerTree;

/// The contents of a lock file for all targets, with roots for what is wanted.
#[derive(Debug, Clone, Default)]
pub(super) struct Lock {
    /// Everything that the file has.
    pub(super) nodes: Vec<Node>,
    /// The requirements of the project, of its wanted extras and of the wanted groups.
    pub(super) roots: Vec<Edge>,
    /// The Python versions that the file is for (PEP 440).
    pub(super) requires_python: Option<String>,
    /// The targets that the file is for; empty: all.
    pub(super) environments: Vec<MarkerTree>,
    /// Names of distributions whose declared requirements the file overrides on purpose.
    pub(super) overrides: BTreeSet<String>,
    /// Why the file does not fit the project's metadata, if it says so itself: a clause such as
    /// `its content-hash is not that of pyproject.toml`.
    pub(super) outdated: Option<String>,
    /// Values of `extra` that hold in each marker (groups of uv's conflicts).
    pub(super) active: Vec<String>,
    /// Whether markers have extras as uv encodes those of conflicts: `extra-4-demo-cpu`.
    pub(super) encoded_extras: bool,
}

/// One distribution of a lock.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    /// The normalised name.
    pub(super) name: String,
    /// As the file has it; none for a directory whose version is dynamic.
    pub(super) version: Option<String>,
    /// Text that tells nodes of one name and version apart; compared with [`Edge::source`].
    pub(super) source: String,
    /// The place of its files.
    pub(super) origin: Origin,
    /// The node exists for targets that meet any of these; empty: for all.
    pub(super) markers: Vec<MarkerTree>,
    /// Its requirements.
    pub(super) dependencies: Vec<Edge>,
    /// Requirements of its extras, by normalised name.
    pub(super) extras: BTreeMap<String, Vec<Edge>>,
    /// Why the node does not fit the metadata of the directory that it stands for: a clause whose
    /// subject is the lock.
    pub(super) outdated: Option<String>,
}

/// A requirement, which leads to one node. The fields that are set narrow down the node.
#[derive(Debug, Clone, Default)]
pub(super) struct Edge {
    /// The normalised name.
    pub(super) name: String,
    /// Normalised names of extras.
    pub(super) extras: Vec<String>,
    /// When it applies. `extra == 'x'` means an extra of the node that has the edge.
    pub(super) marker: MarkerTree,
    /// The exact version, compared as text.
    pub(super) version: Option<String>,
    /// See [`Node::source`].
    pub(super) source: Option<String>,
    /// Versions that are allowed.
    pub(super) specifiers: VersionSpecifiers,
    /// Whether the lock may have no node for it, as pip-compile leaves out setuptools.
    pub(super) may_be_absent: bool,
}

/// The place of a distribution's files. Paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Origin {
    /// Nothing is installed: a virtual member of a workspace.
    #[default]
    Nothing,
    /// Wheels and source distributions of one version.
    Files {
        /// The index that has them, if the lock names one.
        index: Option<String>,
        /// All that the lock lists.
        files: Vec<File>,
    },
    /// Files of an index that only their digests are known of.
    Digests {
        /// The index, if the lock names one.
        index: Option<String>,
        /// The digests that are allowed.
        hashes: Vec<Hash>,
    },
    /// One wheel or source distribution, named by its URL or path.
    Archive {
        /// The file.
        file: File,
        /// The directory in it to build.
        subdirectory: Option<String>,
    },
    /// A commit.
    Git {
        /// The repository, without `git+`.
        url: String,
        /// The full hash.
        commit: String,
        /// The directory in it to build.
        subdirectory: Option<String>,
    },
    /// A directory of the user's, to be built.
    Directory(PathBuf),
}

/// A file that a lock lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, `%xx` decoded.
    pub name: String,
    /// `https:`, `http:` or `file:`, if the lock has it.
    pub url: Option<String>,
    /// The digests that are allowed: any of them.
    pub hashes: Vec<Hash>,
}

/// A digest of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hash {
    /// `sha256`, `sha512`, `blake2b` …
    pub algorithm: String,
    /// In lower-case hex.
    pub hex: String,
}

impl Hash {
    /// Parses `sha256:0a1b…`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (algorithm, hex) = text.trim().split_once([':', '='])?;
        let valid = !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        let (algorithm, hex) = (algorithm.to_ascii_lowercase(), hex.to_ascii_lowercase());
        valid.then_some(Self { algorithm, hex })
    }
}

impl File {
    /// The digest that the packer's cache uses, if the lock has it.
    pub fn sha256(&self) -> Option<&str> {
        self.hashes.iter().find(|hash| hash.algorithm == "sha256").map(|hash| hash.hex.as_str())
    }
}

/// The distributions of a lock for one target, without the project itself.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// The lock file.
    pub path: PathBuf,
    /// Sorted by name; each name once.
    pub packages: Vec<Package>,
    /// Names and versions of distributions of an index that the lock has for the target in one version,
    /// and that are not selected.
    pub others: Vec<(String, String)>,
    /// Names of distributions whose declared requirements the lock overrides on purpose.
    pub overrides: BTreeSet<String>,
    /// Why the lock is outdated, if it is: a clause whose subject is the lock.
    pub outdated: Option<String>,
}

/// A distribution that a lock selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The normalised name.
    pub name: String,
    /// As the lock has it.
    pub version: Option<String>,
    /// The place of its files.
    pub origin: Origin,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_parsed() {
        let hash = Hash::parse("SHA256:0AB1").unwrap();
        assert_eq!((hash.algorithm.as_str(), hash.hex.as_str()), ("sha256", "0ab1"));
        assert_eq!(Hash::parse("sha256:"), None);
        assert_eq!(Hash::parse("0ab1"), None);
        assert_eq!(Hash::parse("sha256:xyz"), None);
    }
}
