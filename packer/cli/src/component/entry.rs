//! One component in the store: a directory with its members and, written last, their description.

use std::path::Path;
use std::{fs, io};

use super::{Packed, PackedMember};

const DESCRIPTION: &str = "packed.json";

/// The listing's file.
pub(super) const TREE: &str = "tree.zst";

/// The file of blob `index`.
pub(super) fn blob(index: usize) -> String {
    format!("{index:02}.tar.zst")
}

/// Reads the component in `directory`; `None` unless all members exist at their full length.
pub(super) fn read(directory: &Path) -> Option<Packed> {
    let bytes = fs::read(directory.join(DESCRIPTION)).ok()?;
    let mut packed: Packed = serde_json::from_slice(&bytes).ok()?;
    place(&mut packed, directory);
    let whole = |member: &PackedMember| {
        fs::metadata(&member.path).is_ok_and(|file| file.is_file() && file.len() == member.length)
    };
    let all_whole = packed.members().all(whole);
    all_whole.then_some(packed)
}

/// Describes the members that were written to `directory`.
pub(super) fn describe(directory: &Path, packed: &Packed) -> io::Result<()> {
    let mut packed = packed.clone();
    // Names only: the directory is about to be renamed, and the cache may be moved later.
    place(&mut packed, Path::new(""));
    fs::write(directory.join(DESCRIPTION), serde_json::to_vec(&packed)?)
}

/// Sets the members' paths to those in `directory`.
pub(super) fn place(packed: &mut Packed, directory: &Path) {
    packed.tree.path = directory.join(TREE);
    for (index, member) in packed.blobs.iter_mut().enumerate() {
        member.path = directory.join(blob(index));
    }
}
