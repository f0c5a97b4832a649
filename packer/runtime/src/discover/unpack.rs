//! Archives of Pythons, and directories that appear when they are complete.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek as _};
use std::path::Path;

use flate2::read::GzDecoder;
use snakecrate_base::temporary;

use super::error::Error;

/// How an archive is compressed.
enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    fn of(start: &[u8]) -> Option<Self> {
        if start.starts_with(&[0x1f, 0x8b]) {
            Some(Self::Gzip)
        } else if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            Some(Self::Zstd)
        } else {
            None
        }
    }
}

/// Whether a file that starts with these bytes is an archive that [`unpack`] reads.
pub(super) fn is_archive(start: &[u8]) -> bool {
    Compression::of(start).is_some()
}

/// Unpacks the `.tar.gz` or `.tar.zst` at `archive` to `directory`, unless that exists.
pub(super) fn unpack(archive: &Path, directory: &Path) -> Result<(), Error> {
    publish(directory, |aside| {
        unpack_to(archive, aside)
            .map_err(|error| Error::Unpack { path: archive.to_owned(), reason: error.to_string() })
    })
}

fn unpack_to(archive: &Path, to: &Path) -> io::Result<()> {
    let mut file = BufReader::new(File::open(archive)?);
    let mut start = [0; 4];
    file.read_exact(&mut start)?;
    file.rewind()?;
    let reader: Box<dyn Read> = match Compression::of(&start) {
        Some(Compression::Gzip) => Box::new(GzDecoder::new(file)),
        Some(Compression::Zstd) => Box::new(zstd::Decoder::with_buffer(file)?),
        None => return Err(io::Error::other("it is compressed with neither gzip nor zstd")),
    };
    tar::Archive::new(reader).unpack(to)
}

/// Makes `directory`, unless it exists: under a temporary name, and renamed when it is complete.
pub(super) fn publish(
    directory: &Path,
    make: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<(), Error> {
    if directory.is_dir() {
        return Ok(());
    }
    let fail = |source| Error::Write { path: directory.to_owned(), source };
    let parent = directory.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(fail)?;
    let aside = temporary::directory_in(parent).map_err(fail)?;
    make(aside.path())?;
    match fs::rename(aside.path(), directory) {
        Ok(()) => {
            // It no longer has the temporary name under which it would be removed.
            let _ = aside.keep();
            Ok(())
        }
        // Another process was faster.
        Err(_) if directory.is_dir() => Ok(()),
        Err(source) => Err(fail(source)),
    }
}
