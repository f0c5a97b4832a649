//! The arguments of `size`.

use std::path::PathBuf;

use clap::Args;

/// The archive and the output of `size`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  snakecrate size ./app                         tables of components, kinds, directories and duplicates
  snakecrate size --json ./app                  the same with all directories and files, for programs

The lengths of components are exact, and every byte of the file belongs to one row. Files share compressed
blobs, so packed lengths of files, kinds and directories are estimates, marked with ~.")]
pub struct SizeArgs {
    /// The archive
    pub file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
