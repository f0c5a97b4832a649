//! The packer: from a Python project to one executable file.

pub mod archive;
pub mod bytecode;
pub mod component;
pub mod error;
pub mod python;
pub mod sbom;
pub mod tree;
pub mod ui;
