//! What each subcommand does. Results go to standard output, all else to standard error.

mod audit;
mod build;
mod cache;
mod inspect;
mod labels;
mod prune;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::archive;
use crate::cli::{Cli, Command};

use crate::source;
use snakecrate_base::error::Remedy;
use snakecrate_base::ui::Ui;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was built.
    #[error(transparent)]
    Build(#[from] crate::build::Error),
    /// An archive cannot be used.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// Native code would not run.
    #[error(transparent)]
    Audit(#[from] snakecrate_audit::Error),
    /// There is nothing to audit.
    #[error(transparent)]
    Collect(#[from] crate::audit_sources::Error),
    /// What was built does not start.
    #[error("cannot start {}: {source}", path.display())]
    Start {
        /// The archive.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The cache cannot be read or changed.
    #[error("cannot {what} the cache in {}: {source}", path.display())]
    Cache {
        /// `read`, `prune` …
        what: &'static str,
        /// Its root.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The cache is not what was packed.
    #[error("the cache in {} is damaged: {trees} of its trees differ from what was packed", path.display())]
    Damaged {
        /// Its root.
        path: PathBuf,
        /// How many trees.
        trees: usize,
    },
    /// Standard output is gone.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

impl From<source::Error> for Error {
    fn from(error: source::Error) -> Self {
        Self::Build(error.into())
    }
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Build(error) => error.remedy(),
            Self::Archive(error) => error.remedy(),
            Self::Audit(error) => error.remedy(),
            Self::Collect(error) => error.remedy(),
            Self::Start { .. } => {
                Some("set SNAKECRATE_CACHE to a place that allows execution".into())
            }
            Self::Cache { .. } => Some("set SNAKECRATE_CACHE to a directory of yours".into()),
            Self::Damaged { .. } => Some("snakecrate cache verify --repair".into()),
            Self::Output(_) => None,
        }
    }
}

/// Runs the command.
pub fn run(cli: Cli) -> Result<ExitCode, Error> {
    let ui = Ui::new(cli.global.verbosity());
    match cli.command {
        Command::Build { args } => build::build(args, ui)?,
        Command::Run { args, arguments } => return Err(build::run(args, &arguments, ui)),
        Command::Inspect { file, json } => inspect::inspect(&file, json)?,
        Command::Audit { path, json, max_glibc, allow_missing } => {
            audit::audit(&path, json, max_glibc, allow_missing)?;
        }
        Command::Verify { file } => inspect::verify(&file, ui)?,
        Command::Extract { file, directory } => inspect::extract(&file, &directory, ui)?,
        Command::Cache(command) => cache::run(&command, ui)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints a result. A reader that went away wanted no more: that is no failure.
fn print(text: &str) -> Result<(), Error> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
