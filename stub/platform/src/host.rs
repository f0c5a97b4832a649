//! The machine that this runs on.

use crate::imp;

/// A text that differs after each boot of the operating system; `None` if the system has none.
pub fn boot_id() -> Option<String> {
    imp::host::boot_id()
}

/// Seconds since 1970, by the host's clock, which may be wrong.
pub fn seconds() -> i64 {
    imp::host::seconds()
}

/// The number of processors that this process may use, at least 1.
pub fn processors() -> usize {
    imp::host::processors()
}
