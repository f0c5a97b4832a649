//! The list of files of wheels that are not in an archive: one of its attachments.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use snakecrate_format::entry_path::EntryPath;

use super::{Archive, AttachmentSpec, Error};
use snakecrate_base::document::Document;
use snakecrate_base::ui::table;

/// The name of the attachment.
const MEMBER: &str = "attachments/dropped-files.json";
/// The role of the list.
pub const DROPPED_FILES: &str = "dropped-files";

/// Files of one wheel that one rule dropped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct DroppedFiles {
    /// The distribution's normalised name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The rule: `--exclude tests`.
    pub rule: String,
    /// Their paths below `site-packages`, or in the environment if they would be elsewhere. Sorted.
    pub files: Vec<String>,
}

/// The files of wheels that are not in an archive.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DroppedDocument<'a> {
    /// By distribution and rule.
    pub dropped: &'a [DroppedFiles],
}

impl Document for DroppedDocument<'_> {
    const NAME: &'static str = "inspect-dropped";
}

impl AttachmentSpec {
    /// The list of files that are not packed, as JSON.
    ///
    /// # Panics
    ///
    /// Never: the name is a constant.
    pub fn dropped_files(dropped: &[DroppedFiles]) -> Self {
        let name = EntryPath::new(MEMBER).expect("the name is a path");
        let contents = serde_json::to_vec(dropped).unwrap_or_default();
        Self { name, role: DROPPED_FILES.into(), component: None, contents }
    }
}

/// Reads the list of files that are not packed; empty if every file is.
///
/// # Errors
///
/// The archive is damaged, or cannot be read.
pub fn dropped_files(archive: &Archive) -> Result<Vec<DroppedFiles>, Error> {
    let Some(bytes) = archive.attachment(DROPPED_FILES)? else { return Ok(Vec::new()) };
    let length = archive.record().archive_length;
    let damaged =
        |error: serde_json::Error| archive.damaged_at(format!("{MEMBER}: {error}"), length);
    serde_json::from_slice(&bytes).map_err(damaged)
}

/// The list for people.
pub fn dropped_text(dropped: &[DroppedFiles]) -> String {
    if dropped.is_empty() {
        return "every file of every wheel is packed\n".into();
    }
    let mut rows = table(&["distribution", "file", "rule"]);
    for DroppedFiles { name, version, rule, files } in dropped {
        for file in files {
            rows.add_row([&format!("{name} {version}"), file, rule]);
        }
    }
    let mut text = String::new();
    for line in rows.to_string().lines() {
        let written = writeln!(text, "{}", line.trim_end());
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    }
    text
}
