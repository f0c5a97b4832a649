//! Why an audit failed.

use std::io;
use std::path::PathBuf;

use super::report::{Problem, Report};
use crate::archive;
use snakecrate_base::error::Remedy;

/// Why there is no audit, or why it failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Neither an archive, a wheel, a directory nor an ELF file.
    #[error("{} is no archive, wheel, directory or ELF file", .0.display())]
    Kind(PathBuf),
    /// An archive that is damaged.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// It would not run.
    #[error("{problem}{}", others(*more))]
    Problem {
        /// The first problem.
        problem: Box<Problem>,
        /// How many others there are.
        more: usize,
    },
}

fn others(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "; and one more problem".into(),
        _ => format!("; and {count} more problems"),
    }
}

impl Error {
    /// The problems of `report`, if there are any.
    ///
    /// # Errors
    ///
    /// [`Error::Problem`].
    pub fn check(report: &Report) -> Result<(), Self> {
        match report.problems.split_first() {
            None => Ok(()),
            Some((problem, others)) => {
                Err(Self::Problem { problem: Box::new(problem.clone()), more: others.len() })
            }
        }
    }
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Read { .. } => "check the path and its permissions".into(),
            Self::Kind(_) => "name a file that `snakecrate build` made, or a .whl".into(),
            Self::Archive(error) => return error.remedy(),
            Self::Problem { problem, .. } => match &**problem {
                Problem::Machine { .. } | Problem::Musl { .. } => {
                    "take a wheel for x86-64 Linux with glibc, or build it from source \
                     (--no-binary)"
                        .into()
                }
                Problem::Damaged { .. } => "download the wheel again".into(),
                Problem::Missing { library, .. } => format!(
                    "build with --include-lib {library} to take it from this machine, or with \
                     --allow-missing {library} to do without"
                ),
                Problem::Glibc { wanted, .. } => format!(
                    "take an older release of it, build it on an older system, or allow {}",
                    wanted.glibc()
                ),
                Problem::Libstdcxx { .. } => "build on a system with a newer libstdc++".into(),
            },
        })
    }
}
