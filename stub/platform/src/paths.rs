//! Paths from bytes, and places that a system has.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::imp;

/// Text for the operating system, of any bytes that it may have. On Windows bytes that are not
/// UTF-8 are replaced.
pub fn os_string_from_bytes(bytes: Vec<u8>) -> OsString {
    imp::paths::os_string_from_bytes(bytes)
}

/// A path of any bytes: see [`os_string_from_bytes`].
pub fn path_from_bytes(bytes: Vec<u8>) -> PathBuf {
    os_string_from_bytes(bytes).into()
}

/// Directories for every user's temporary files, best first: the first outlives a reboot. None
/// where every user has one of their own.
pub fn shared_temporary() -> &'static [&'static str] {
    imp::paths::SHARED_TEMPORARY
}
