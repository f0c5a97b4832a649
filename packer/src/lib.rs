//! The packer: from a Python project to one executable file.

pub mod archive;
pub mod bytecode;
pub mod component;
pub mod config;
pub mod download;
pub mod error;
pub mod python;
pub mod runtime;
pub mod resolve;
pub mod source;
pub mod sbom;
#[cfg(test)]
mod testing;
pub mod tree;
pub mod ui;
pub mod wheel;
