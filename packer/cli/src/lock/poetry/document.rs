//! The file as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct Document {
    #[serde(default)]
    pub(super) package: Vec<Package>,
    /// Names of the packages of each extra of the project.
    #[serde(default)]
    pub(super) extras: BTreeMap<String, Vec<String>>,
    pub(super) metadata: Metadata,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Metadata {
    pub(super) lock_version: String,
    pub(super) python_versions: Option<String>,
    pub(super) content_hash: Option<String>,
    /// Versions 1.1 and 2.0 before Poetry 1.3: files by package, of all its versions.
    #[serde(default)]
    pub(super) files: BTreeMap<String, Vec<File>>,
    /// Version 1.0: digests by package, without names of files.
    #[serde(default)]
    pub(super) hashes: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) python_versions: Option<String>,
    /// Since 2.1.
    pub(super) groups: Option<Vec<String>>,
    /// Since 2.1.
    pub(super) markers: Option<Markers>,
    pub(super) files: Option<Vec<File>>,
    #[serde(default)]
    pub(super) dependencies: BTreeMap<String, Constraints>,
    /// Requirements of its extras, as text.
    #[serde(default)]
    pub(super) extras: BTreeMap<String, Vec<String>>,
    pub(super) source: Option<Source>,
}

#[derive(Debug, Deserialize)]
pub(super) struct File {
    pub(super) file: String,
    pub(super) hash: String,
}

/// One marker for all groups, or one for each group.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Markers {
    All(String),
    ByGroup(BTreeMap<String, String>),
}

impl Markers {
    /// The marker of a group. A group that isn't listed has none.
    pub(super) fn of(&self, group: &str) -> &str {
        match self {
            Self::All(text) => text,
            Self::ByGroup(markers) => markers
                .iter()
                .find(|(name, _)| crate::wheel::normalize(name) == group)
                .map_or("", |(_, text)| text),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Source {
    /// `legacy` (an index), `git`, `url`, `file` or `directory`.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) url: String,
    pub(super) reference: Option<String>,
    pub(super) resolved_reference: Option<String>,
    pub(super) subdirectory: Option<String>,
}

/// The constraints on one package, in a lock as in pyproject.toml.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Constraints {
    Many(Vec<Constraint>),
    One(Constraint),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Constraint {
    Version(String),
    Table(Box<Table>),
}

/// `{version = "^1", extras = ["x"], markers = "…"}`. The place (`git`, `path`, `url`) is read from
/// the locked package instead.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Table {
    pub(super) version: Option<String>,
    #[serde(default)]
    pub(super) extras: Vec<String>,
    #[serde(default)]
    pub(super) optional: bool,
    pub(super) markers: Option<String>,
    pub(super) python: Option<String>,
    pub(super) platform: Option<String>,
}

impl Constraints {
    /// Each constraint as a table.
    pub(super) fn tables(&self) -> Vec<Table> {
        let of = |constraint: &Constraint| match constraint {
            Constraint::Version(version) => {
                Table { version: Some(version.clone()), ..Table::default() }
            }
            Constraint::Table(table) => (**table).clone(),
        };
        match self {
            Self::One(one) => vec![of(one)],
            Self::Many(many) => many.iter().map(of).collect(),
        }
    }
}
