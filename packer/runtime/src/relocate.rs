//! Executables and libraries that work in any directory.

use std::path::Path;

use super::Error;
use super::elf::{Image, Malformed, loader, patch_area, search_path};
use snakecrate_audit::elf::is_elf;
use snakecrate_base::tree::Content;
use snakecrate_platform::map::MappedFile;

/// The executable's search path for libraries: `lib` beside its `bin`.
const RPATH: &[u8] = b"$ORIGIN/../lib";

/// The interpreter's executable, stripped: its only search path leads into the tree, and its loader
/// is at the path where every system of the target has it.
///
/// # Errors
///
/// The file cannot be read or edited, or is for musl.
pub fn executable(file: &Path) -> Result<Content, Error> {
    let fail = |reason| Error::Elf { path: file.to_owned(), reason };
    let bytes = map(file)?;
    let mut image = Image::parse(&bytes).map_err(fail)?;
    if loader::loader(&image).map_err(fail)?.is_some_and(|path| path.contains("/ld-musl-")) {
        let what = "a Python for musl (Alpine)".to_owned();
        return Err(Error::Unsupported { path: file.to_owned(), what });
    }
    loader::standardise(&mut image).map_err(fail)?;
    // Without a patch area the archive cannot use a C library of its own, but runs on the host's.
    if patch_area::reserve(&mut image, RPATH).is_err() {
        image = Image::parse(&bytes).map_err(fail)?;
        loader::standardise(&mut image).map_err(fail)?;
        search_path::set(&mut image, RPATH).map_err(fail)?;
    }
    image.into_bytes().map(Content::from).map_err(fail)
}

/// A library or an extension module, stripped, and without a search path that is in the way. A file
/// that needs no change, or isn't an ELF file, stays as it is.
///
/// # Errors
///
/// The file cannot be read or edited.
pub fn library(file: &Path) -> Result<Content, Error> {
    let bytes = map(file)?;
    if !is_elf(&bytes) {
        return Ok(Content::Disk(file.to_owned()));
    }
    let change = |bytes: &[u8]| -> Result<Option<Vec<u8>>, Malformed> {
        let mut image = Image::parse(bytes)?;
        let in_the_way = search_path::is_in_the_way(&image)?;
        if in_the_way {
            search_path::remove(&mut image)?;
        }
        if in_the_way || image.has_ballast() { image.into_bytes().map(Some) } else { Ok(None) }
    };
    let changed = change(&bytes).map_err(|reason| Error::Elf { path: file.to_owned(), reason })?;
    Ok(changed.map_or_else(|| Content::Disk(file.to_owned()), Content::from))
}

fn map(file: &Path) -> Result<MappedFile, Error> {
    MappedFile::open(file).map_err(|source| Error::Read { path: file.to_owned(), source })
}
