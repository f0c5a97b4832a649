//! Paths from bytes, and fixed paths of the system.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::imp;

/// Text for the operating system with these bytes. On Windows, bytes that aren't UTF-8 are
/// replaced.
pub fn os_string_from_bytes(bytes: Vec<u8>) -> OsString {
    imp::paths::os_string_from_bytes(bytes)
}

/// A path with these bytes: see [`os_string_from_bytes`].
pub fn path_from_bytes(bytes: Vec<u8>) -> PathBuf {
    os_string_from_bytes(bytes).into()
}

/// The directory for caches that the administrator fills for all users, where the system has one.
pub fn system_cache() -> Option<&'static str> {
    imp::paths::SYSTEM_CACHE
}

/// The directory for the parts of programs that the administrator installs for all users, where the
/// system has one.
pub fn system_programs() -> Option<&'static str> {
    imp::paths::SYSTEM_PROGRAMS
}

/// Directories for the temporary files of all users, best first: files in the first one survive a
/// reboot. Empty on systems where each user has a directory.
pub fn shared_temporary() -> &'static [&'static str] {
    imp::paths::SHARED_TEMPORARY
}
