//! Components in the cache, and comparing them with their listings.
//!
//! A stamp with the current boot id vouches for a component. Without one, a power cut may have lost
//! some of its writes, so the component is compared with its listing and stamped again.

use std::io;
use std::sync::{Mutex, PoisonError};

use snakecrate_format::digest::FileDigest;
use snakecrate_format::listing::{Item, Listing, Node};
use snakecrate_format::manifest::{Component, MAX_TREE};
use snakecrate_format::order::sort_by;
use snakecrate_format::payload::unpack_listing;
use snakecrate_platform::directory::Directory;
use snakecrate_platform::file::FileKind;
use snakecrate_platform::host;
use snakecrate_platform::workers::run_all;

use crate::layout::{COMPONENT, COMPONENTS, STAMP, TREE};
use crate::root::Root;
use crate::signs_of_life::{Beating, Pulse};

/// A component in the cache.
#[derive(Debug)]
pub struct Cached {
    directory: Directory,
}

/// A difference between a tree and its listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The file or link.
    pub path: String,
    /// The difference in words: `missing`, `altered`.
    pub what: &'static str,
}

impl Cached {
    /// Opens `components/<key>`.
    pub fn open(root: &Root, key: &str) -> io::Result<Self> {
        Ok(Self { directory: root.open_tree(COMPONENTS, key)? })
    }

    /// Its directory.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Whether it was found whole since the host booted. Also true where the system has no boot id,
    /// and where the cache is read-only.
    pub fn is_stamped(&self) -> bool {
        let Some(boot) = host::boot_id() else { return true };
        match self.directory.read(STAMP, 64) {
            Ok(stamp) if stamp == boot.as_bytes() => true,
            _ => !self.directory.is_writable(),
        }
    }

    /// Records that it is whole, until the next boot.
    pub fn stamp(&self) -> io::Result<()> {
        self.directory.write_over(STAMP, host::boot_id().unwrap_or_default().as_bytes())
    }

    /// Its record in the manifest of the archive that it was extracted from.
    pub fn component(&self) -> io::Result<Component> {
        let bytes = self.directory.read(COMPONENT, 16 << 20)?;
        serde_json::from_slice(&bytes).map_err(io::Error::other)
    }

    /// Its listing. Fails if the listing does not have the digest of `component`.
    pub fn listing(&self, component: &Component) -> io::Result<Listing> {
        let packed = self.directory.read(TREE, MAX_TREE)?;
        unpack_listing(component, &packed).map_err(io::Error::other)
    }

    /// Every difference between the tree and its listing: kinds, sizes, execute bits, contents.
    /// `pulse` counts the size of each compared file.
    pub fn differences(&self, listing: &Listing, pulse: &Pulse<'_>) -> Vec<Difference> {
        let found = Mutex::new(Vec::new());
        let done: Result<(), std::convert::Infallible> = run_all(listing.items(), |(), item| {
            if let Err(what) = self.compare(item, pulse) {
                let difference = Difference { path: item.path.to_string(), what };
                found.lock().unwrap_or_else(PoisonError::into_inner).push(difference);
            }
            if let Node::File { size, .. } = item.node {
                pulse.add(size);
            }
            Ok(())
        });
        let Ok(()) = done;
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        sort_by(&mut found, |a, b| a.path < b.path);
        found
    }

    fn compare(&self, item: &Item, pulse: &Pulse<'_>) -> Result<(), &'static str> {
        let path = item.path.as_path();
        let there = self.directory.metadata_of(path).map_err(|_| "missing")?;
        match &item.node {
            Node::Link(target) => match self.directory.read_link(path) {
                Ok(there) if there.as_os_str() == target.as_str() => Ok(()),
                _ => Err("a different link"),
            },
            Node::File { .. } if there.kind() != FileKind::File => Err("not a file"),
            Node::File { size, .. } if there.size() != *size => Err("wrong size"),
            Node::File { mode, .. } if there.is_executable() != mode.is_executable() => {
                Err("wrong mode")
            }
            Node::File { digest, .. } => match self.hash(item, pulse) {
                Ok(found) if found == *digest => Ok(()),
                Ok(_) => Err("altered"),
                Err(_) => Err("unreadable"),
            },
        }
    }

    fn hash(&self, item: &Item, pulse: &Pulse<'_>) -> io::Result<FileDigest> {
        let mut hasher = blake3::Hasher::new();
        let file = self.directory.open_file(item.path.as_path())?;
        io::copy(&mut Beating(file, pulse), &mut hasher)?;
        Ok(FileDigest::from_hash(&hasher.finalize()))
    }
}
