//! Why an archive cannot become a prefix.

use std::io;
use std::path::PathBuf;

use snakecrate_base::error::Remedy;

use crate::archive;

/// Why an archive cannot become a prefix.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The archive cannot be read, or its files cannot be written.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// It has no runtime.
    #[error("`{}` brings no runtime", .0.display())]
    NoRuntime(PathBuf),
    /// It starts nothing.
    #[error("`{}` is a runtime and has no entry", .0.display())]
    NoEntry(PathBuf),
    /// It has a first-run hook.
    #[error("`{}` has a first-run hook, and an extracted environment cannot remember that it ran", .0.display())]
    FirstRun(PathBuf),
    /// It has no C library of its own.
    #[error("`{}` bundles no C library", .0.display())]
    NoCLibrary(PathBuf),
    /// This packer has no launcher for it.
    #[error("there is no launcher for {0} in this snakecrate")]
    NoLauncher(String),
    /// Two components need one path for different files.
    #[error("`{first}` and `{second}` both have `{path}`, with different contents")]
    Conflict {
        /// The path.
        path: String,
        /// The one component.
        first: String,
        /// The other one.
        second: String,
    },
    /// An entry's link would take the place of the program that it executes.
    #[error("the entry `{entry}` executes `{program}`, whose place it needs")]
    Covers {
        /// The entry.
        entry: String,
        /// The program's path.
        program: String,
    },
    /// A script cannot be changed.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Archive(error) => return error.remedy(),
            Self::NoRuntime(_) => "build the application without `--runtime external`".into(),
            Self::NoEntry(_) => "give the archive of an application".into(),
            Self::FirstRun(_) => "build it without a first-run hook".into(),
            Self::NoCLibrary(_) => {
                "build it with `--libc auto`, or leave out `--libc bundled`".into()
            }
            Self::NoLauncher(_) => "run ci/launchers and build snakecrate again".into(),
            Self::Conflict { .. } => "leave one of the files out with --exclude".into(),
            Self::Covers { entry, .. } => format!("give the entry another name than `{entry}`"),
            Self::Write { .. } => "check that the directory may be written to and has room".into(),
        })
    }
}
