//! The list of a suite's packages.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use serde::{Deserialize, Serialize};

use crate::dependencies::{alternatives, provided};
use crate::paragraphs::{self, Paragraph};

/// A package in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its name: `libpython3.11-stdlib`.
    pub name: String,
    /// Its version: `3.11.2-6+deb12u6`.
    pub version: String,
    /// Its architecture: `arm64`, or `all`.
    pub architecture: String,
    /// The SHA-256 of its file, 64 hex digits.
    pub sha256: String,
    /// The size of its file in bytes.
    pub(crate) size: u64,
    /// The path of its file on the mirror.
    pub(crate) file: String,
    /// The alternatives of each dependency.
    #[serde(skip)]
    pub(crate) depends: Vec<Vec<String>>,
}

impl Package {
    /// The name of its file: `python3.11_3.11.2-6+deb12u6_arm64.deb`.
    pub fn file_name(&self) -> &str {
        self.file.rsplit('/').next().unwrap_or(&self.file)
    }
}

/// Packages by name, as far as a Python may need them.
#[derive(Debug, Default)]
pub(crate) struct Index {
    packages: BTreeMap<String, Package>,
    /// Virtual packages, and those that provide them.
    providers: BTreeMap<String, Vec<String>>,
}

impl Index {
    /// Reads a list; packages that are not `wanted` are skipped.
    ///
    /// # Errors
    ///
    /// The list cannot be read, or a wanted package lacks a field.
    pub(crate) fn read(text: impl BufRead, wanted: impl Fn(&str) -> bool) -> io::Result<Self> {
        let mut index = Self::default();
        let mut failure = None;
        paragraphs::read(text, |paragraph| {
            let name = paragraph.get("Package").unwrap_or_default();
            if !wanted(name) {
                return;
            }
            match package(name, paragraph) {
                Some(package) => {
                    for virtual_name in provided(paragraph.get("Provides").unwrap_or_default()) {
                        index.providers.entry(virtual_name).or_default().push(name.to_owned());
                    }
                    // Suites that are being worked on may list an old version, too: the last is newer.
                    index.packages.insert(name.to_owned(), package);
                }
                None => failure = Some(name.to_owned()),
            }
        })?;
        match failure {
            Some(name) => Err(io::Error::other(format!("the entry of {name} is incomplete"))),
            None => Ok(index),
        }
    }

    /// The package `name`, or the first that provides it.
    pub(crate) fn get(&self, name: &str) -> Option<&Package> {
        self.packages.get(name).or_else(|| {
            let provider = self.providers.get(name)?.iter().min()?;
            self.packages.get(provider)
        })
    }

    /// The names of all packages.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.packages.keys().map(String::as_str)
    }
}

fn package(name: &str, paragraph: &Paragraph) -> Option<Package> {
    let field = |field| paragraph.get(field).filter(|value| !value.is_empty());
    let text = |name| field(name).map(str::to_owned);
    let sha256 = text("SHA256")?;
    let is_digest = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    let depends = ["Pre-Depends", "Depends"].into_iter().filter_map(field).flat_map(alternatives);
    is_digest.then_some(())?;
    Some(Package {
        name: name.to_owned(),
        version: text("Version")?,
        architecture: text("Architecture")?,
        sha256: sha256.to_ascii_lowercase(),
        size: field("Size")?.parse().ok()?,
        file: text("Filename").filter(|file| is_plain(file))?,
        depends: depends.collect(),
    })
}

/// Whether a path on the mirror stays below it.
fn is_plain(file: &str) -> bool {
    !file.starts_with('/')
        && !file.contains(['?', '#', '\\', '%'])
        && file.split('/').all(|part| !matches!(part, "" | "." | ".."))
}
