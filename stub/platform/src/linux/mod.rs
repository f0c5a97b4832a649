//! Linux, by `rustix`, `libc` and `/proc`.

pub(crate) mod child;
/// In the launcher alone: its C library is musl.
#[cfg(any(test, all(target_env = "musl", panic = "abort")))]
mod compare;
pub(crate) mod dialog;
pub(crate) mod directory;
pub(crate) mod error;
pub(crate) mod facts;
pub(crate) mod file;
pub(crate) mod host;
#[cfg(feature = "interrupts")]
pub(crate) mod interrupt;
pub(crate) mod paths;
pub(crate) mod process;
pub(crate) mod terminal;
/// Likewise with the function's own name.
#[cfg(all(target_env = "musl", panic = "abort"))]
mod thread_name;
pub(crate) mod trust;
/// glibc's static library brings its own.
#[cfg(all(target_env = "musl", panic = "abort"))]
mod unwind;
