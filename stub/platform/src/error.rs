//! What an [`io::Error`] means, where [`io::ErrorKind`] does not say enough.

use std::io;

use crate::imp;

/// This platform cannot do it yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not supported on this operating system yet: {0}")]
pub struct Unsupported(pub &'static str);

impl From<Unsupported> for io::Error {
    fn from(unsupported: Unsupported) -> Self {
        Self::new(io::ErrorKind::Unsupported, unsupported)
    }
}

/// Whether a symbolic link stood where a directory or file was to be opened.
pub fn is_link_refused(error: &io::Error) -> bool {
    imp::error::is_link_refused(error)
}

/// Whether the file system or the user's quota is full.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Whether an executable is for another kind of machine, or isn't one.
pub fn is_wrong_format(error: &io::Error) -> bool {
    imp::error::is_wrong_format(error)
}
