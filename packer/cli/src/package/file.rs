//! A file of a package, whatever the package's format.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::{Compression, GzBuilder};

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// The archive, an executable.
    Archive,
    /// A document.
    Bytes(Vec<u8>),
    /// A link with this target.
    Link(String),
}

/// The files by their paths below `/`.
pub(super) type Contents = BTreeMap<String, Content>;

/// As `gzip -9n` does it.
pub(super) fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzBuilder::new().write(Vec::new(), Compression::best());
    let written = writer.write_all(bytes);
    debug_assert!(written.is_ok(), "writing to memory cannot fail");
    writer.finish().unwrap_or_default()
}
