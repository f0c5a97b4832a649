//! The files of a component that a bill of materials is about.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use snakecrate_format::manifest::{Component, Kind};
use snakecrate_sbom::{Checksum, Native, is_embedded, native};

use crate::archive::{self, Archive, visit};
use crate::wheel::Metadata;

/// Longer metadata and documents are not read, in bytes.
const LONGEST: u64 = 64 << 20;

/// The files.
#[derive(Default)]
pub(super) struct Found {
    /// What `METADATA` says; that of the component's own distribution.
    pub(super) metadata: Option<Metadata>,
    /// Native code by its path.
    pub(super) native: Vec<NativeFile>,
    /// Bills of materials by their paths (PEP 770).
    pub(super) documents: Vec<(String, Vec<u8>)>,
    /// Names that can be imported.
    pub(super) imports: BTreeSet<String>,
}

/// A file of native code.
pub(super) struct NativeFile {
    pub(super) path: String,
    pub(super) checksums: Vec<Checksum>,
    pub(super) native: Native,
}

/// Reads all files of `component`.
pub(super) fn of(archive: &Archive, component: &Component) -> Result<Found, archive::Error> {
    let found = Mutex::new(Found::default());
    visit(archive, component, |path, contents| {
        let lock = || found.lock().unwrap_or_else(PoisonError::into_inner);
        if is_metadata(path) {
            let text = String::from_utf8_lossy(&read(contents)?).into_owned();
            lock().metadata = Some(Metadata::parse(&text));
        } else if is_embedded(path) {
            let bytes = read(contents)?;
            lock().documents.push((path.to_owned(), bytes));
        } else if let Some(file) = native_file(path, contents)? {
            lock().native.push(file);
        }
        Ok(())
    })?;
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.native.sort_by(|a, b| a.path.cmp(&b.path));
    found.documents.sort();
    if matches!(component.kind, Kind::App | Kind::Wheel) {
        let listing = archive.listing(component)?;
        let paths = listing.items().iter().filter_map(|item| importable(item.path.as_str()));
        found.imports = paths.map(str::to_owned).collect();
    }
    Ok(found)
}

/// Whether the file at `path` is the metadata of the component's own distribution, not of one that is vendored.
fn is_metadata(path: &str) -> bool {
    let inner = path.split_once("/site-packages/").map(|(_, rest)| rest);
    let directory = inner.and_then(|rest| rest.strip_suffix(".dist-info/METADATA"));
    directory.is_some_and(|name| !name.contains('/'))
}

fn read(contents: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    contents.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn native_file(path: &str, contents: &mut dyn Read) -> io::Result<Option<NativeFile>> {
    let mut bytes = Vec::new();
    contents.take(4).read_to_end(&mut bytes)?;
    if bytes != b"\x7fELF" {
        return Ok(None);
    }
    contents.read_to_end(&mut bytes)?;
    let hex = |digest: &[u8]| {
        let mut text = String::new();
        for byte in digest {
            let _ = write!(text, "{byte:02x}");
        }
        text
    };
    let checksums = vec![
        Checksum::Sha1(hex(&Sha1::digest(&bytes))),
        Checksum::Sha256(hex(&Sha256::digest(&bytes))),
    ];
    let file = native(&bytes).map(|native| NativeFile { path: path.to_owned(), checksums, native });
    Ok(file)
}

/// The name that the file at `path` is imported by, or the package that it is in.
fn importable(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once("/site-packages/")?;
    let is_code = [".py", ".pyc", ".so"].iter().any(|end| rest.ends_with(end));
    let first = rest.split('/').next()?;
    let name = if rest.contains('/') { first } else { first.split('.').next()? };
    // `.dist-info`, `numpy.libs` and the like are not packages.
    let is_name = !name.is_empty() && !name.contains(['.', '-']) && name != "__pycache__";
    (is_code && is_name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn importable_names_are_modules_and_packages() {
        let site = |path: &str| format!("lib/python3.12/site-packages/{path}");
        for (path, name) in [
            ("a/b.py", Some("a")),
            ("_c.cpython-312-x86_64-linux-gnu.so", Some("_c")),
            ("six.pyc", Some("six")),
            ("x.libs/libz.so", None),
            ("a-1.dist-info/METADATA", None),
            ("notes.txt", None),
        ] {
            assert_eq!(importable(&site(path)), name, "{path}");
        }
        assert_eq!(importable("bin/x.py"), None);
    }
}
