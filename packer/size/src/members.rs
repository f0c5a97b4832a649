//! The places of the archive's members. Every byte of the file belongs to one of them, to the
//! launcher, to the zip directory, or was appended later.

use std::io::{Read, Seek};
use std::path::Path;

use zip::ZipArchive;

use crate::Error;

/// A member of the zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) name: String,
    /// Its header and its bytes in the archive.
    pub(crate) length: u64,
}

/// Where the bytes of a file are, beside its launcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Members {
    pub(crate) all: Vec<Stored>,
    /// The central directory and its end.
    pub(crate) directory: u64,
}

/// Reads the zip that `reader` ends with, and whose first member begins at `start`.
pub(crate) fn read(
    path: &Path,
    reader: impl Read + Seek,
    start: u64,
    end: u64,
) -> Result<Members, Error> {
    let damaged = |what: String| Error::Damaged { path: path.to_owned(), what };
    let mut zip =
        ZipArchive::new(reader).map_err(|error| damaged(format!("the zip directory: {error}")))?;
    let directory = zip.central_directory_start();
    let (mut all, mut at) = (Vec::with_capacity(zip.len()), start);
    for index in 0..zip.len() {
        let file = zip
            .by_index_raw(index)
            .map_err(|error| damaged(format!("a member of the zip: {error}")))?;
        let name = String::from_utf8_lossy(file.name_raw()).into_owned();
        let behind = file.data_start().map(|data| data.saturating_add(file.compressed_size()));
        match behind {
            Some(behind) if file.header_start() == at && behind > at && behind <= directory => {
                all.push(Stored { name, length: behind - at });
                at = behind;
            }
            _ => return Err(damaged(format!("{name:?} is not right behind the member before it"))),
        }
    }
    if at != directory || directory > end {
        return Err(damaged("bytes lie between the last member and the zip directory".into()));
    }
    Ok(Members { all, directory: end - directory })
}
