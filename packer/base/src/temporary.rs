//! Temporary names: every packer crate writes a file or directory aside and renames it when it is
//! whole.
//!
//! All of these names start alike, so what a killed process left is recognised and removed.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use tempfile::{Builder, NamedTempFile, TempDir};

/// The start of every temporary name. The rest is random.
pub const PREFIX: &str = ".snakecrate-tmp-";

/// Whether a file or directory of this name was never finished, or is being made right now.
pub fn is_temporary(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}

/// Makes temporary files and directories; for callers that set permissions.
pub fn builder() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX);
    builder
}

/// A temporary file in `directory`, removed when it is dropped.
///
/// # Errors
///
/// The system cannot create it.
pub fn file_in(directory: &Path) -> io::Result<NamedTempFile> {
    builder().tempfile_in(directory)
}

/// A temporary directory in `directory`, removed when it is dropped.
///
/// # Errors
///
/// The system cannot create it.
pub fn directory_in(directory: &Path) -> io::Result<TempDir> {
    builder().tempdir_in(directory)
}
