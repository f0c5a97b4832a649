//! A file of a package, whatever the package's format.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use flate2::{Compression, GzBuilder};
use snakecrate_base::tree;

use crate::prefix::Node;

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// A file on the disk: the archive, or one of its environment.
    Disk {
        /// Whether it may be executed.
        executable: bool,
        /// The file.
        path: PathBuf,
    },
    /// An executable.
    Program(Vec<u8>),
    /// A document.
    Bytes(Vec<u8>),
    /// A link with this target.
    Link(String),
}

/// The files by their paths below `/`.
pub(super) type Contents = BTreeMap<String, Content>;

impl From<Node> for Content {
    fn from(node: Node) -> Self {
        match node {
            Node::Link(target) => Self::Link(target),
            Node::File { executable, content: tree::Content::Disk(path) } => {
                Self::Disk { executable, path }
            }
            Node::File { executable, content: tree::Content::Memory(bytes) } => {
                if executable {
                    Self::Program(bytes.to_vec())
                } else {
                    Self::Bytes(bytes.to_vec())
                }
            }
        }
    }
}

/// As `gzip -9n` does it.
pub(super) fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzBuilder::new().write(Vec::new(), Compression::best());
    let written = writer.write_all(bytes);
    debug_assert!(written.is_ok(), "writing to memory cannot fail");
    writer.finish().unwrap_or_default()
}
