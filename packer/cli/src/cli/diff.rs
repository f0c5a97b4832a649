//! The arguments of `diff`.

use std::path::PathBuf;

use clap::Args;

/// The archives and the output of `diff`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  snakecrate diff app-1.4 app-1.5               what an upgrade brings
  snakecrate diff --online app-1.4 app-1.5      and whether one of its versions was yanked since
  snakecrate diff --json app-1.4 app-1.5        the same for programs
  snakecrate diff --exit-code ./app rebuilt/app equal, or status 3

Downgrades (by PEP 440), pre-releases and other licences stand out. An archive doesn't know whether a
version was yanked later: --online asks the package index, and fails if it cannot. The exit status is 0
even if they differ, unless --exit-code is given.")]
pub struct DiffArgs {
    /// The old archive
    pub old: PathBuf,
    /// The new archive
    pub new: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Exit with status 3 if they differ
    #[arg(long)]
    pub exit_code: bool,
    /// Ask the package index which of the new versions were yanked
    #[arg(long)]
    pub online: bool,
    /// Package index to ask [default: that of uv's environment variables, or PyPI]
    #[arg(long, value_name = "URL", requires = "online")]
    pub index_url: Option<String>,
}
