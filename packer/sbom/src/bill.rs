//! Everything in an archive, before it is written in one of the formats.

use serde::{Deserialize, Serialize};

/// Everything in an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bill {
    /// The application's name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Its publisher.
    pub vendor: Option<String>,
    /// The version of the packer that writes the document.
    pub tool: String,
    /// Everything else. Their order does not matter.
    pub items: Vec<Item>,
}

/// A thing that an archive has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item {
    /// Its reference; no other item of the bill has it.
    pub id: String,
    /// What it is.
    pub kind: ItemKind,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Its summary, in one line.
    pub summary: Option<String>,
    /// Its package URL.
    pub purl: Option<String>,
    /// Its licences.
    pub licenses: Vec<License>,
    /// Digests of the file that it was made from, or is.
    pub checksums: Vec<Checksum>,
    /// The name of the file that it was made from, or its path in the archive.
    pub file: Option<String>,
    /// Native code that is a part of it: extension modules, programs.
    pub native: Vec<File>,
    /// Further facts.
    pub properties: Vec<(&'static str, String)>,
    /// References of the items that it needs, or is made of. Those of no item are ignored.
    pub requires: Vec<String>,
    /// Whether it is inside of another item, and is no part of the archive by itself.
    pub is_inside: bool,
}

/// What an [`Item`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum ItemKind {
    /// The interpreter, and its parts.
    Platform,
    /// A program.
    Application,
    /// A library.
    #[default]
    Library,
}

/// A file in the archive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct File {
    /// `COMPONENT/PATH`
    pub path: String,
    /// Its digests.
    pub checksums: Vec<Checksum>,
}

/// A digest of a file, in hex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Checksum {
    /// SHA-1, which SPDX demands for files.
    Sha1(String),
    /// SHA-256.
    Sha256(String),
    /// SHA-512.
    Sha512(String),
}

impl Checksum {
    /// The algorithm, as `CycloneDX` names it.
    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            Self::Sha1(_) => "SHA-1",
            Self::Sha256(_) => "SHA-256",
            Self::Sha512(_) => "SHA-512",
        }
    }

    /// The digest in hex.
    pub(crate) fn hex(&self) -> &str {
        let (Self::Sha1(hex) | Self::Sha256(hex) | Self::Sha512(hex)) = self;
        hex
    }
}

/// A licence as it is declared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum License {
    /// An SPDX expression (`License-Expression` of PEP 639): `MIT OR Apache-2.0`.
    Expression(String),
    /// Free text: a classifier, or the field `License`.
    Name(String),
}

impl Bill {
    /// The items in the order of documents.
    pub(crate) fn sorted(&self) -> Vec<&Item> {
        let mut items: Vec<&Item> = self.items.iter().collect();
        items.sort_by(|a, b| (a.is_inside, &a.id).cmp(&(b.is_inside, &b.id)));
        items.sort_by_key(|item| {
            (item.is_inside, item.kind, item.name.clone(), item.version.clone())
        });
        items
    }
}

impl Item {
    /// The expression among its licences.
    pub(crate) fn expression(&self) -> Option<&str> {
        self.licenses.iter().find_map(|license| match license {
            License::Expression(text) => Some(text.as_str()),
            License::Name(_) => None,
        })
    }

    /// The names among its licences, sorted, none twice.
    pub(crate) fn license_names(&self) -> Vec<&str> {
        let names = self.licenses.iter().filter_map(|license| match license {
            License::Name(name) => Some(name.trim()).filter(|name| !name.is_empty()),
            License::Expression(_) => None,
        });
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Those of `requires` that are items of the bill, sorted, none twice.
    pub(crate) fn required<'a>(&'a self, items: &[&Item]) -> Vec<&'a str> {
        let is_item = |id: &&str| *id != self.id && items.iter().any(|item| item.id == *id);
        let mut ids: Vec<&str> = self.requires.iter().map(String::as_str).filter(is_item).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}
