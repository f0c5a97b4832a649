//! Executables and libraries for a tree that may be anywhere.

use std::fs;
use std::path::Path;

use super::Error;
use super::elf::{Image, Malformed, loader, room, search_path};
use snakecrate_audit::elf::is_elf;
use snakecrate_base::tree::Content;

/// Where the executable finds all libraries: `lib` beside its `bin`.
const RPATH: &[u8] = b"$ORIGIN/../lib";

/// The interpreter's executable, stripped: its only search path points into the tree, and its
/// loader is where every system has it.
pub fn executable(file: &Path) -> Result<Content, Error> {
    let fail = |reason| Error::Elf { path: file.to_owned(), reason };
    let bytes = read(file)?;
    let mut image = Image::parse(bytes.clone()).map_err(fail)?;
    if loader::loader(&image).map_err(fail)?.is_some_and(|path| path.contains("/ld-musl-")) {
        let what = "a Python for musl (Alpine)".to_owned();
        return Err(Error::Unsupported { path: file.to_owned(), what });
    }
    loader::standardise(&mut image).map_err(fail)?;
    // Where there is no room, the archive cannot bring its own C library, and runs on the host's.
    if room::make(&mut image, RPATH).is_err() {
        image = Image::parse(bytes).map_err(fail)?;
        loader::standardise(&mut image).map_err(fail)?;
        search_path::set(&mut image, RPATH).map_err(fail)?;
    }
    image.into_bytes().map(Content::from).map_err(fail)
}

/// A library or an extension module: without a search path that is in the way, stripped. One with
/// nothing to change stays as its builder made it, and so does what is no ELF file.
pub fn library(file: &Path) -> Result<Content, Error> {
    let bytes = read(file)?;
    if !is_elf(&bytes) {
        return Ok(Content::Disk(file.to_owned()));
    }
    let change = |bytes| -> Result<Option<Vec<u8>>, Malformed> {
        let mut image = Image::parse(bytes)?;
        let in_the_way = search_path::is_in_the_way(&image)?;
        if in_the_way {
            search_path::remove(&mut image)?;
        }
        if in_the_way || image.has_ballast() { image.into_bytes().map(Some) } else { Ok(None) }
    };
    let changed = change(bytes).map_err(|reason| Error::Elf { path: file.to_owned(), reason })?;
    Ok(changed.map_or_else(|| Content::Disk(file.to_owned()), Content::from))
}

fn read(file: &Path) -> Result<Vec<u8>, Error> {
    fs::read(file).map_err(|source| Error::Read { path: file.to_owned(), source })
}
