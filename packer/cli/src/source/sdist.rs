//! Source distributions
//! ([specification](https://packaging.python.org/en/latest/specifications/source-distribution-format/)).

use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::Path;

use flate2::read::GzDecoder;

use super::error::Error;
use crate::wheel::{Metadata, members};

/// The metadata of a source distribution, in its only directory.
const METADATA: &str = "PKG-INFO";
/// Longer metadata is not read, in bytes.
const LONGEST: u64 = 16 << 20;

/// The file name without its end: `demo-1.0` of `demo-1.0.tar.gz`.
pub(super) fn stem(file: &str) -> Option<&str> {
    [".tar.gz", ".tgz", ".zip"].iter().find_map(|end| file.strip_suffix(end))
}

/// The metadata of the source distribution at `path`; `None` if the file isn't one.
pub(super) fn metadata(path: &Path) -> Result<Option<Metadata>, Error> {
    let is_zip = path.extension().is_some_and(|extension| extension == "zip");
    let text = if is_zip { in_zip(path) } else { in_tar(path) };
    match text {
        Ok(text) => Ok(text.map(|text| Metadata::parse(&text))),
        Err(source) if source.kind() == io::ErrorKind::PermissionDenied => {
            Err(Error::Read { path: path.to_owned(), source })
        }
        // Whatever it is, it isn't a source distribution.
        Err(_) => Ok(None),
    }
}

fn is_metadata(path: &Path) -> bool {
    path.components().count() == 2 && path.ends_with(METADATA)
}

fn in_zip(path: &Path) -> io::Result<Option<String>> {
    let mut zip = members::open(path).map_err(|kind| io::Error::other(kind.to_string()))?;
    let names: Vec<String> =
        zip.file_names().filter_map(Result::ok).map(std::borrow::Cow::into_owned).collect();
    let Some(name) = names.into_iter().find(|name| is_metadata(Path::new(name))) else {
        return Ok(None);
    };
    members::document(&mut zip, &name).map(Some).map_err(|kind| io::Error::other(kind.to_string()))
}

fn in_tar(path: &Path) -> io::Result<Option<String>> {
    let mut tar = tar::Archive::new(GzDecoder::new(BufReader::new(File::open(path)?)));
    for entry in tar.entries()? {
        let entry = entry?;
        if is_metadata(&entry.path()?) {
            let mut bytes = Vec::new();
            entry.take(LONGEST).read_to_end(&mut bytes)?;
            return Ok(Some(String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A `.tar.gz` with these files.
    fn archive(path: &Path, files: &[(&str, &str)]) {
        let gzip = flate2::write::GzEncoder::new(
            File::create(path).unwrap(),
            flate2::Compression::default(),
        );
        let mut tar = tar::Builder::new(gzip);
        for (name, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap();
    }

    #[test]
    fn only_an_archive_with_metadata_is_a_source_distribution() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("demo-1.0.tar.gz");
        let text = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Python: >=3.9\n";
        archive(&path, &[("demo-1.0/a.py", ""), ("demo-1.0/PKG-INFO", text)]);
        let found = metadata(&path).unwrap().unwrap();
        assert_eq!(
            (found.name.as_str(), found.requires_python.as_deref()),
            ("demo", Some(">=3.9"))
        );
        archive(&path, &[("demo-1.0/demo.egg-info/PKG-INFO", text), ("PKG-INFO", text)]);
        assert_eq!(metadata(&path).unwrap(), None);
        std::fs::write(&path, "text").unwrap();
        assert_eq!(metadata(&path).unwrap(), None);
        assert_eq!(stem("demo-1.0.tar.gz"), Some("demo-1.0"));
    }
}
