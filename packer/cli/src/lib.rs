//! The packer: from a Python project to one executable file.

/// Tells this packer from every other: what one has in the cache may be made in another way by the
/// next. A digest of its sources.
pub const BUILD_ID: &str = env!("SNAKECRATE_BUILD_ID");

pub mod archive;
pub mod audit_sources;
pub mod build;
pub mod build_cache;
pub mod bytecode;
pub mod cli;
pub mod commands;
pub mod component;
pub mod prune;
pub mod resolve;
pub mod sbom;
pub mod settings;
pub mod source;
pub mod wheel;
