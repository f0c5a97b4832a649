//! The arguments of `test`.

use std::path::PathBuf;

use clap::Args;

/// The archive and the requirements of `test`.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// The archive
    pub archive: PathBuf,
    /// Module to run in the archive's interpreter
    #[arg(short, long, value_name = "MODULE", default_value = "pytest")]
    pub module: String,
    /// Requirement of the tests
    #[arg(long, value_name = "REQ")]
    pub with: Vec<String>,
    /// Requirements file of the tests
    #[arg(short, long, value_name = "FILE")]
    pub requirements: Vec<PathBuf>,
    /// Package index [default: the one that uv is configured for]
    #[arg(long, value_name = "URL")]
    pub index_url: Option<String>,
    /// Directory or page with additional wheels
    #[arg(long, value_name = "PLACE")]
    pub find_links: Vec<String>,
    /// Do not use the network
    #[arg(long)]
    pub offline: bool,
    /// Python of the archive's version that resolves and has the whole standard library [default: one
    /// that this machine has, or downloads]
    #[arg(long, value_name = "SPEC")]
    pub python: Option<String>,
}
