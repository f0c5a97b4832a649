//! What was measured. Its JSON is the output of `size --json`: fields are added to it, never
//! changed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use snakecrate_format::manifest::Kind;

use crate::classify::FileKind;
use crate::count::Counts;
use crate::duplicates::Duplicate;

/// The bytes of an archive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measured {
    /// The application's name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// The Rust target triple of the hosts it runs on.
    pub target: String,
    /// Bytes of the file.
    pub packed: u64,
    /// Bytes of all files of its components, unpacked.
    pub unpacked: u64,
    /// How many things are in it.
    pub counts: Counts,
    /// The parts of the file. Each of its bytes belongs to one of them; their lengths are exact.
    pub parts: Vec<Row>,
    /// All bytes by kind.
    pub kinds: Vec<KindRow>,
    /// Directories with the sums of everything below them, by component and path.
    pub directories: Vec<DirectoryRow>,
    /// Files that several components have, those that take most first.
    pub duplicates: Vec<Duplicate>,
    /// All files and links, and the modules in packs, by component and path.
    pub files: Vec<FileRow>,
}

/// A part of the file.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The program at the front.
    Launcher,
    /// A component: its listing and its blobs, with their headers.
    Component,
    /// Attachments with their headers.
    Attachments,
    /// The manifest and `__main__.py` with their headers.
    Manifest,
    /// The central directory of the zip.
    Directory,
    /// Bytes behind the archive, such as a signature.
    Appended,
}

/// Bytes packed and unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    /// Bytes in the archive.
    pub packed: u64,
    /// Whether `packed` is an estimate: the bytes are in blobs with other files.
    pub estimated: bool,
    /// Bytes after decompression.
    pub unpacked: u64,
    /// `packed` as a share of the file, from 0 to 1.
    pub share: f64,
    /// Number of files and links.
    pub files: u64,
}

/// A row of [`Measured::parts`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// The part.
    pub part: Part,
    /// The component's kind.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<snakecrate_base::document::Kind>")]
    pub kind: Option<Kind>,
    /// The component's name, or words for the part.
    pub name: String,
    /// The component's version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<String>,
    /// Its bytes.
    #[serde(flatten)]
    pub bytes: Share,
}

/// A row of [`Measured::kinds`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KindRow {
    /// The kind.
    pub kind: FileKind,
    /// Its bytes.
    #[serde(flatten)]
    pub bytes: Share,
}

/// A row of [`Measured::directories`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DirectoryRow {
    /// The component's label: `wheel-click-8.1.7`.
    pub component: String,
    /// The path in the component.
    pub path: String,
    /// The bytes of everything below it.
    #[serde(flatten)]
    pub bytes: Share,
}

/// A row of [`Measured::files`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileRow {
    /// The component's label: `wheel-click-8.1.7`.
    pub component: String,
    /// The path in the component.
    pub path: String,
    /// Its kind.
    pub kind: FileKind,
    /// Bytes in the archive.
    pub packed: u64,
    /// Whether `packed` is an estimate: the file is in a blob with other files.
    pub estimated: bool,
    /// Its length in bytes; 0 for links; of a pack, without its modules.
    pub unpacked: u64,
    /// Whether it is a shared library.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub library: bool,
    /// Whether it is a program or a script.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub executable: bool,
    /// The path of the pack that has this module, if it isn't a file. `path` is then the place that its bytecode
    /// would have as a file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pack: Option<String>,
}

impl Share {
    /// `part` of `whole` bytes.
    #[allow(clippy::cast_precision_loss, reason = "a share of bytes is rounded anyway")]
    pub(crate) fn of(part: u64, whole: u64) -> f64 {
        if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
    }

    /// Adds a file.
    pub(crate) fn add(&mut self, file: &FileRow) {
        self.packed += file.packed;
        self.unpacked += file.unpacked;
        self.estimated |= file.estimated;
        self.files += u64::from(file.pack.is_none());
    }

    /// With its share of a file of `whole` bytes.
    pub(crate) fn within(self, whole: u64) -> Self {
        Self { share: Self::of(self.packed, whole), ..self }
    }
}
