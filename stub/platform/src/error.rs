//! The meaning of an [`io::Error`] where [`io::ErrorKind`] does not say enough.

use std::io::{self, ErrorKind};

use crate::imp;
pub use crate::types::Unsupported;

/// Whether a symbolic link stood where a directory or file was to be opened.
pub fn is_link_refused(error: &io::Error) -> bool {
    imp::error::is_link_refused(error)
}

/// Whether the file system or the user's quota is full.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// Whether a file isn't an executable, or is one for another processor or system.
pub fn is_wrong_format(error: &io::Error) -> bool {
    imp::error::is_wrong_format(error)
}

/// Whether the system refused to execute a file: it isn't an executable, or the place or the file
/// does not allow it.
pub fn is_execution_refused(error: &io::Error) -> bool {
    imp::error::is_execution_refused(error)
}

/// Whether the system does not permit the operation, whatever the permissions of the file. Some
/// systems report this when a directory is removed as a file.
pub fn is_not_permitted(error: &io::Error) -> bool {
    imp::error::is_not_permitted(error)
}

/// Whether a file system has no hard links, or none for this file or between these directories.
pub fn is_no_hard_link(error: &io::Error) -> bool {
    use ErrorKind::{CrossesDevices, TooManyLinks, Unsupported};
    matches!(error.kind(), CrossesDevices | TooManyLinks | Unsupported) || is_not_permitted(error)
}

/// Whether a file system cannot exchange two names.
pub fn is_no_exchange(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported)
}

/// Turns the error "already exists" into success.
pub fn ignore_existing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsupported_call_has_the_kind_of_that_name() {
        let error = io::Error::from(Unsupported("locks"));
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(is_no_hard_link(&error) && is_no_exchange(&error) && !is_full(&error));
    }
}
