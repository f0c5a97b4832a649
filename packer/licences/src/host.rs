//! Packages of the host whose files an archive has, as the archive says so itself: the attachment
//! `attachments/host-packages.json`.

use serde::{Deserialize, Serialize};

/// The role of the attachment with the packages of the host, and of the folder of their texts.
pub const HOST_PACKAGES: &str = "host-packages";

/// A package that files of the archive were taken from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HostPackage {
    /// Its name: `libssl3`.
    pub name: String,
    /// Its version: `3.0.17-1~deb12u2`.
    pub version: String,
    /// Its architecture as the distribution calls it: `amd64`.
    pub architecture: String,
    /// The source package, if it has another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The distribution and its release, as `/etc/os-release` has them: `debian`, `12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<(String, String)>,
    /// The licence of most of its files by its copyright file: an SPDX expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// The labels of components, and paths in them, that were taken from it; sorted.
    pub files: Vec<(String, String)>,
    /// The name of the attachment that is its copyright file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}
