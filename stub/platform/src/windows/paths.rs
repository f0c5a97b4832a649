use std::ffi::OsString;

/// Empty, since each user has a directory for temporary files.
pub(crate) const SHARED_TEMPORARY: &[&str] = &[];

/// None yet: no one but administrators may write to it, which nothing here can check.
pub(crate) const SYSTEM_CACHE: Option<&str> = None;

/// As above.
pub(crate) const SYSTEM_PROGRAMS: Option<&str> = None;

#[allow(clippy::needless_pass_by_value, reason = "other platforms take the bytes over")]
pub(crate) fn os_string_from_bytes(bytes: Vec<u8>) -> OsString {
    String::from_utf8_lossy(&bytes).into_owned().into()
}
