//! How much of a file system trees take.

use crate::extract::Listed;
use snakecrate_format::listing::{Item, Mode, Node};
use snakecrate_format::manifest::Component;

/// What a file takes on a disk beyond its length, on average, and what its entries take.
const BYTES_PER_FILE: u64 = 3 << 10;
/// Files that a component has beside those that are listed: its directory, its record, listing and
/// stamp, and the directory of these. Of an environment about as many.
const OWN: usize = 5;

/// Space on a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// In bytes.
    pub bytes: u64,
    /// In files, directories and links.
    pub files: u64,
}

impl Space {
    /// Of these components and their share of an environment, as far as a manifest tells.
    pub fn of<'a>(components: impl IntoIterator<Item = &'a Component> + Clone) -> Self {
        let files = components.clone().into_iter().map(|component| component.files);
        let files = files.fold(0, u64::saturating_add);
        let entries = files.saturating_mul(BYTES_PER_FILE);
        Self { bytes: bytes(components).saturating_add(entries), files }
    }

    /// Of the `missing` components and of an environment of `all`. Its files are links to theirs but
    /// for scripts; copies, where there are no hard links, are not counted.
    pub fn needed(missing: &[&Listed<'_>], all: &[Listed<'_>]) -> Self {
        let is_own = |item: &&Item| {
            matches!(item.node, Node::Link(_) | Node::File { mode: Mode::Script, .. })
        };
        let component = |listed: &&Listed<'_>| {
            listed.listing.items().len() + listed.listing.directories().len() + OWN
        };
        let layer = |listed: &Listed<'_>| {
            let own = listed.listing.items().iter().filter(is_own).count();
            own + listed.listing.directories().len()
        };
        let components: usize = missing.iter().map(component).sum();
        let env: usize = all.iter().filter(|l| l.component.is_layer()).map(layer).sum();
        let files = (components + env + OWN) as u64;
        Self { files, ..Self::of(missing.iter().map(|listed| listed.component)) }
    }
}

/// Bytes of all files of these components.
pub fn bytes<'a>(components: impl IntoIterator<Item = &'a Component>) -> u64 {
    components.into_iter().map(|component| component.bytes).fold(0, u64::saturating_add)
}
