//! Places of a package's files.

use std::str::FromStr as _;

use pep440_rs::Version;

use super::document::{self, Document, Package};
use crate::lock::error::Error;
use crate::lock::model::{File, Hash, Origin};
use crate::lock::paths::joined;
use crate::lock::places;
use crate::lock::wanted::LockFile;
use crate::wheel::WheelName;

/// Tells packages of one name and version apart.
pub(super) fn label(package: &Package) -> String {
    let Some(source) = &package.source else { return String::new() };
    let parts = [
        source.kind.as_ref(),
        Some(&source.url),
        source.reference.as_ref(),
        source.resolved_reference.as_ref(),
        source.subdirectory.as_ref(),
    ];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
}

pub(super) fn origin(
    file: &LockFile,
    document: &Document,
    package: &Package,
) -> Result<Origin, Error> {
    let Some(source) = &package.source else { return index(file, document, package, None) };
    let local = || joined(file, &source.url);
    match source.kind.as_deref() {
        Some("git") => {
            let commit = source.resolved_reference.clone().ok_or_else(|| {
                file.invalid(format!("{} has no resolved_reference", package.name))
            })?;
            let subdirectory = source.subdirectory.clone();
            let url = source.url.trim_start_matches("git+").to_owned();
            Ok(Origin::Git { url, commit, subdirectory })
        }
        Some("directory") => Ok(Origin::Directory(local())),
        Some("file") => {
            let path = local();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let hashes = hashes(document, package, Some(&name));
            Ok(places::local_origin(path, hashes))
        }
        Some("url") => {
            let hashes = hashes(document, package, None);
            Ok(places::archive(&source.url, hashes, source.subdirectory.clone()))
        }
        Some("legacy") | None => index(file, document, package, Some(source.url.clone())),
        Some(kind) => {
            Err(file.invalid(format!("{} is from {kind}, which cannot be packed", package.name)))
        }
    }
}

fn listed<'a>(document: &'a Document, package: &'a Package) -> &'a [document::File] {
    let old = || document.metadata.files.get(&package.name);
    package.files.as_ref().or_else(old).map_or(&[], Vec::as_slice)
}

/// The digests of the package's files, or of the one named `name`.
fn hashes(document: &Document, package: &Package, name: Option<&str>) -> Vec<Hash> {
    listed(document, package)
        .iter()
        .filter(|one| name.is_none_or(|name| one.file == name))
        .filter_map(|one| Hash::parse(&one.hash))
        .collect()
}

fn index(
    file: &LockFile,
    document: &Document,
    package: &Package,
    index: Option<String>,
) -> Result<Origin, Error> {
    if let (None, Some(hashes)) = (&package.files, document.metadata.hashes.get(&package.name)) {
        let parse = |hex: &String| Hash::parse(&format!("sha256:{hex}"));
        let hashes = hashes.iter().filter_map(parse).collect();
        return Ok(Origin::Digests { index, hashes });
    }
    let of_version = |one: &&document::File| {
        package.files.is_some()
            || version_of(&one.file).is_none_or(|of| same(&of, &package.version))
    };
    let files = listed(document, package).iter().filter(of_version).map(|one| {
        let hash = Hash::parse(&one.hash)
            .ok_or_else(|| file.invalid(format!("`{}` is not a digest", one.hash)))?;
        Ok(File { name: one.file.clone(), url: None, hashes: vec![hash] })
    });
    Ok(Origin::Files { index, files: files.collect::<Result<_, Error>>()? })
}

/// The version in a file's name.
fn version_of(file: &str) -> Option<String> {
    if let Ok(name) = WheelName::parse(file) {
        return Some(name.version);
    }
    let stem = [".tar.gz", ".zip", ".tar.bz2", ".tar.xz"].iter().find_map(|e| file.strip_suffix(e));
    Some(stem?.rsplit_once('-')?.1.to_owned())
}

fn same(a: &str, b: &str) -> bool {
    match (Version::from_str(a), Version::from_str(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}
