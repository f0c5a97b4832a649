//! The flags of `init`.

use clap::Args;

/// The source, and what is done with its table.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// A project's directory or a .py script
    #[arg(default_value = ".")]
    pub source: String,
    /// Write the table without a question
    #[arg(long)]
    pub write: bool,
    /// Replace an existing table
    #[arg(long)]
    pub force: bool,
}
