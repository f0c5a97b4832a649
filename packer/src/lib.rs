//! The packer: from a Python project to one executable file.

pub mod download;
pub mod error;
pub mod python;
pub mod runtime;
pub mod tree;
pub mod ui;
