//! Going through a component's blobs, each file checked against the listing.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use snakecrate_format::digest::FileDigest;
use snakecrate_format::listing::{Item, Listing, Node};
use snakecrate_format::manifest::Component;
use snakecrate_format::tar::{Kind, Reader};

use super::{Archive, Error};

/// Shows `visit` every file of `component`, in no order and several at once, and checks them as
/// they go by.
///
/// # Errors
///
/// A damaged archive, and what `visit` cannot read.
pub fn visit(
    archive: &Archive,
    component: &Component,
    visit: impl Fn(&str, &mut dyn Read) -> io::Result<()> + Sync,
) -> Result<(), Error> {
    let walk = Walk::new(archive, component)?;
    (0..component.blobs.len()).into_par_iter().try_for_each(|index| {
        walk.blob(
            index,
            |_| {},
            |item, contents| match item.node {
                Node::File { .. } => visit(item.path.as_str(), contents)
                    .map_err(|error| archive.damaged_at(format!("`{}`: {error}", item.path), 0)),
                Node::Link(_) => Ok(()),
            },
        )
    })?;
    walk.finish()
}

/// A component whose files are being read.
pub(super) struct Walk<'a> {
    archive: &'a Archive,
    component: &'a Component,
    /// What must be in it.
    pub(super) listing: Listing,
    seen: Vec<AtomicBool>,
}

impl<'a> Walk<'a> {
    /// Reads the listing of `component` and checks what the manifest says of it.
    pub(super) fn new(archive: &'a Archive, component: &'a Component) -> Result<Self, Error> {
        let listing = archive.component_listing(component)?;
        let count = listing.items().len();
        if count as u64 != component.files || listing.bytes() != component.bytes {
            let what = "the manifest has other counts of files or bytes";
            return Err(archive.damaged(&component.tree, &what));
        }
        let seen = (0..count).map(|_| AtomicBool::new(false)).collect();
        Ok(Self { archive, component, listing, seen })
    }

    /// Reads blob `index`: checks its digest, tells `progress` of the stored bytes, and shows
    /// `visit` every link and file with a reader of its contents. What `visit` leaves of those is
    /// read and checked all the same.
    pub(super) fn blob(
        &self,
        index: usize,
        progress: impl FnMut(u64),
        mut visit: impl FnMut(&Item, &mut dyn Read) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let member = &self.component.blobs[index];
        self.archive.check_digest(member, progress)?;
        let bad = |what: &dyn std::fmt::Display| self.archive.damaged(member, what);
        let mut tar = Reader::new(self.archive.unpack(member).map_err(|error| bad(&error))?);
        while let Some(entry) = tar.next_entry().map_err(|error| bad(&error))? {
            let path = entry.path;
            let items = self.listing.items();
            let at = items
                .binary_search_by(|item| item.path.cmp(&path))
                .map_err(|_| bad(&format!("`{path}` is not in the listing")))?;
            if self.seen[at].swap(true, Ordering::Relaxed) {
                return Err(bad(&format!("`{path}` is there twice")));
            }
            let differs = || bad(&format!("`{path}` is not as the listing has it"));
            match (&items[at].node, entry.kind) {
                (Node::Link(expected), Kind::Link(target)) if *expected == target => {
                    visit(&items[at], &mut io::empty())?;
                }
                (Node::File { mode, size: expected, digest }, Kind::File { executable, size })
                    if *expected == size && mode.is_executable() == executable =>
                {
                    let mut contents = Hashed { inner: &mut tar, hasher: blake3::Hasher::new() };
                    visit(&items[at], &mut contents)?;
                    io::copy(&mut contents, &mut io::sink()).map_err(|error| bad(&error))?;
                    if FileDigest::from_hash(&contents.hasher.finalize()) != *digest {
                        return Err(differs());
                    }
                }
                _ => return Err(differs()),
            }
        }
        Ok(())
    }

    /// Checks, after all blobs, that nothing of the listing is missing.
    pub(super) fn finish(&self) -> Result<(), Error> {
        match self.seen.iter().position(|seen| !seen.load(Ordering::Relaxed)) {
            None => Ok(()),
            Some(at) => {
                let what = format!("`{}` is in no blob", self.listing.items()[at].path);
                Err(self.archive.damaged(&self.component.tree, &what))
            }
        }
    }
}

struct Hashed<R> {
    inner: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..got]);
        Ok(got)
    }
}
