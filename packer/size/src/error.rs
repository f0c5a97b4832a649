//! Errors.

use std::io;
use std::path::PathBuf;

use snakecrate_base::error::Remedy;
use snakecrate_format::payload::BadPayload;

/// Why an archive cannot be measured.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The archive cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The archive.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Its bytes are not those of an archive.
    #[error("{} is damaged: {what}", path.display())]
    Damaged {
        /// The archive.
        path: PathBuf,
        /// A phrase that names the fault.
        what: String,
    },
}

impl Error {
    /// The error for a payload of the archive at `path`.
    pub(crate) fn of(path: &std::path::Path, error: BadPayload) -> Self {
        let path = path.to_owned();
        match error {
            BadPayload::Read(source) => Self::Read { path, source },
            other => Self::Damaged { path, what: other.to_string() },
        }
    }
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Read { .. } => None,
            Self::Damaged { .. } => Some("get the file again, or build it again".into()),
        }
    }
}
