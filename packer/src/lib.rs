//! The packer: from a Python project to one executable file.

pub mod archive;
pub mod bytecode;
pub mod cli;
pub mod commands;
pub mod component;
pub mod config;
pub mod download;
pub mod error;
pub mod pipeline;
pub mod python;
pub mod resolve;
pub mod runtime;
pub mod sbom;
pub mod source;
#[cfg(test)]
mod testing;
pub mod tree;
pub mod ui;
pub mod wheel;
