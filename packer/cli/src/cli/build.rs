//! The flags of `build` that say what is done, and that no archive depends on.

use clap::Args;

/// What is done beside the build, or in place of it.
#[derive(Debug, Clone, Copy, Args)]
pub struct BuildModes {
    /// Show what would be packed, and write nothing but to the packer's cache
    #[arg(long)]
    pub dry_run: bool,
    /// Print JSON, with --dry-run
    #[arg(long, requires = "dry_run")]
    pub json: bool,
    /// Print how long each stage takes, and what was cached
    #[arg(long, conflicts_with = "dry_run")]
    pub timings: bool,
}
