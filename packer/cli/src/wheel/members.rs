//! The zip file of a wheel, which may be hostile.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use snakecrate_format::entry_path::EntryPath;
use zip::ZipArchive;

use super::error::Kind;

/// The most files a wheel may have.
const MAX_FILES: usize = 1_000_000;
/// The most bytes that a wheel may unpack to; the biggest on PyPI (2026) unpack to 5 GB.
const MAX_BYTES: u128 = 32 << 30;
/// The longest document of the metadata, in bytes.
const MAX_DOCUMENT: u64 = 64 << 20;

/// The zip file of a wheel.
pub(crate) type Zip = ZipArchive<BufReader<File>>;

/// Opens the zip file at `path`.
pub(crate) fn open(path: &Path) -> Result<Zip, Kind> {
    let zip = ZipArchive::new(BufReader::new(File::open(path)?))?;
    if zip.len() > MAX_FILES {
        return Err(Kind::TooBig(format!("{} files", zip.len())));
    }
    Ok(zip)
}

/// The text of a file of the metadata.
pub(crate) fn document(zip: &mut Zip, name: &str) -> Result<String, Kind> {
    let file = zip.by_name(name).map_err(|_| Kind::Metadata(format!("has no `{name}`")))?;
    let mut bytes = Vec::new();
    file.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_DOCUMENT {
        return Err(Kind::TooBig(format!("`{name}`")));
    }
    // Old metadata may be in Latin-1. All that matters here is ASCII.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The files of the zip with their indexes, sorted, each path checked.
pub(crate) fn names(zip: &mut Zip) -> Result<BTreeMap<String, usize>, Kind> {
    let mut names = BTreeMap::new();
    let mut total = 0_u128;
    for index in 0..zip.len() {
        let file = zip.by_index_raw(index)?;
        // The decoded name may have lost the bytes that made the raw one hostile.
        let name = std::str::from_utf8(file.name_raw())
            .map_err(|_| Kind::Metadata("has a file name that is not UTF-8".into()))?;
        let trimmed = name.strip_suffix('/').unwrap_or(name);
        EntryPath::new(trimmed)?;
        if file.is_dir() || trimmed.len() != name.len() {
            continue;
        }
        if file.is_symlink() {
            return Err(Kind::Link(name.into()));
        }
        total += u128::from(file.size());
        if names.insert(name.to_owned(), index).is_some() {
            return Err(Kind::Duplicate(name.into()));
        }
    }
    if total > MAX_BYTES {
        return Err(Kind::TooBig(format!("{} GiB unpacked", total >> 30)));
    }
    if zip.has_duplicate_names() {
        return Err(Kind::Metadata("has two files of the same name".into()));
    }
    // Overlapping members let a small zip unpack to far more than it holds.
    if zip.has_overlapping_files()? {
        return Err(Kind::Metadata("has overlapping members".into()));
    }
    Ok(names)
}
