//! Components that differ.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use pep440_rs::Version;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use snakecrate_format::digest::Digest;
use snakecrate_format::manifest::{Component, Kind, Source};

use super::Change;
use crate::archive::{Archive, Error, SBOM};

/// A component that differs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ComponentChange {
    /// Its kind.
    #[schemars(with = "snakecrate_base::document::Kind")]
    pub kind: Kind,
    /// Its normalised name.
    pub name: String,
    /// Whether it came, went or differs.
    pub change: Change,
    /// The old one.
    pub old: Option<Side>,
    /// The new one.
    pub new: Option<Side>,
    /// Why the new version was yanked, if the index that was asked says so; it may be empty.
    pub yanked: Option<String>,
    /// Everything about it that should not pass unseen.
    pub notes: Vec<Note>,
}

/// A component in one of the archives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Side {
    /// Its version.
    pub version: String,
    /// BLAKE3 of its listing.
    #[schemars(with = "String")]
    pub digest: Digest,
    /// Number of files and links.
    pub files: u64,
    /// Their bytes, unpacked.
    pub unpacked: u64,
    /// Bytes it takes in the archive.
    pub stored: u64,
    /// Its origin.
    #[schemars(with = "Option<snakecrate_base::document::Source>")]
    pub source: Option<Source>,
    /// Its licences in the bill of materials, sorted.
    pub licenses: Vec<String>,
}

/// Something about a change that should not pass unseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// The new version is lower (PEP 440).
    Downgrade,
    /// The new version is a pre-release or a development release, and the old one is another.
    PreRelease,
    /// The project asks not to install the new version any more.
    Yanked,
    /// The licences differ.
    License,
    /// The version is the same, and the files differ.
    SameVersion,
    /// The files are the same, and take other bytes in the archive.
    Repacked,
}

/// The components that differ.
pub(super) fn components(old: &Archive, new: &Archive) -> Result<Vec<ComponentChange>, Error> {
    let (old, new) = (sides(old)?, sides(new)?);
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let differing = keys.into_iter().filter(|key| old.get(*key) != new.get(*key));
    Ok(differing.map(|key| change(key, old.get(key), new.get(key))).collect())
}

fn change(key: &(Kind, String), old: Option<&Side>, new: Option<&Side>) -> ComponentChange {
    ComponentChange {
        kind: key.0,
        name: key.1.clone(),
        change: Change::of(old, new),
        old: old.cloned(),
        new: new.cloned(),
        yanked: None,
        notes: notes(old, new),
    }
}

fn notes(old: Option<&Side>, new: Option<&Side>) -> Vec<Note> {
    let Some(new) = new else { return Vec::new() };
    let version = |side: &Side| Version::from_str(&side.version).ok();
    let is_new = old.is_none_or(|old| old.version != new.version);
    let mut notes = Vec::new();
    if let Some((old, new)) = old.and_then(version).zip(version(new))
        && new < old
    {
        notes.push(Note::Downgrade);
    }
    if is_new && version(new).is_some_and(|version| version.any_prerelease()) {
        notes.push(Note::PreRelease);
    }
    let Some(old) = old else { return notes };
    if old.licenses != new.licenses {
        notes.push(Note::License);
    }
    if old.digest == new.digest && old.stored != new.stored {
        notes.push(Note::Repacked);
    }
    if old.digest != new.digest && !is_new {
        notes.push(Note::SameVersion);
    }
    notes
}

fn sides(archive: &Archive) -> Result<BTreeMap<(Kind, String), Side>, Error> {
    let bytes = archive.attachment(SBOM)?.unwrap_or_default();
    let bom: Bom = serde_json::from_slice(&bytes).unwrap_or_default();
    let side = |component: &Component| {
        let blobs: u64 = component.blobs.iter().map(|blob| blob.length).sum();
        Side {
            version: component.version.clone(),
            digest: component.digest,
            files: component.files,
            unpacked: component.bytes,
            stored: blobs + component.tree.length,
            source: component.source.clone(),
            licenses: bom.licenses(&component.name, &component.version),
        }
    };
    let components = archive.manifest().components.iter();
    Ok(components.map(|one| ((one.kind, one.name.clone()), side(one))).collect())
}

/// The part of a bill of materials that is read here. That of another program may lack all of it.
#[derive(Debug, Default, Deserialize)]
struct Bom {
    #[serde(default)]
    components: Vec<BomComponent>,
}

#[derive(Debug, Deserialize)]
struct BomComponent {
    name: String,
    version: Option<String>,
    #[serde(default)]
    licenses: Vec<BomLicense>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum BomLicense {
    Expression(String),
    License { id: Option<String>, name: Option<String> },
}

impl Bom {
    fn licenses(&self, name: &str, version: &str) -> Vec<String> {
        let is_it = |one: &&BomComponent| {
            one.name == name && one.version.as_deref().is_none_or(|found| found == version)
        };
        let found = self.components.iter().filter(is_it).flat_map(|one| &one.licenses);
        let mut texts: Vec<String> = found
            .filter_map(|license| match license {
                BomLicense::Expression(text) => Some(text.clone()),
                BomLicense::License { id, name } => id.clone().or_else(|| name.clone()),
            })
            .collect();
        texts.sort_unstable();
        texts.dedup();
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(version: &str, files: &str) -> Side {
        Side {
            version: version.into(),
            digest: Digest::of(files.as_bytes()),
            files: 1,
            unpacked: 1,
            stored: 1,
            source: None,
            licenses: vec![],
        }
    }

    #[test]
    fn versions_are_compared_by_pep_440() {
        let noted = |old: &str, new: &str| notes(Some(&side(old, old)), Some(&side(new, new)));
        assert_eq!(noted("1.10", "1.9"), [Note::Downgrade]);
        assert_eq!(noted("1.9", "1.10"), []);
        assert_eq!(noted("1.9", "2.0rc1"), [Note::PreRelease]);
        assert_eq!(noted("2.0", "2.0.dev1"), [Note::Downgrade, Note::PreRelease]);
        assert_eq!(noted("2.0", "2.0.post1"), []);
        assert_eq!(noted("unknown", "1.0"), []);
        assert_eq!(notes(None, Some(&side("1.0b1", ""))), [Note::PreRelease]);
        assert_eq!(notes(Some(&side("1.0b1", "")), None), []);
    }

    #[test]
    fn other_files_of_the_same_version_are_noted() {
        let (old, new) = (side("1.0", "a"), side("1.0", "b"));
        assert_eq!(notes(Some(&old), Some(&new)), [Note::SameVersion]);
    }

    #[test]
    fn other_licences_are_noted() {
        let old = side("1.0", "a");
        let new = Side { version: "1.1".into(), licenses: vec!["MIT".into()], ..side("1.1", "b") };
        assert_eq!(notes(Some(&old), Some(&new)), [Note::License]);
    }
}
