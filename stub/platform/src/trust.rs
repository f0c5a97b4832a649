//! Users, owners, and the users who may write to a directory.

use std::io;
use std::path::Path;

use crate::directory::Directory;
use crate::file::Metadata;
use crate::imp;
pub use crate::types::Trust;

/// The id of the user that this process acts as.
pub fn user() -> u32 {
    imp::trust::user()
}

/// Whether this process acts as the administrator (root).
pub fn is_administrator() -> bool {
    imp::trust::is_administrator()
}

/// The id of the user that the file at `path` belongs to; links are followed. `None` for the
/// administrator.
pub fn owner(path: &Path) -> io::Result<Option<u32>> {
    imp::trust::owner(path)
}

/// The users who can write to `directory`.
pub fn of(directory: &Directory) -> io::Result<Trust> {
    imp::trust::of(&directory.0)
}

/// The users who can write to the file with this metadata.
pub fn of_file(metadata: &Metadata) -> io::Result<Trust> {
    imp::trust::of_metadata(&metadata.0)
}

/// Whether the file system at `path` allows execution.
pub fn allows_execution(path: &Path) -> io::Result<bool> {
    imp::trust::allows_execution(path)
}
