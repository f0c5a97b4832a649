//! The requirements of native code on its host: glibc, libraries, processor.
//!
//! ```text
//! tree, directory, ELF file ─ collect ─→ Unit { objects } ─ audit ─→ Report ─→ text, JSON, error
//! ```
//!
//! [`Object`] holds the facts of one ELF file and can be stored beside a packed component. A
//! [`Report`] is computed from objects alone, so a rebuild reads no file again. Nothing is executed
//! and no library of the build machine is read: the result is the same on every machine.

mod class;
mod collect;
pub mod elf;
mod error;
mod isa;
mod judge;
mod object;
mod policy;
mod provide;
mod report;
mod required;
mod search_path;
mod tags;
#[cfg(test)]
mod tests;
mod text;
mod unit;
mod version;

pub use class::{Class, class, is_libc};
pub use collect::{directory, file, object, objects_of};
pub use error::Error;
pub use judge::audit;
pub use object::{Defect, Object};
pub use provide::Provider;
pub use report::{
    Absent, Bundled, Floor, Level, Library, Options, Pages, Place, Problem, Report, Want,
};
pub use tags::{Claim, claim};
pub use unit::{Root, Unit};
pub use version::{Glibc, Version};
