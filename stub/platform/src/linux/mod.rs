//! Linux, by `rustix`, `libc` and `/proc`.

pub(crate) mod error;
pub(crate) mod file;
pub(crate) mod paths;
pub(crate) mod process;
