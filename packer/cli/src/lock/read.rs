//! The formats, and their readers.

use super::error::Error;
use super::graph;
use super::model::{Lock, Selection};
use super::wanted::{LockFile, Wanted};
use super::{pdm, poetry, pylock, requirements, uv};

/// A reader of one format.
pub(super) type Read = fn(&LockFile, &Wanted) -> Result<Lock, Error>;

/// A format of lock files, in the order in which equal ones are preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Format {
    /// `uv.lock`, `script.py.lock`.
    Uv,
    /// `pylock.toml`, `pylock.NAME.toml`.
    Pylock,
    /// `poetry.lock`.
    Poetry,
    /// `pdm.lock`.
    Pdm,
    /// A `requirements.txt` with hashes.
    Requirements,
}

impl Format {
    fn reader(self) -> Read {
        match self {
            Self::Uv => uv::read,
            Self::Pylock => pylock::read,
            Self::Poetry => poetry::read,
            Self::Pdm => pdm::read,
            Self::Requirements => requirements::read,
        }
    }

    /// The tool or standard that defines it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Uv => "uv",
            Self::Pylock => "PEP 751",
            Self::Poetry => "Poetry",
            Self::Pdm => "PDM",
            Self::Requirements => "requirements with hashes",
        }
    }

    /// The command that makes the file anew.
    pub(super) fn command(self) -> &'static str {
        match self {
            Self::Uv => "uv lock",
            Self::Pylock => "uv export --format pylock.toml -o pylock.toml",
            Self::Poetry => "poetry lock",
            Self::Pdm => "pdm lock",
            Self::Requirements => "uv pip compile --generate-hashes",
        }
    }
}

/// Reads `file`, and selects what is wanted for the target.
pub(super) fn select(
    format: Format,
    file: &LockFile,
    wanted: &Wanted,
) -> Result<(Lock, Selection), Error> {
    let lock = format.reader()(file, wanted)?;
    let reached = graph::select(file, &lock, wanted.environment, wanted.name.as_deref())?;
    let selection = Selection {
        path: file.path.clone(),
        packages: reached.packages,
        others: reached.others,
        overrides: lock.overrides.clone(),
        outdated: lock.outdated.clone().or(reached.outdated),
    };
    Ok((lock, selection))
}
