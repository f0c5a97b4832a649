//! Surgery on 64-bit, little-endian ELF files for the targets of archives.
//!
//! [`Image`] reads a file and writes it without the parts that no loader reads; [`search_path`]
//! changes where the loader looks for libraries; [`strip`]
//! takes debug information out. Nothing that
//! code refers to ever moves.

pub mod grow;
pub mod image;
pub mod loader;
pub mod room;
pub mod search_path;
pub mod strings;
pub mod strip;
#[cfg(test)]
mod tests;

pub use image::Image;
pub use strip::Strip;

/// Why an ELF file is not one that can be worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);
