//! The wheels of a resolution.

use std::path::PathBuf;

use snakecrate_sbom::pypi;

use super::material::Material;

/// A wheel in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The distribution's normalised name.
    pub name: String,
    /// The version in the file's name.
    pub version: String,
    /// The file, with the name it was published or built with.
    pub path: PathBuf,
    /// Its digest, in hex.
    pub sha256: String,
    /// Its origin.
    pub origin: Origin,
    /// What it is or was built from, if that is a published file or a commit.
    pub from: Option<Material>,
    /// Whether it is the user's own project or wheel.
    pub local: bool,
}

impl Fetched {
    /// Its package URL, which names its index unless that is `PyPI`.
    pub fn purl(&self) -> String {
        pypi(&self.name, &self.version, self.index())
    }

    /// The address of its index, unless that is `PyPI`.
    pub fn index(&self) -> Option<&str> {
        self.from.as_ref().and_then(Material::index)
    }
}

/// The origin of a wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Published, or given by the user: the same for every builder.
    Index {
        /// The file's name.
        file: String,
        /// In hex, as indexes give it.
        sha256: String,
    },
    /// Built here from source.
    Built,
}
