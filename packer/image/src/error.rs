//! Why an image cannot be written or read.

use std::io;
use std::path::PathBuf;

use snakecrate_base::error::Remedy;

/// Why an image cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or directory cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A directory isn't an OCI layout.
    #[error("{} isn't an OCI layout: {reason}", path.display())]
    NotALayout {
        /// The directory.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// A manifest, index or configuration cannot be understood.
    #[error("cannot read {digest}: {source}")]
    Malformed {
        /// Its digest.
        digest: String,
        /// The cause.
        source: serde_json::Error,
    },
    /// A blob has other bytes than its digest says.
    #[error("{} isn't what {digest} names: the file is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The digest.
        digest: String,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Write { .. } => Some("check that the directory exists and is writable".into()),
            Self::Read { .. } => None,
            Self::NotALayout { .. } => {
                Some("give a directory that has the files oci-layout and index.json".into())
            }
            Self::Malformed { .. } | Self::Damaged { .. } => Some("make the image again".into()),
        }
    }
}
