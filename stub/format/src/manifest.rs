//! The manifest: what an archive holds and how it starts. `FORMAT.md` shows one.

mod check;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::entry_path::EntryPath;

/// The format this code reads and writes.
pub const FORMAT: u32 = 1;
/// The name of the manifest's zip member.
pub const MEMBER: &str = "manifest.json";
/// The name of the bill of materials' zip member.
pub const SBOM_MEMBER: &str = "sbom.cdx.json";
/// The member that makes `python ARCHIVE ARGS…` run the archive.
pub const MAIN_MEMBER: &str = "__main__.py";
/// The most components an archive may have.
pub const MAX_COMPONENTS: usize = 10_000;
/// The most blobs a component may have.
pub const MAX_BLOBS: usize = 100_000;
/// How long all listings together may be, unpacked or packed, in bytes.
pub const MAX_TREE: u64 = 256 << 20;
/// The window a blob is compressed with is at most this power of two, in bytes: it bounds the
/// memory of the launcher, whatever the archive.
pub const MAX_WINDOW_LOG: u32 = 22;

/// The document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// The application's name.
    pub name: String,
    /// The application's version, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What the archive runs on, as a Rust target triple: `x86_64-unknown-linux-gnu`.
    pub target: String,
    /// The launcher at the front.
    pub stub: Stub,
    /// The interpreter.
    pub python: Python,
    /// How entries are started.
    pub launch: Launch,
    /// The C library that comes along, if one does: the component of that kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub c_library: Option<CLibrary>,
    /// What can be started, sorted by name.
    pub entries: Vec<Entry>,
    /// The components: the runtime first, then the application, then wheels by name. Where two
    /// hold the same path, the first wins.
    pub components: Vec<Component>,
}

/// The launcher of an archive, so that `verify` covers it too; it does not look at itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stub {
    /// Its length in bytes; the zip begins behind it.
    pub length: u64,
    /// BLAKE3 of it as it was before the boot record was filled in.
    pub blake3: Digest,
}

/// The interpreter an archive carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Python {
    /// `cpython`.
    pub implementation: String,
    /// Such as `3.12.1`.
    pub version: String,
    /// The executable inside the runtime component: `bin/python3.12`.
    pub executable: EntryPath,
}

/// Launch policy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Launch {
    /// The entry that runs when the name of the file and the first argument do not decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Options of the interpreter, before the script: `-I`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Whether the interpreter is started with the user's `LD_*` variables in effect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub loader_variables: bool,
}

/// When the archive's own C library is used, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CLibrary {
    /// Whether the host's may do.
    pub choice: Choice,
    /// The loader inside the component; the libraries are beside it.
    pub loader: EntryPath,
    /// What the host's must have, to be used.
    pub needs: Vec<Need>,
    /// Libraries that the interpreter loads first, for objects that would not find them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<String>,
}

/// Whether the host's C library may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// Where it has all that is needed.
    Auto,
    /// Never.
    Bundled,
}

/// A library that a host must have, not older than a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// Its file's name: `libc.so.6`.
    pub library: String,
    /// What the names of its versions begin with: `GLIBC_`. Empty where any will do.
    pub prefix: String,
    /// Numbers and dots: `2.17`.
    pub version: String,
}

/// A thing the archive can start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The name users call it by.
    pub name: String,
    /// What it runs, for people: `deployctl.cli:main`, `-m httpie`.
    pub runs: String,
    /// What the launcher executes.
    pub start: Start,
}

/// What the launcher executes for an entry; paths are inside the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// `bin/python3 OPTIONS SCRIPT ARGV0 ARGS…`: the script makes `ARGV0` its `sys.argv[0]`.
    Python(EntryPath),
    /// An executable, started with the user's own `argv`.
    Native(EntryPath),
}

/// What a component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The interpreter with its standard library.
    Runtime,
    /// The application itself, with the scripts that start its entries.
    App,
    /// One distribution.
    Wheel,
    /// The C library, for hosts that have none that will do.
    #[serde(rename = "libc")]
    CLibrary,
}

impl Kind {
    /// As in member names and listings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::App => "app",
            Self::Wheel => "wheel",
            Self::CLibrary => "libc",
        }
    }
}

/// A unit with a name, a version and a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// What it is.
    pub kind: Kind,
    /// Its normalised name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// BLAKE3 of its listing: what its tree is called in the cache.
    pub digest: Digest,
    /// How many files and links it has.
    pub files: u64,
    /// Their bytes, unpacked.
    pub bytes: u64,
    /// Where it was got, when that is the same for every builder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Its listing, a zstd frame (`tree.zst`).
    pub tree: Member,
    /// Its files, zstd-compressed tars (`00.tar.zst` …).
    pub blobs: Vec<Member>,
}

/// Where a component came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The file's name: `click-8.1.7-py3-none-any.whl`.
    pub file: String,
    /// Its SHA-256 in hex, as package indexes give it.
    pub sha256: String,
}

/// A stored zip member that the launcher reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Absolute offset of its bytes in the archive.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u64,
    /// Its length after decompression.
    pub unpacked: u64,
    /// BLAKE3 of its bytes as stored.
    pub blake3: Digest,
}

impl Component {
    /// Whether environments have links to its files.
    pub fn is_layer(&self) -> bool {
        matches!(self.kind, Kind::App | Kind::Wheel)
    }

    /// The folder of this component's members in the zip.
    pub fn folder(&self) -> String {
        format!("components/{}-{}-{}", self.kind.as_str(), self.name, self.version)
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

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadManifest {
    /// Not JSON, or not the JSON of a manifest.
    #[error("the manifest cannot be read: {}", one_line(.0))]
    Json(#[from] serde_json::Error),
    /// Made for another launcher.
    #[error("the manifest has format {0}, this build knows {FORMAT}")]
    Format(u32),
    /// Contradicts itself or goes over a limit.
    #[error("the manifest makes no sense: {0}")]
    Nonsense(String),
}

impl Manifest {
    /// The document as it stands in the archive.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads a manifest out of an archive of `archive_length` bytes.
    pub fn parse(bytes: &[u8], archive_length: u64) -> Result<Self, BadManifest> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let Version { format } = serde_json::from_slice(bytes)?;
        if format != FORMAT {
            return Err(BadManifest::Format(format));
        }
        let manifest: Self = serde_json::from_slice(bytes)?;
        // Names that are refused may be long.
        let nonsense = |what: String| BadManifest::Nonsense(what.chars().take(300).collect());
        manifest.check(archive_length).map_err(nonsense)?;
        Ok(manifest)
    }

    /// The runtime component.
    ///
    /// # Panics
    ///
    /// Never for a manifest that [`Manifest::parse`] returned: there the runtime comes first.
    pub fn runtime(&self) -> &Component {
        &self.components[0]
    }

    /// The components that environments have links to: the application, then wheels.
    pub fn layers(&self) -> impl Iterator<Item = &Component> {
        self.components.iter().filter(|component| component.is_layer())
    }

    /// The C library that the archive brings, and what to know of it.
    pub fn c_library(&self) -> Option<(&CLibrary, &Component)> {
        let component = self.components.iter().find(|c| c.kind == Kind::CLibrary);
        self.c_library.as_ref().zip(component)
    }
}

/// What a person is shown of an error, whose text may be the archive's.
fn one_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(any(test, feature = "testing"))]
pub mod sample;
#[cfg(test)]
mod tests;
