//! Facts about the host for a bug report. Each is left out where the system does not tell it.

use std::path::Path;

use crate::imp;
pub use crate::types::{Limit, Mount};

/// The kernel and the kind of processor: `Linux 6.1.0-18-amd64 x86_64`.
pub fn kernel() -> String {
    imp::facts::kernel()
}

/// The mount that the file or directory at `path` is on.
pub fn mount(path: &Path) -> Option<Mount> {
    imp::facts::mount(path)
}

/// Limits of this process that a start can meet.
pub fn limits() -> Vec<Limit> {
    imp::facts::limits()
}

/// Containers and emulators that this process is known to run in: `docker`, `emulated on x86_64`.
pub fn surroundings() -> Vec<String> {
    imp::facts::surroundings()
}
