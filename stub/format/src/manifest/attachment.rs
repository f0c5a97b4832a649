//! Members of the zip that are data for people and for other tools. The launcher reads none of
//! them.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::entry_path::EntryPath;

/// The name of the manifest's zip member.
pub const MEMBER: &str = "manifest.json";
/// The member that makes `python ARCHIVE ARGS…` run the archive.
pub const MAIN_MEMBER: &str = "__main__.py";
/// The attachment that is the bill of materials.
pub const SBOM_MEMBER: &str = "sbom.cdx.json";
/// The folder of all other attachments in the zip.
pub const ATTACHMENTS: &str = "attachments/";

/// A deflated zip member that is data for people: a licence text, a notice, a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The member's name: [`SBOM_MEMBER`], or a path below [`ATTACHMENTS`].
    pub name: EntryPath,
    /// Its purpose: `sbom`, `license`, `notice`, `vex`, `document`, `dropped-files`, `icon`.
    /// Readers ignore roles that they do not know.
    pub role: String,
    /// The label of the component that it belongs to, if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// Its unpacked length in bytes.
    pub bytes: u64,
    /// BLAKE3 of its unpacked bytes.
    pub blake3: Digest,
}
