//! Packages' files (deb(5)): an `ar` archive with a tar archive of the files.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;

use crate::error::Error;
use crate::tree::Root;

/// The content of a compressed file. It is xz, gzip, zstd or nothing, as its first bytes say.
///
/// # Errors
///
/// It cannot be read.
pub(crate) fn decompressed<'a>(mut file: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let start = file.fill_buf()?;
    Ok(if start.starts_with(&[0xfd, b'7', b'z', b'X', b'Z', 0]) {
        Box::new(XzReader::new(file, true))
    } else if start.starts_with(&[0x1f, 0x8b]) {
        Box::new(MultiGzDecoder::new(file))
    } else if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        Box::new(zstd::Decoder::with_buffer(file)?)
    } else {
        Box::new(file)
    })
}

/// Unpacks the files of the package at `path`, which is called `name`.
///
/// # Errors
///
/// It isn't a package, or has something that isn't unpacked.
pub(crate) fn unpack(path: &Path, name: &str, root: &mut Root) -> Result<(), Error> {
    let malformed =
        |reason: String| Error::Package { package: name.to_owned(), member: None, reason };
    let fail = |error: io::Error| malformed(error.to_string());
    let file = File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let mut archive = ar::Archive::new(BufReader::new(file));
    while let Some(entry) = archive.next_entry() {
        let entry = entry.map_err(fail)?;
        if entry.header().identifier().starts_with(b"data.tar") {
            let data = decompressed(BufReader::new(entry)).map_err(fail)?;
            return root.add(data, name);
        }
    }
    Err(malformed("it has no data.tar".into()))
}
