use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

pub(crate) const SHARED_TEMPORARY: &[&str] = &["/var/tmp", "/tmp"];

pub(crate) const SYSTEM_CACHE: Option<&str> = Some("/var/cache");

pub(crate) const SYSTEM_PROGRAMS: Option<&str> = Some("/usr/lib");

pub(crate) fn os_string_from_bytes(bytes: Vec<u8>) -> OsString {
    OsString::from_vec(bytes)
}
