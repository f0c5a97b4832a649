//! A selection as `resolve` takes it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr as _;

use pep440_rs::Version;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::Error;
use super::model::{File, Hash, Origin, Package, Selection};
use crate::resolve::{Git, Locked, LockedSource, Place, Remote};

/// The lock file that a build used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UsedLock {
    /// Its path.
    pub path: PathBuf,
    /// Why it is outdated, if it is.
    pub outdated: Option<String>,
}

impl Selection {
    /// The pins of all distributions.
    ///
    /// # Errors
    ///
    /// A file has digests, but none that the packer can check.
    pub fn pins(&self) -> Result<Vec<Locked>, Error> {
        let pin = |package| pin(package).ok_or_else(|| self.digest(package));
        self.packages.iter().filter(|package| package.origin != Origin::Nothing).map(pin).collect()
    }

    /// The versions of what the lock has for the target beside the selection, as requirements. A
    /// group for development, for example, has them.
    pub fn constraints(&self) -> Vec<String> {
        self.others.iter().map(|(name, version)| format!("{name}=={version}")).collect()
    }

    /// The lock, and what it overrides on purpose.
    pub fn into_parts(self) -> (UsedLock, BTreeSet<String>) {
        (UsedLock { path: self.path, outdated: self.outdated }, self.overrides)
    }

    fn digest(&self, package: &Package) -> Error {
        Error::Digest { path: self.path.clone(), name: package.name.clone() }
    }
}

/// None if no file has a digest that can be checked.
fn pin(package: &Package) -> Option<Locked> {
    let source = match &package.origin {
        Origin::Nothing => return None,
        Origin::Files { index, files } => of_files(index.as_ref(), files)?,
        Origin::Digests { index, hashes } => {
            LockedSource::Index { sha256: sha256(hashes)?, url: index.clone() }
        }
        Origin::Archive { file, subdirectory } => {
            let remote = Remote { subdirectory: subdirectory.clone(), ..remote(file)? };
            LockedSource::Place(if remote.is_wheel() {
                Place::Wheel(remote)
            } else {
                Place::Source(remote)
            })
        }
        Origin::Git { url, commit, subdirectory } => LockedSource::Place(Place::Git(Git {
            url: url.clone(),
            commit: commit.clone(),
            subdirectory: subdirectory.clone(),
        })),
        Origin::Directory(path) => LockedSource::Place(Place::Directory(path.clone())),
    };
    let version = package.version.as_deref().and_then(|text| Version::from_str(text).ok());
    Some(Locked { name: package.name.clone(), version, source })
}

/// Files with addresses if the lock has one for each, else their digests.
fn of_files(index: Option<&String>, files: &[File]) -> Option<LockedSource> {
    if files.is_empty() || files.iter().any(|file| file.url.is_none()) {
        let hashes = files.iter().flat_map(|file| &file.hashes);
        return Some(LockedSource::Index { sha256: sha256(hashes)?, url: index.cloned() });
    }
    let of_index = |file| Some(Remote { index: index.cloned(), ..remote(file)? });
    let (wheels, sdists): (Vec<Remote>, Vec<Remote>) =
        files.iter().filter_map(of_index).partition(Remote::is_wheel);
    let sdist = sdists.into_iter().next();
    (sdist.is_some() || !wheels.is_empty()).then_some(LockedSource::Files { wheels, sdist })
}

/// None if the file has digests, but none that can be checked.
fn remote(file: &File) -> Option<Remote> {
    let sha256 = file.sha256().map(str::to_owned);
    let checkable = sha256.is_some() || file.hashes.is_empty();
    let url = file.url.clone().filter(|_| checkable)?;
    Some(Remote { url, sha256, subdirectory: None, index: None })
}

/// None if there are digests, but none that can be checked.
fn sha256<'a>(hashes: impl IntoIterator<Item = &'a Hash>) -> Option<BTreeSet<String>> {
    let hashes = hashes.into_iter().filter(|hash| hash.algorithm == "sha256");
    let hashes: BTreeSet<String> = hashes.map(|hash| hash.hex.clone()).collect();
    (!hashes.is_empty()).then_some(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(origin: Origin) -> Selection {
        let package = Package { name: "a".into(), version: Some("1".into()), origin };
        Selection { path: "/p/uv.lock".into(), packages: vec![package], ..Selection::default() }
    }

    fn file(name: &str, url: bool, hashes: &[&str]) -> File {
        let url = url.then(|| format!("https://h/{name}"));
        let hashes = hashes.iter().map(|hash| Hash::parse(hash).unwrap()).collect();
        File { name: name.into(), url, hashes }
    }

    #[test]
    fn files_without_an_address_are_looked_up_by_digest() {
        let files = vec![
            file("a-1-py3-none-any.whl", true, &["sha256:0a"]),
            file("a-1.tar.gz", false, &["sha256:0b", "md5:00"]),
        ];
        let index = Some("https://index.test".to_owned());
        let pins = selection(Origin::Files { index: index.clone(), files }).pins().unwrap();
        let sha256 = ["0a".to_owned(), "0b".to_owned()].into();
        assert_eq!(pins[0].source, LockedSource::Index { sha256, url: index });
    }

    #[test]
    fn files_without_a_sha256_are_not_used() {
        let weak = file("a-1-py3-none-any.whl", true, &["md5:00"]);
        let sdist = file("a-1.tar.gz", true, &["sha256:0b"]);
        let files = vec![weak.clone(), sdist];
        let pins = selection(Origin::Files { index: None, files }).pins().unwrap();
        let LockedSource::Files { wheels, sdist } = &pins[0].source else { panic!() };
        assert!(wheels.is_empty() && sdist.is_some());
        let only = Origin::Files { index: None, files: vec![weak] };
        let error = selection(only).pins().unwrap_err().to_string();
        assert_eq!(error, "/p/uv.lock: no file of a has a SHA-256 digest");
    }

    #[test]
    fn archives_keep_their_subdirectory() {
        let subdirectory = Some("s".to_owned());
        let origin = Origin::Archive { file: file("a.zip", true, &[]), subdirectory };
        let pins = selection(origin).pins().unwrap();
        let LockedSource::Place(Place::Source(remote)) = &pins[0].source else { panic!() };
        assert_eq!(remote.subdirectory.as_deref(), Some("s"));
    }
}
