//! The runtime: from `--python SPEC` to a trimmed, relocatable tree.
//!
//! [`discover`] finds the interpreter that the user asks for; [`mod@harvest`] copies it into a
//! [`snakecrate_base::tree::Tree`] that runs from any directory of any host.

pub mod c_library;
pub mod discover;
pub mod elf;
pub mod error;
mod file_state;
pub mod fingerprint;
pub mod harvest;
pub mod host_data;
pub mod imports;
mod include_lib;
pub mod libraries;
pub mod parts;
pub mod patterns;
pub mod pieces;
pub mod reach;
mod relocate;
mod root;
mod sanitise;
mod tcl;
#[cfg(test)]
mod tests;
pub mod trim;
mod walk;
pub mod worker;

pub use elf::Strip;
pub use error::Error;
pub use fingerprint::fingerprint;
pub use harvest::harvest;
pub use imports::{Called, Imports, Scanner, called};
pub use include_lib::IncludedLibs;
pub use parts::Part;
pub use pieces::{Piece, Pieces};
pub use trim::Policy;
pub use worker::Workers;
