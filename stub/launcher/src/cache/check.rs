//! Is a component in the cache what it should be?
//!
//! A stamp of this boot says so. Without one the tree may have lost writes to a power cut, and is
//! compared with its listing, once.

use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Mutex;

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::pulse::{Beating, Pulse};
use super::root::{Root, open_directory, write_all};
use super::{COMPONENT, COMPONENTS, STAMP, TREE};
use crate::extract::run_all;
use crate::sys;
use snakecrate_format::digest::FileDigest;
use snakecrate_format::listing::{Item, Listing, Node};
use snakecrate_format::manifest::{Component, MAX_TREE};
use snakecrate_format::payload::unpack_listing;

/// A component in the cache.
#[derive(Debug)]
pub struct Cached {
    directory: OwnedFd,
}

/// A difference between a tree and its listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The file or link.
    pub path: String,
    /// What is wrong with it.
    pub what: &'static str,
}

impl Cached {
    /// Opens `components/<key>`.
    pub fn open(root: &Root, key: &str) -> Result<Self, Errno> {
        let directory = open_directory(root.directory(), format!("{COMPONENTS}/{key}"))?;
        Ok(Self { directory })
    }

    /// Its directory.
    pub fn directory(&self) -> &OwnedFd {
        &self.directory
    }

    /// Whether it is known to have been whole since the machine was started. Where the system does
    /// not tell one start from another, or the cache cannot be written to, it is trusted.
    pub fn is_stamped(&self) -> bool {
        let Some(boot) = sys::boot_id() else { return true };
        match read_file(&self.directory, STAMP, 64) {
            Ok(stamp) if stamp == boot.as_bytes() => true,
            _ => !is_writable(&self.directory),
        }
    }

    /// Notes that it is whole.
    pub fn stamp(&self) -> Result<(), Errno> {
        write_over(&self.directory, STAMP, sys::boot_id().unwrap_or_default().as_bytes())
    }

    /// Its record in the manifest of the archive that brought it.
    pub fn component(&self) -> io::Result<Component> {
        let bytes = read_file(&self.directory, COMPONENT, 16 << 20)?;
        serde_json::from_slice(&bytes).map_err(io::Error::other)
    }

    /// Its listing, which must have the digest of `component`.
    pub fn listing(&self, component: &Component) -> io::Result<Listing> {
        let packed = read_file(&self.directory, TREE, MAX_TREE)?;
        unpack_listing(component, &packed).map_err(io::Error::other)
    }

    /// Every difference between the tree and its listing: kinds, sizes, execute bits, contents.
    /// `pulse` is told of the size of each file when it was looked at.
    pub fn differences(&self, listing: &Listing, pulse: &Pulse<'_>) -> Vec<Difference> {
        let found = Mutex::new(Vec::new());
        let done: Result<(), std::convert::Infallible> = run_all(listing.items(), |(), item| {
            if let Err(what) = self.compare(item, pulse) {
                let difference = Difference { path: item.path.to_string(), what };
                found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(difference);
            }
            if let Node::File { size, .. } = item.node {
                pulse.add(size);
            }
            Ok(())
        });
        let Ok(()) = done;
        let mut found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        found
    }

    fn compare(&self, item: &Item, pulse: &Pulse<'_>) -> Result<(), &'static str> {
        let path = item.path.as_str();
        let stat = rustix::fs::statat(&self.directory, path, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|_| "missing")?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        match &item.node {
            Node::Link(target) => {
                let there = rustix::fs::readlinkat(&self.directory, path, Vec::new());
                match there {
                    Ok(there) if there.to_bytes() == target.as_str().as_bytes() => Ok(()),
                    _ => Err("not the link it should be"),
                }
            }
            Node::File { .. } if kind != FileType::RegularFile => Err("not a file"),
            Node::File { size, .. } if u64::try_from(stat.st_size) != Ok(*size) => {
                Err("of another size")
            }
            Node::File { mode, digest, .. } => {
                let executable = Mode::from_raw_mode(stat.st_mode).contains(Mode::XUSR);
                if executable != mode.is_executable() {
                    return Err("of another mode");
                }
                match hash(&self.directory, path, pulse) {
                    Ok(found) if found == *digest => Ok(()),
                    Ok(_) => Err("altered"),
                    Err(_) => Err("unreadable"),
                }
            }
        }
    }
}

fn hash(at: impl AsFd, path: &str, pulse: &Pulse<'_>) -> io::Result<FileDigest> {
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut Beating(open_file(at, path)?, pulse), &mut hasher)?;
    Ok(FileDigest::from_hash(&hasher.finalize()))
}

fn open_file(at: impl AsFd, path: &str) -> io::Result<std::fs::File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(at, path, flags, Mode::empty())?.into())
}

/// The contents of a file of the cache, at most `limit` bytes.
pub fn read_file(at: impl AsFd, path: &str, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_file(at, path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether this process may write in `directory`; if the system does not say, it may.
pub fn is_writable(directory: impl AsFd) -> bool {
    use rustix::fs::Access;
    let answer = rustix::fs::accessat(directory, ".", Access::WRITE_OK, AtFlags::EACCESS);
    !matches!(answer, Err(Errno::ROFS | Errno::ACCESS | Errno::PERM))
}

/// Replaces a small file of the cache in one step.
pub fn write_over(at: impl AsFd, path: &str, bytes: &[u8]) -> Result<(), Errno> {
    let aside = format!("{path}.new");
    let flags =
        OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(&at, &aside, flags, Mode::from(0o644))?;
    let written = write_all(&file, bytes)
        .and_then(|()| sys::close(file))
        .and_then(|()| rustix::fs::renameat(&at, &aside, &at, path));
    if written.is_err() {
        let _ = rustix::fs::unlinkat(&at, &aside, AtFlags::empty());
    }
    written
}
