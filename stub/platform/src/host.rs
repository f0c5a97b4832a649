//! The machine that this runs on.

use crate::imp;

/// What tells this run of the operating system from the last; `None` where it does not say.
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
