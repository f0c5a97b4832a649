//! A selection as `resolve` takes it.

use std::str::FromStr as _;

use pep440_rs::Version;

use super::model::{File, Hash, Origin, Package, Selection};
use crate::resolve::{Git, Locked, LockedSource, Place, Remote};

impl Selection {
    /// The pins of all distributions.
    pub fn pins(&self) -> Vec<Locked> {
        self.packages.iter().filter_map(pin).collect()
    }

    /// The versions of what the lock has for the target beside the selection, as requirements. A
    /// group for development, for example, has them.
    pub fn constraints(&self) -> Vec<String> {
        self.others.iter().map(|(name, version)| format!("{name}=={version}")).collect()
    }
}

fn pin(package: &Package) -> Option<Locked> {
    let source = match &package.origin {
        Origin::Nothing => return None,
        Origin::Files { index, files } => of_files(index.as_ref(), files),
        Origin::Digests { index, hashes } => {
            LockedSource::Index { sha256: sha256(hashes).collect(), url: index.clone() }
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
fn of_files(index: Option<&String>, files: &[File]) -> LockedSource {
    let remotes: Vec<Remote> = files.iter().filter_map(remote).collect();
    if remotes.len() < files.len() || files.is_empty() {
        let hashes = files.iter().flat_map(|file| &file.hashes);
        return LockedSource::Index { sha256: sha256(hashes).collect(), url: index.cloned() };
    }
    let (wheels, sdists): (Vec<Remote>, Vec<Remote>) =
        remotes.into_iter().partition(Remote::is_wheel);
    LockedSource::Files { wheels, sdist: sdists.into_iter().next() }
}

fn remote(file: &File) -> Option<Remote> {
    let sha256 = file.sha256().map(str::to_owned);
    Some(Remote { url: file.url.clone()?, sha256, subdirectory: None })
}

fn sha256<'a>(hashes: impl IntoIterator<Item = &'a Hash>) -> impl Iterator<Item = String> {
    let hashes = hashes.into_iter().filter(|hash| hash.algorithm == "sha256");
    hashes.map(|hash| hash.hex.clone())
}
