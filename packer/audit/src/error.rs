//! Why an audit failed.

use std::io;
use std::path::PathBuf;

use snakecrate_base::error::Remedy;

use crate::report::{Problem, Report};

/// Why an audit failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or directory cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The audit found problems.
    #[error("{problem}{}", others(*more))]
    Problem {
        /// The first problem.
        problem: Box<Problem>,
        /// The number of others.
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
            Self::Problem { problem, .. } => match &**problem {
                Problem::Machine { wanted, .. } => format!(
                    "use a wheel for {wanted} Linux with glibc, or build it from source \
                     (--no-binary)"
                ),
                Problem::Musl { .. } => {
                    "use a wheel for glibc, or build it from source (--no-binary)".into()
                }
                Problem::Damaged { .. } => "download the wheel again".into(),
                Problem::Missing { libraries } => {
                    let names: Vec<_> = libraries.iter().map(|one| &*one.library).collect();
                    let (names, it) =
                        (names.join(","), if names.len() == 1 { "it" } else { "them" });
                    format!(
                        "bundle {it} from this machine with --include-lib {names}, or build \
                         without {it} with --allow-missing {names}"
                    )
                }
                Problem::Glibc { wanted, .. } => format!(
                    "use an older release of it, build it on an older system, or allow {}",
                    wanted.glibc()
                ),
                Problem::Libstdcxx { .. } => "build on a system with a newer libstdc++".into(),
            },
        })
    }
}
