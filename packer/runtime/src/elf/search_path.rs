//! The search paths for libraries: `DT_RPATH` and `DT_RUNPATH`.
//!
//! The loader searches the `DT_RPATH` of the executable for everything that is loaded later, before
//! `LD_LIBRARY_PATH`, but not for an object that has a `DT_RUNPATH` of its own (`ld.so(8)`).

use object::elf::{self, DynamicTag};
use object::endian::LittleEndian as LE;

use super::image::{Dyn, null_entry};
use super::{Image, Malformed, grow, strings};

const BOTH: [DynamicTag; 2] = [elf::DT_RPATH, elf::DT_RUNPATH];

/// Removes every search path and blanks its text. Returns whether there was one.
pub fn remove(image: &mut Image) -> Result<bool, Malformed> {
    let paths = paths(image)?;
    for &(_, offset) in &paths {
        if let Ok(own) = strings::own_part(image, offset, &BOTH) {
            image.bytes[own].fill(0);
        }
    }
    drop_entries(image, &BOTH)?;
    Ok(!paths.is_empty())
}

/// Whether a search path hides that of the executable, or names a directory of the build host.
pub fn is_in_the_way(image: &Image) -> Result<bool, Malformed> {
    for (tag, offset) in paths(image)? {
        let text = strings::string(image, offset)?;
        let relative = text.split(|&byte| byte == b':').all(|directory| {
            directory.starts_with(b"$ORIGIN") || directory.starts_with(b"${ORIGIN}")
        });
        if tag == elf::DT_RUNPATH || !relative {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Makes `path` the image's `DT_RPATH`, and its only search path.
///
/// It overwrites the text of an older search path if that is long enough. Otherwise the dynamic
/// strings move to a segment of their own behind the others.
pub fn set(image: &mut Image, path: &[u8]) -> Result<(), Malformed> {
    let older = paths(image)?;
    let mut place = None;
    for &(_, offset) in &older {
        let Ok(own) = strings::own_part(image, offset, &BOTH) else { continue };
        image.bytes[own.clone()].fill(0);
        // A shared tail follows the own part directly, so the own part must hold the NUL.
        let ends_alone = image.bytes.get(own.end) == Some(&0);
        if place.is_none() && own.len() >= path.len() + usize::from(!ends_alone) {
            image.bytes[own.start..own.start + path.len()].copy_from_slice(path);
            place = Some(offset);
        }
    }
    drop_entries(image, &BOTH)?;
    let offset = match place {
        Some(offset) => offset,
        None => grow::add_string(image, path, 1)?,
    };
    let spare = spare_entry(image)?.ok_or(Malformed("the dynamic section is full"))?;
    let entry = &mut image.dynamic_mut()?[spare];
    entry.d_tag.set(LE, elf::DT_RPATH);
    entry.d_val.set(LE, offset);
    Ok(())
}

/// The index of the end marker, if another one follows.
pub(super) fn spare_entry(image: &Image) -> Result<Option<usize>, Malformed> {
    let used = image.entries()?.count();
    Ok((used + 1 < image.dynamic()?.len()).then_some(used))
}

fn paths(image: &Image) -> Result<Vec<(DynamicTag, u64)>, Malformed> {
    Ok(image
        .entries()?
        .map(|entry| (entry.d_tag.get(LE), entry.d_val.get(LE)))
        .filter(|(tag, _)| BOTH.contains(tag))
        .collect())
}

fn drop_entries(image: &mut Image, tags: &[DynamicTag]) -> Result<(), Malformed> {
    let entries = image.dynamic_mut()?;
    let mut kept: Vec<Dyn> =
        entries.iter().copied().filter(|entry| !tags.contains(&entry.d_tag.get(LE))).collect();
    kept.resize(entries.len(), null_entry());
    entries.copy_from_slice(&kept);
    Ok(())
}
