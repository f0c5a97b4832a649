//! Why a lock file cannot be used.

use std::io;
use std::path::PathBuf;

use snakecrate_base::error::Remedy;

/// A lock file that cannot be used, or a selection that it does not have.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The file isn't what its name says.
    #[error("{}: {cause}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The problem with it.
        cause: String,
    },
    /// An extra or a group that the project does not have.
    #[error("the project has no {kind} `{name}`")]
    Unknown {
        /// `extra` or `group`.
        kind: &'static str,
        /// The unknown name.
        name: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// The file is in no known format.
    #[error("{} is not a lock file of a known format", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// There is no lock file, and `--locked` requires one.
    #[error("{0} has no lock file")]
    Absent(String),
    /// The lock is outdated, and `--locked` refuses that.
    #[error("{} is outdated: {cause}", path.display())]
    Outdated {
        /// The lock.
        path: PathBuf,
        /// The difference, as a clause about the lock.
        cause: String,
        /// How to make it anew.
        help: String,
    },
    /// Two lock files select different distributions.
    #[error("{} and {} differ for the target: {}", first.display(), second.display(), some(differences))]
    Different {
        /// The preferred file.
        first: PathBuf,
        /// Another.
        second: PathBuf,
        /// `NAME (VERSION, VERSION)` for each difference.
        differences: Vec<String>,
    },
    /// The lock is for other versions of Python.
    #[error("{} is for Python {wanted}, but the interpreter is {actual}", path.display())]
    Python {
        /// The lock.
        path: PathBuf,
        /// Its range.
        wanted: String,
        /// The interpreter's version.
        actual: String,
    },
    /// The lock is for other targets.
    #[error("{} is not for this target, only for: {environments}", path.display())]
    Environment {
        /// The lock.
        path: PathBuf,
        /// Its markers.
        environments: String,
    },
    /// The lock is of another project.
    #[error("{} does not lock this project", path.display())]
    NotLocked {
        /// The lock.
        path: PathBuf,
    },
    /// The extras of a requirement aren't known.
    #[error("`--all-extras` is for projects and wheels; {0} is a requirement")]
    AllExtras(String),
    /// A lock has no digest of a file that the packer can check.
    #[error("{}: no file of {name} has a SHA-256 digest", path.display())]
    Digest {
        /// The lock.
        path: PathBuf,
        /// The distribution.
        name: String,
    },
    /// Extras or groups that the lock declares to be in conflict.
    #[error("{}: {first} and {second} are in conflict", path.display())]
    Conflict {
        /// The lock.
        path: PathBuf,
        /// ``extra `cpu` ``
        first: String,
        /// ``group `gpu` ``
        second: String,
    },
    /// A requirement leads to no node of the lock.
    #[error("{}: {required_by} requires {name}, which the lock does not have", path.display())]
    Dangling {
        /// The lock.
        path: PathBuf,
        /// The distribution that requires it, or `the project`.
        required_by: String,
        /// The requirement.
        name: String,
    },
    /// Two versions of one distribution apply to the target.
    #[error("{}: two versions of {name} apply to the target: {first} and {second}", path.display())]
    Ambiguous {
        /// The lock.
        path: PathBuf,
        /// The distribution.
        name: String,
        /// One version or source.
        first: String,
        /// Another.
        second: String,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Read { .. } => "check the file's permissions".into(),
            Self::Format { .. } => {
                "name a uv.lock, pylock.toml, poetry.lock, pdm.lock or requirements.txt with hashes"
                    .into()
            }
            Self::Absent(_) => "make a lock file, or build without --locked".into(),
            Self::Outdated { help, .. } => help.clone(),
            Self::Different { .. } => "choose one with --lock FILE".into(),
            Self::Python { .. } => "choose another interpreter with --python".into(),
            Self::Environment { .. } => "make a lock file for this target, or use --no-lock".into(),
            Self::AllExtras(name) => format!("name them: `{name}[EXTRA]`"),
            Self::Digest { .. } => "make the lock file with SHA-256 digests".into(),
            Self::Conflict { .. } => "choose one of them".into(),
            Self::Content { .. } | Self::Dangling { .. } | Self::NotLocked { .. } => {
                "make the lock file again, or ignore it with --no-lock".into()
            }
            Self::Unknown { known, .. } if known.is_empty() => "remove the option".into(),
            Self::Unknown { known, .. } => format!("choose one of: {}", known.join(", ")),
            Self::Ambiguous { .. } => {
                "make the lock file again; extras or groups that conflict cannot be packed together"
                    .into()
            }
        })
    }
}

/// The first three, and the number of the others.
fn some(differences: &[String]) -> String {
    let shown = differences.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    match differences.len().saturating_sub(3) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
