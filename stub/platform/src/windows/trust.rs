use std::io;
use std::path::Path;

use super::directory::Directory;
use super::file::Metadata;
use crate::types::{Trust, Unsupported};

/// Users have no numeric ids on Windows.
pub(crate) fn user() -> u32 {
    0
}

/// Always `false`: the rule that root creates nothing in other users' directories is for Unix.
pub(crate) fn is_administrator() -> bool {
    false
}

pub(crate) fn owner(_path: &Path) -> io::Result<Option<u32>> {
    Err(Unsupported("owners of files").into())
}

/// Reading access lists isn't implemented yet, so no directory can be trusted.
pub(crate) fn of(_directory: &Directory) -> io::Result<Trust> {
    Err(Unsupported("access lists of directories").into())
}

/// As above.
pub(crate) fn of_metadata(_metadata: &Metadata) -> io::Result<Trust> {
    Err(Unsupported("access lists of files").into())
}

/// Windows has no mounts that forbid execution; only fails if `path` does not exist.
pub(crate) fn allows_execution(path: &Path) -> io::Result<bool> {
    path.metadata().map(|_| true)
}
