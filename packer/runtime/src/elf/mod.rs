//! Surgery on 64-bit, little-endian ELF files for the targets of archives.
//!
//! [`Image`] reads a file and writes it without the parts that no loader reads; [`search_path`]
//! changes where the loader looks for libraries; [`patch_area`] reserves space that the launcher
//! fills in; [`strip`] removes debug information. Code and data never move, and a loaded byte that
//! need not change stays as it is.
//!
//! Facts are read by `goblin`, but no crate does the editing. Measured on the 77 ELF files in the
//! wheels of numpy, pandas, cryptography, pydantic-core, lxml and `PyYAML`, and on an executable that
//! `patchelf` had edited, as those of python-build-standalone are:
//!
//! - `object` 0.40 (`build::elf::Builder`) writes all sections anew. Files that come from the linker
//!   turn out well: 507 of CPython 3.11 and of Debian have our size within 0.05 %, all together. Files
//!   that were edited before do not: they lose what no section describes (1.7 MB of loaded bytes in 8
//!   files), grow by up to 17.9 % (that executable by 10.5 %), and a segment of numpy's `OpenBLAS`
//!   led out of the file. Bytes behind the ELF part are lost.
//! - `object-rewrite` 0.1.1, which moves sections on top of it, refuses 3 of these files.
//! - `elb` 0.4.1 adds pages: 65 of the files grow by more than 1 %. `object` does not parse 6 of the
//!   results, nor the executable.

pub mod grow;
pub mod image;
pub mod loader;
pub mod patch_area;
pub mod search_path;
pub mod strings;
pub mod strip;
#[cfg(test)]
mod tests;

pub use image::Image;
pub use strip::Strip;

/// Why an ELF file cannot be edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);
