//! What only the platform can do. Another platform gets a module beside `linux`.
//!
//! All of the launcher's `unsafe` is in here, but for the symbol `main`.

#[allow(unsafe_code)]
mod arena;
#[cfg(target_os = "linux")]
mod linux;
/// glibc's static library brings its own.
#[cfg(all(target_env = "musl", panic = "abort"))]
#[allow(unsafe_code)]
mod unwind;

pub use arena::Arena;
#[cfg(target_os = "linux")]
pub use linux::*;
