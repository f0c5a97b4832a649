//! The packer: from a Python project to one executable file.

pub mod download;
pub mod error;
pub mod python;
pub mod runtime;
#[cfg(test)]
mod testing;
pub mod tree;
pub mod ui;
