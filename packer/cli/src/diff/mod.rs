//! The differences between two archives, from their manifests and bills of materials.
//!
//! An archive doesn't know which versions were yanked after it was built: an index is asked, on request.

mod components;
mod properties;
mod text;
mod yanked;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use snakecrate_base::document::{self, Document};
use snakecrate_format::digest::Digest;

use crate::archive::{Archive, Error};
pub use components::{ComponentChange, Note, Side};
pub use yanked::{Error as NoAnswer, Index};

/// The differences between two archives.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Difference {
    /// The old archive.
    pub old: Summary,
    /// The new archive.
    pub new: Summary,
    /// Whether both have the same manifest, and so the same contents.
    pub equal: bool,
    /// Everything of the manifest but entries and components: target, interpreter, options, C library,
    /// launcher, attachments. Sorted by name.
    pub properties: Vec<Property>,
    /// The entries, sorted by name.
    pub entries: Vec<EntryChange>,
    /// The components, sorted by kind and name.
    pub components: Vec<ComponentChange>,
    /// The package index that was asked which versions were yanked; none if none was.
    pub index: Option<String>,
}

/// One of the archives.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// Its path as given.
    pub file: String,
    /// The application's name.
    pub name: String,
    /// Its version, if it has one.
    pub version: Option<String>,
    /// The Rust target triple of the hosts it runs on.
    pub target: String,
    /// Bytes of the file.
    pub size: u64,
    /// Bytes of all components, unpacked.
    pub unpacked: u64,
    /// BLAKE3 of the manifest.
    #[schemars(with = "String")]
    pub digest: Digest,
}

/// A value that differs.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Property {
    /// Its path in the manifest: `launch.options`.
    pub name: String,
    /// Its old value; none if there was none.
    pub old: Option<Value>,
    /// Its new value; none if there is none.
    pub new: Option<Value>,
}

/// An entry that differs.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EntryChange {
    /// Its name.
    pub name: String,
    /// Whether it came, went or differs.
    pub change: Change,
    /// Its fields that differ.
    pub fields: Vec<Property>,
}

/// The fate of an entry or a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Only the new archive has it.
    Added,
    /// Only the old archive has it.
    Removed,
    /// Both have it, and it differs.
    Changed,
}

impl Change {
    /// That of something of which at least one archive has one.
    fn of<T>(old: Option<&T>, new: Option<&T>) -> Self {
        match (old, new) {
            (None, _) => Self::Added,
            (_, None) => Self::Removed,
            _ => Self::Changed,
        }
    }
}

impl Document for Difference {
    const NAME: &'static str = "diff";
}

impl Difference {
    /// Compares `old` with `new`, which may be for different targets.
    ///
    /// # Errors
    ///
    /// A bill of materials is damaged, or cannot be read.
    pub fn new(old: &Archive, new: &Archive) -> Result<Self, Error> {
        Ok(Self {
            old: Summary::new(old),
            new: Summary::new(new),
            equal: old.record().manifest_digest == new.record().manifest_digest,
            properties: properties::properties(old.manifest(), new.manifest()),
            entries: properties::entries(&old.manifest().entries, &new.manifest().entries),
            components: components::components(old, new)?,
            index: None,
        })
    }

    /// The differences as JSON, with a newline at the end.
    pub fn json(&self) -> String {
        document::text(self)
    }
}

impl Summary {
    fn new(archive: &Archive) -> Self {
        let manifest = archive.manifest();
        Self {
            file: archive.path().display().to_string(),
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            target: manifest.target.clone(),
            size: archive.length(),
            unpacked: manifest.components.iter().map(|component| component.bytes).sum(),
            digest: archive.record().manifest_digest,
        }
    }
}
