//! Unpacks source distributions.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Unpacks the source distribution `archive` into the empty directory `to`. Returns the directory of
/// the project; `None` if it has another format than `.tar.gz` or `.zip`, which are nearly all.
pub(super) fn unpack(archive: &Path, to: &Path) -> io::Result<Option<PathBuf>> {
    let name = archive.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let file = File::open(archive)?;
    let is = |extension: &str| {
        name.strip_suffix(extension).is_some_and(|stem| stem.ends_with('.') && stem.len() > 1)
    };
    if is("tar.gz") || is("tgz") {
        // It skips entries that lead out of the directory.
        tar::Archive::new(flate2::read::GzDecoder::new(file)).unpack(to)?;
    } else if is("zip") {
        zip::ZipArchive::new(file).and_then(|mut zip| zip.extract(to)).map_err(io::Error::other)?;
    } else {
        return Ok(None);
    }
    // A source distribution has one directory.
    let entries = fs::read_dir(to)?.collect::<io::Result<Vec<_>>>()?;
    let is_directory = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    Ok(Some(match entries.as_slice() {
        [one] if is_directory(one) => one.path(),
        _ => to.to_owned(),
    }))
}
