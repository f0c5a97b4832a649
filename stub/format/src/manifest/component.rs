//! Components and their members.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::entry_path::EntryPath;

/// The kind of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The interpreter with its standard library, or the core of it.
    Runtime,
    /// A part of the runtime that some archives leave out.
    Part,
    /// The application itself, with the scripts that start its entries.
    App,
    /// One distribution.
    Wheel,
    /// The C library, for hosts without a suitable one.
    #[serde(rename = "libc")]
    CLibrary,
}

impl Kind {
    /// The name in member names and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Part => "part",
            Self::App => "app",
            Self::Wheel => "wheel",
            Self::CLibrary => "libc",
        }
    }
}

/// A tree of files with a name, a version and a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// Its kind.
    pub kind: Kind,
    /// Its normalised name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// BLAKE3 of its listing: names its tree in the cache.
    pub digest: Digest,
    /// The number of its files and links.
    pub files: u64,
    /// The sum of their sizes in bytes, unpacked.
    pub bytes: u64,
    /// Its origin, if every builder gets it from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Directories of it that an environment may have as one link each: nothing in them leaves the component
    /// by a relative path. Sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub whole: Vec<EntryPath>,
    /// The file that holds its blobs, if the archive does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(feature = "details"), serde(deserialize_with = "super::feature::unrequired"))]
    pub download: Option<Download>,
    /// Its listing, a zstd frame (`tree.zst`), always in the archive.
    pub tree: Member,
    /// Its files, zstd-compressed tars (`00.tar.zst` …).
    pub blobs: Vec<Member>,
}

/// The origin of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The file's name: `click-8.1.7-py3-none-any.whl`.
    pub file: String,
    /// Its SHA-256 in hex, as package indexes give it.
    pub sha256: String,
}

/// A file outside the archive with the blobs of one component: their offsets count from its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Download {
    /// Addresses of the file, best first; `https` only.
    pub urls: Vec<String>,
    /// Its length in bytes.
    pub length: u64,
    /// BLAKE3 of it.
    pub blake3: Digest,
}

/// Stored bytes that the launcher reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Offset of its bytes from the start of the file.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u64,
    /// Its length after decompression, in bytes.
    pub unpacked: u64,
    /// BLAKE3 of its bytes as stored.
    pub blake3: Digest,
}

impl Component {
    /// Whether environments have links to its files.
    pub fn is_layer(&self) -> bool {
        matches!(self.kind, Kind::App | Kind::Wheel)
    }

    /// Whether an environment may have `directory` as one link, if no other component has it. The
    /// application's own files are few, and stay even if a cleaner takes its component.
    pub fn may_be_link(&self, directory: &str) -> bool {
        self.kind == Kind::Wheel && self.whole.iter().any(|whole| whole.as_str() == directory)
    }

    /// Whether its files belong to the tree that the interpreter runs from.
    pub fn is_of_runtime(&self) -> bool {
        matches!(self.kind, Kind::Runtime | Kind::Part)
    }

    /// Its name in member names, and the name of its folder in an extracted archive:
    /// `wheel-click-8.1.7`.
    pub fn label(&self) -> String {
        format!("{}-{}-{}", self.kind.as_str(), self.name, self.version)
    }

    /// The folder of its members in the zip.
    pub fn folder(&self) -> String {
        format!("components/{}", self.label())
    }

    /// The name of the zip member that holds the listing.
    pub fn tree_member(&self) -> String {
        format!("{}/tree.zst", self.folder())
    }

    /// The name of the zip member that holds blob `index`.
    pub fn blob_member(&self, index: usize) -> String {
        format!("{}/{index:02}.tar.zst", self.folder())
    }
}
