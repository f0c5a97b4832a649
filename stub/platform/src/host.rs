//! The machine that this runs on.

use crate::imp;

/// Identifies this run of the operating system since it booted; `None` if the system has no such
/// identity.
pub fn boot_id() -> Option<String> {
    imp::host::boot_id()
}

/// Seconds since 1970, as far as the clock knows.
pub fn seconds() -> i64 {
    imp::host::seconds()
}

/// How many processors this process may use.
pub fn processors() -> usize {
    imp::host::processors()
}
