//! Why a download failed.

use std::io;
use std::path::PathBuf;

use snakecrate_base::error::Remedy;

/// Why a download failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither `http`, `https` nor `file`.
    #[error("`{0}` isn't an http, https or file URL")]
    Scheme(String),
    /// The server's answer isn't 200.
    #[error("{url} answers with HTTP status {status}")]
    Status {
        /// The address, without credentials.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// No connection, or one that broke.
    #[error("cannot download {url}: {source}")]
    Network {
        /// The address, without credentials.
        url: String,
        /// The HTTP client's error.
        source: Box<ureq::Error>,
    },
    /// The connection broke, or the file of a `file:` URL cannot be read.
    #[error("cannot read {url}: {source}")]
    Read {
        /// The address, without credentials.
        url: String,
        /// The system's error.
        source: io::Error,
    },
    /// An `https:` address leads to one without encryption.
    #[error("{url} redirects to plain http")]
    Downgrade {
        /// The address, without credentials.
        url: String,
    },
    /// The file is larger than it may be.
    #[error("{url} is larger than {most} bytes")]
    TooLarge {
        /// The address, without credentials.
        url: String,
        /// The largest size in bytes.
        most: u64,
    },
    /// The content isn't the expected one.
    #[error("{url} has SHA-256 {actual}, not {expected}")]
    Digest {
        /// The address, without credentials.
        url: String,
        /// The digest that the caller gave, in hex.
        expected: String,
        /// The digest of the content, in hex.
        actual: String,
    },
    /// The file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The final name.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Scheme(_) => "give a URL that starts with https://, http:// or file://".into(),
            Self::Status { status: 401 | 403 | 407, .. } => {
                "check the credentials in the URL, and HTTPS_PROXY".into()
            }
            Self::Status { status: 404 | 410, .. } => {
                "check the URL; the file may have moved".into()
            }
            Self::Status { .. } => "try again later, or use a mirror".into(),
            Self::Network { .. } => "check the network, HTTPS_PROXY and SSL_CERT_FILE".into(),
            Self::Read { .. } => "check the network or the file, and try again".into(),
            Self::Downgrade { .. } => "use a mirror that serves https throughout".into(),
            Self::TooLarge { .. } => {
                "the server's file isn't the one that was announced: use another mirror".into()
            }
            Self::Digest { .. } => {
                "check the digest; if it is right, the file was altered on its way: do not use it"
                    .into()
            }
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space and try again".into()
            }
            Self::Write { .. } => "check that the directory can be written".into(),
        })
    }
}

impl Error {
    /// Whether another attempt may succeed.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            Self::Network { source, .. } => {
                !matches!(**source, ureq::Error::BadUri(_) | ureq::Error::Http(_))
            }
            Self::Read { url, .. } => !url.starts_with("file:"),
            _ => false,
        }
    }
}
