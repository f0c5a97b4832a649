//! The runtime: from `--python SPEC` to a trimmed, relocatable tree.
//!
//! [`spec`] reads the request, [`find`] answers it with an interpreter, [`harvest`] copies that
//! into a [`snakecrate_base::tree::Tree`] that runs wherever it is put.

pub mod c_library;
pub mod elf;
pub mod error;
pub mod find;
pub mod fingerprint;
mod graft;
pub mod harvest;
pub mod host;
pub mod imports;
pub mod index;
pub mod installed;
pub mod libraries;
pub mod parts;
pub mod probe;
pub mod reach;
mod relocate;
mod sanitise;
pub mod spec;
pub mod standalone;
mod tcl;
#[cfg(test)]
mod tests;
pub mod trim;
pub mod worker;

pub use elf::Strip;
pub use error::Error;
pub use find::{Request, find};
pub use fingerprint::fingerprint;
pub use graft::Grafts;
pub use harvest::harvest;
pub use imports::{Imports, Scanner};
pub use installed::Places;
pub use parts::Part;
pub use spec::Spec;
pub use standalone::PythonDirectories;
pub use trim::Policy;
pub use worker::Workers;
