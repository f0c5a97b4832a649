//! The packer: makes one executable file out of a Python application.

/// A digest of the packer's sources. It is part of the keys in the build cache, since another
/// version may make the same thing differently.
pub const BUILD_ID: &str = env!("SNAKECRATE_BUILD_ID");

pub mod archive;
pub mod attestations;
pub mod audit_sources;
pub mod bill;
pub mod build;
pub mod build_cache;
pub mod bytecode;
pub mod cli;
pub mod commands;
pub mod component;
pub mod diff;
pub mod exit_status;
pub mod footprint;
#[cfg(test)]
mod generated;
pub mod image;
pub mod installed;
pub mod launchers;
pub mod licences;
pub mod lock;
pub mod marker_environment;
pub mod overlay;
pub mod package;
pub mod prefix;
pub mod proof;
pub mod proposal;
pub mod provenance;
pub mod prune;
pub mod report;
pub mod resolve;
pub mod runtime_args;
pub mod settings;
pub mod source;
pub mod wheel;
pub mod wheelhouse;
