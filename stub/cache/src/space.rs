//! The space that trees take on a file system.

use std::io;

use snakecrate_format::listing::{Item, Mode, Node};
use snakecrate_format::manifest::{Component, Manifest};
pub use snakecrate_platform::directory::Space;

use crate::environment::runtime::is_linked;
use crate::listed::Listed;
use crate::root::Root;
use crate::unusable::Unusable;

/// The average space in bytes that a file takes beyond its length, with its directory entries.
const BYTES_PER_FILE: u64 = 3 << 10;
/// The number of files that a component has beside the listed ones: its directory, its record,
/// listing and stamp, and the directory of these. An environment has about as many.
const OWN: usize = 5;

/// An estimate, from the manifest alone, of the space that these components and their files in an
/// environment take.
pub fn estimated<'a>(components: impl IntoIterator<Item = &'a Component> + Clone) -> Space {
    let files = components.clone().into_iter().map(|component| component.files);
    let files = files.fold(0, u64::saturating_add);
    let entries = files.saturating_mul(BYTES_PER_FILE);
    Space { bytes: bytes(components).saturating_add(entries), files }
}

/// The space that the `missing` components and the environment of `manifest`, with `all` components that
/// it uses, take. The environment's files count as hard links, except for scripts. Copies, on file systems without
/// hard links, are not counted.
pub fn required(manifest: &Manifest, missing: &[&Listed<'_>], all: &[Listed<'_>]) -> Space {
    let is_own =
        |item: &&Item| matches!(item.node, Node::Link(_) | Node::File { mode: Mode::Script, .. });
    let component = |listed: &&Listed<'_>| {
        listed.listing.items().len() + listed.listing.directories().len() + OWN
    };
    let linked = |listed: &Listed<'_>| {
        let own = listed.listing.items().iter().filter(is_own).count();
        own + listed.listing.directories().len()
    };
    let components: usize = missing.iter().map(component).sum();
    let env: usize = all.iter().filter(|l| is_linked(manifest, l.component)).map(linked).sum();
    let files = (components + env + OWN) as u64;
    Space { files, ..estimated(missing.iter().map(|listed| listed.component)) }
}

/// The total size of all files of these components, in bytes.
pub fn bytes<'a>(components: impl IntoIterator<Item = &'a Component>) -> u64 {
    components.into_iter().map(|component| component.bytes).fold(0, u64::saturating_add)
}

/// Checks that the cache's file system has `required` space.
pub fn check(root: &Root, required: Space) -> Result<(), Unusable> {
    let free = free(root)?;
    if free.bytes < required.bytes {
        return Err(Unusable::NoSpace { needed: required.bytes, free: free.bytes });
    }
    if free.files < required.files {
        return Err(Unusable::NoInodes { needed: required.files, free: free.files });
    }
    Ok(())
}

/// The space that this user may still fill on the cache's file system.
pub fn free(root: &Root) -> io::Result<Space> {
    root.directory().free_space()
}
