//! The arguments of `size`.

use std::path::PathBuf;

use clap::Args;

/// The archive and the output of `size`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  snakecrate size ./app                         parts, kinds of files, directories, duplicates
  snakecrate size ./app --compare app-1.4       and what grew since
  snakecrate size ./app --report report.json    and what the proof of this build never loaded
  snakecrate size ./app --html size.html        a page with a treemap

Every byte of the file belongs to one of the parts, whose lengths are exact. Files share compressed blobs,
so packed lengths of files, kinds and directories are estimates, marked with ~.")]
pub struct SizeArgs {
    /// The archive
    pub file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Show what grew since this archive
    #[arg(long, value_name = "OLD")]
    pub compare: Option<PathBuf>,
    /// Report of the archive's build (`build --report`): show what its proof never loaded, and the keys
    /// that leave it out
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Write a self-contained page with a treemap to this file, instead of printing tables
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub html: Option<PathBuf>,
}
