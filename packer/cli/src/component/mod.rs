//! Packs a tree for archives: a listing, its digest, and compressed blobs.
//!
//! A component's bytes depend on its tree and the wanted level alone. The [`Store`] keeps them, so that
//! nothing is compressed twice.

mod blob;
mod effort;
mod entry;
mod store;
mod whole;

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::PathBuf;

use snakecrate_format::digest::{Digest, FileDigest};
use snakecrate_format::entry_path::EntryPath;
use snakecrate_format::listing::{self, BadListing, Item, Listing};
use snakecrate_format::manifest::{MAX_BLOBS, MAX_TREE};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use blob::{LEVELS, TARGET, likeness};
pub use store::Store;

use snakecrate_base::error::Remedy;
use snakecrate_base::tree::{Node, Tree};

/// A component that is ready for archives; its members are in the [`Store`], or in another archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// BLAKE3 of the listing.
    pub digest: Digest,
    /// Number of files and links.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Directories that an environment may have as one link each: see [`whole`].
    #[serde(default)]
    pub whole: Vec<EntryPath>,
    /// The listing, compressed.
    pub tree: PackedMember,
    /// The files, compressed.
    pub blobs: Vec<PackedMember>,
}

impl Packed {
    /// Bytes of all members, as an archive stores them.
    pub fn stored(&self) -> u64 {
        self.members().map(|member| member.length).sum()
    }

    /// Reads the listing; `None` if it is damaged.
    pub fn listing(&self) -> Option<Listing> {
        let mut frame = Vec::new();
        self.tree.open().ok()?.read_to_end(&mut frame).ok()?;
        let length = usize::try_from(self.tree.unpacked).ok()?;
        Listing::parse(&zstd::bulk::decompress(&frame, length).ok()?).ok()
    }

    /// The listing and all blobs.
    pub fn members(&self) -> impl Iterator<Item = &PackedMember> {
        std::iter::once(&self.tree).chain(&self.blobs)
    }
}

/// Bytes that become a member of archives: a file in the store, or a part of another archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedMember {
    /// The file.
    pub path: PathBuf,
    /// The offset of the first byte in the file.
    #[serde(default)]
    pub offset: u64,
    /// Their number.
    pub length: u64,
    /// Their number after decompression.
    pub unpacked: u64,
    /// BLAKE3 of them.
    pub blake3: Digest,
}

impl PackedMember {
    /// A reader of the bytes.
    pub fn open(&self) -> io::Result<impl Read> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.offset))?;
        Ok(file.take(self.length))
    }
}

/// Why a tree cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of the tree cannot be read.
    #[error("cannot read the contents of `{path}`: {source}")]
    Read {
        /// Its path in the component.
        path: EntryPath,
        /// The cause.
        source: io::Error,
    },
    /// A file had other contents when it was read again.
    #[error("`{0}` changed while it was being packed")]
    Changed(EntryPath),
    /// More bytes than a tar header can express.
    #[error("`{0}` is larger than 8 GiB")]
    TooLarge(EntryPath),
    /// The listing or the number of blobs goes over what the launcher reads.
    #[error("a component with {0} files and links is more than an archive can hold")]
    TooMany(usize),
    /// Paths that cannot be in one tree.
    #[error("the component's files do not make a tree: {0}")]
    Listing(#[from] BadListing),
    /// A level that zstd does not have.
    #[error("no compression level {0}: levels go from {first} to {last}", first = LEVELS.start(), last = LEVELS.end())]
    Level(i32),
    /// The store cannot be written to.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Read { .. } => Some("check that the file is there and can be read".into()),
            Self::Changed(_) => Some("build again when nothing writes to it any more".into()),
            Self::TooLarge(_) => Some("leave it out and let the application fetch it".into()),
            Self::TooMany(_) => Some("leave files out that the application does not need".into()),
            Self::Listing(_) => Some("rename one of the files".into()),
            Self::Level(_) => None,
            Self::Write { .. } => {
                Some("free some space there, or set XDG_CACHE_HOME to another directory".into())
            }
        }
    }
}

/// Reads every file of `tree` once and lists them.
///
/// # Errors
///
/// A file that cannot be read, and paths that do not make a tree.
pub fn listing(tree: &Tree) -> Result<Listing, Error> {
    let nodes: Vec<_> = tree.iter().collect();
    let items: Result<Vec<Item>, Error> = nodes
        .into_par_iter()
        .map(|(path, node)| Ok(Item { path: path.clone(), node: list(path, node)? }))
        .collect();
    Ok(Listing::new(items?)?)
}

fn list(path: &EntryPath, node: &Node) -> Result<listing::Node, Error> {
    let (mode, content) = match node {
        Node::File { mode, content } => (*mode, content),
        Node::Link(target) => return Ok(listing::Node::Link(target.clone())),
    };
    let read_error = |source| Error::Read { path: path.clone(), source };
    let mut hasher = blake3::Hasher::new();
    let mut reader = content.open().map_err(read_error)?;
    let size = io::copy(&mut reader, &mut hasher).map_err(read_error)?;
    let digest = FileDigest::from_hash(&hasher.finalize());
    Ok(listing::Node::File { mode, size, digest })
}

fn check_limits(listing: &Listing, encoded: usize, blobs: usize) -> Result<(), Error> {
    if encoded as u64 > MAX_TREE || blobs > MAX_BLOBS {
        return Err(Error::TooMany(listing.items().len()));
    }
    Ok(())
}
