//! The packer's cache of components.
//!
//! ```text
//! components/<form>/<key of the listing's digest>-<level>/   tree.zst 00.tar.zst … packed.json
//! inputs/<form>/<hash of an input key>                       the name of a directory above
//! ```
//!
//! `<form>` names what else the bytes depend on: the layout of blobs and the compressor. Both kinds
//! of entry are written aside and renamed, so any number of packers may share the cache; the loser
//! of a race uses the winner's entry, which has the same bytes.

use std::path::{Path, PathBuf};
use std::{fs, io};

use rayon::prelude::*;
use snakecrate_format::digest::Digest;
use snakecrate_format::listing::Listing;

use super::effort::Effort;
use super::{Error, LEVELS, Packed, blob, check_limits, entry, listing, whole};
use crate::build_cache::BuildCache;
use snakecrate_base::temporary;
use snakecrate_base::tree::Tree;
use snakecrate_base::ui::Progress;

/// Increased when a new version packs the same tree into other bytes.
const LAYOUT: u32 = 9;

/// The cache; see the module.
#[derive(Debug, Clone)]
pub struct Store {
    components: PathBuf,
    inputs: PathBuf,
}

impl Store {
    /// The components in `cache`, whose directories need not exist yet.
    pub fn new(cache: &BuildCache) -> Self {
        let form = format!("{LAYOUT}-zstd{}", zstd::zstd_safe::version_number());
        Self { components: cache.components(&form), inputs: cache.inputs(&form) }
    }

    /// Packs `tree` at `level` (of [`LEVELS`]), or finds that it was packed before. `progress` is
    /// advanced by the bytes of the tree's files.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn pack(&self, tree: &Tree, level: i32, progress: &Progress) -> Result<Packed, Error> {
        if !LEVELS.contains(&level) {
            return Err(Error::Level(level));
        }
        let listing = listing(tree)?;
        let name = format!("{}-{level}", listing.digest().key());
        let place = self.components.join(name);
        if let Some(packed) = entry::read(&place) {
            progress.advance(packed.bytes);
            return Ok(packed);
        }
        let write_error = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Write { path, source }
        };
        fs::create_dir_all(&self.components).map_err(write_error(&self.components))?;
        let staging =
            temporary::directory_in(&self.components).map_err(write_error(&self.components))?;
        let mut packed = compress(tree, &listing, level, staging.path(), progress)?;
        entry::describe(staging.path(), &packed).map_err(write_error(staging.path()))?;
        publish(staging, &place).map_err(write_error(&place))?;
        entry::place(&mut packed, &place);
        Ok(packed)
    }

    /// The component that [`Store::remember`] noted for `input_key`, if it is still whole.
    pub fn lookup(&self, input_key: &str) -> Option<Packed> {
        let name = fs::read_to_string(self.input(input_key)).ok()?;
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (plain && !name.is_empty()).then(|| entry::read(&self.components.join(name)))?
    }

    /// Notes that the input with this key becomes `packed`. The key covers the level and everything
    /// that the tree depends on.
    ///
    /// # Errors
    ///
    /// [`Error::Write`].
    pub fn remember(&self, input_key: &str, packed: &Packed) -> Result<(), Error> {
        let path = self.input(input_key);
        let note = || -> io::Result<()> {
            let directory = packed.tree.path.parent().and_then(Path::file_name);
            let name =
                directory.and_then(|name| name.to_str()).ok_or(io::ErrorKind::InvalidInput)?;
            fs::create_dir_all(&self.inputs)?;
            let mut file = temporary::file_in(&self.inputs)?;
            io::Write::write_all(&mut file, name.as_bytes())?;
            file.persist(&path)?;
            Ok(())
        };
        note().map_err(|source| Error::Write { path: path.clone(), source })
    }

    fn input(&self, key: &str) -> PathBuf {
        self.inputs.join(Digest::of(key.as_bytes()).key())
    }
}

fn compress(
    tree: &Tree,
    listing: &Listing,
    level: i32,
    directory: &Path,
    progress: &Progress,
) -> Result<Packed, Error> {
    let text = listing.encode();
    let groups = blob::groups(listing);
    let effort = Effort { level, component: listing.bytes() };
    check_limits(listing, text.len(), groups.len())?;
    // The longest groups come first, so that no thread starts a long one at the end.
    let mut order: Vec<_> = groups.iter().enumerate().collect();
    order.sort_by_key(|(_, group)| std::cmp::Reverse(group.unpacked));
    let blobs: Result<Vec<_>, Error> = order
        .into_iter()
        .par_bridge()
        .map(|(index, group)| {
            let path = directory.join(entry::blob(index));
            Ok((index, group.write(tree, effort, &path, progress)?))
        })
        .collect();
    let mut blobs = blobs?;
    blobs.sort_by_key(|(index, _)| *index);
    let path = directory.join(entry::TREE);
    let member = blob::write_frame(text.as_bytes(), level, &path)
        .map_err(|source| Error::Write { path, source })?;
    Ok(Packed {
        digest: listing.digest(),
        files: listing.items().len() as u64,
        bytes: listing.bytes(),
        whole: whole::directories(tree)?,
        tree: member,
        blobs: blobs.into_iter().map(|(_, blob)| blob).collect(),
    })
}

/// Renames `staging` to `place`, which may already hold a damaged entry or another packer's.
fn publish(staging: tempfile::TempDir, place: &Path) -> io::Result<()> {
    if fs::rename(staging.path(), place).is_ok() {
        let _gone = staging.keep();
        return Ok(());
    }
    if entry::read(place).is_some() {
        return Ok(());
    }
    let parent = place.parent().unwrap_or(place);
    let damaged = temporary::directory_in(parent)?;
    match fs::rename(place, damaged.path().join("entry")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    match fs::rename(staging.path(), place) {
        Err(error) if entry::read(place).is_none() => Err(error),
        Err(_) => Ok(()),
        Ok(()) => {
            let _gone = staging.keep();
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
