//! The file as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct Document {
    pub(super) metadata: Metadata,
    #[serde(default)]
    pub(super) package: Vec<Package>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    pub(super) lock_version: String,
    pub(super) content_hash: Option<String>,
    pub(super) groups: Option<Vec<String>>,
    #[serde(default)]
    pub(super) strategy: Vec<String>,
    #[serde(default)]
    pub(super) targets: Vec<Target>,
    /// Before 4.3: files by `NAME VERSION`.
    #[serde(default)]
    pub(super) files: BTreeMap<String, Vec<LockedFile>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Target {
    pub(super) requires_python: Option<String>,
    pub(super) platform: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: Option<String>,
    #[serde(default)]
    pub(super) extras: Vec<String>,
    pub(super) requires_python: Option<String>,
    #[serde(default)]
    pub(super) groups: Vec<String>,
    pub(super) marker: Option<String>,
    #[serde(default)]
    pub(super) dependencies: Vec<String>,
    pub(super) files: Option<Vec<LockedFile>>,
    pub(super) path: Option<String>,
    pub(super) url: Option<String>,
    pub(super) git: Option<String>,
    pub(super) hg: Option<String>,
    pub(super) svn: Option<String>,
    pub(super) bzr: Option<String>,
    pub(super) revision: Option<String>,
    pub(super) subdirectory: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct LockedFile {
    pub(super) file: Option<String>,
    pub(super) url: Option<String>,
    pub(super) hash: String,
}
