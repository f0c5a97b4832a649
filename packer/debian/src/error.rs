//! Why a Python cannot be taken from packages.

use std::io;
use std::path::PathBuf;

use snakecrate_base::error::Remedy;
use snakecrate_download as download;

/// Why a Python cannot be taken from packages.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The keyring cannot be used.
    #[error("{} is no keyring: {reason}", path.display())]
    Keyring {
        /// The keyring.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// A download failed.
    #[error(transparent)]
    Download(#[from] download::Error),
    /// The release isn't signed by a key that is trusted.
    #[error("the signature of {url} cannot be verified: {reason}")]
    Signature {
        /// The address of `InRelease`.
        url: String,
        /// The reason.
        reason: String,
    },
    /// The release says that it isn't valid any more.
    #[error("{url} expired on {until}")]
    Expired {
        /// The address of `InRelease`.
        url: String,
        /// Its `Valid-Until`.
        until: String,
    },
    /// The mirror has an older release than before.
    #[error("{url} is of {date}, older than the one of {known} that was seen before")]
    Older {
        /// The address of `InRelease`.
        url: String,
        /// Its `Date`.
        date: String,
        /// The `Date` of the one that was seen before.
        known: String,
    },
    /// The release is one of another suite.
    #[error("{url} is the release of {found}, not of {suite}")]
    Suite {
        /// The address of `InRelease`.
        url: String,
        /// The suite that was asked for.
        suite: String,
        /// The names in the release.
        found: String,
    },
    /// A list cannot be read.
    #[error("cannot read {url}: {reason}")]
    Malformed {
        /// The address of the list.
        url: String,
        /// The reason.
        reason: String,
    },
    /// The suite has no packages for an architecture.
    #[error("{url} lists no {file}")]
    Architecture {
        /// The address of `InRelease`.
        url: String,
        /// The list of packages.
        file: String,
    },
    /// The suite has no such Python.
    #[error("{suite} has no package python{wanted} for {architecture}{}", list(has))]
    NoPython {
        /// The suite's name.
        suite: String,
        /// The minor version, empty for any.
        wanted: String,
        /// The architecture.
        architecture: String,
        /// The minor versions that it has.
        has: Vec<String>,
    },
    /// A package isn't in the suite although another one depends on it.
    #[error("{package} depends on {name}, which {suite} doesn't have")]
    Dependency {
        /// The package.
        package: String,
        /// The missing one.
        name: String,
        /// The suite's name.
        suite: String,
    },
    /// A package has a file that isn't unpacked.
    #[error("cannot unpack {package}: {}{reason}", member.as_deref().map(|name| format!("{name}: ")).unwrap_or_default())]
    Package {
        /// The file's name.
        package: String,
        /// The path in it.
        member: Option<String>,
        /// The reason.
        reason: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

fn list(has: &[String]) -> String {
    if has.is_empty() { String::new() } else { format!("; it has {}", has.join(", ")) }
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Keyring { .. } => {
                "name a file of OpenPGP public keys, such as debian-archive-keyring.gpg".into()
            }
            Self::Download(download::Error::Status { status: 404 | 410, .. }) => {
                "check the suite's name, such as bookworm, and --debian-mirror".into()
            }
            Self::Download(error) => return error.remedy(),
            Self::Signature { .. } => {
                "use another mirror; for a derivative, name its keys with --debian-keyring".into()
            }
            Self::Expired { .. } => {
                "check this machine's clock, or use a mirror that is up to date".into()
            }
            Self::Older { .. } => "use a mirror that is up to date".into(),
            Self::Suite { found, .. } => format!("ask for {found}, or use another mirror"),
            Self::Malformed { .. } | Self::Dependency { .. } => "use another mirror".into(),
            Self::Architecture { .. } => "use a suite and a mirror with this architecture".into(),
            Self::NoPython { has, .. } if !has.is_empty() => "ask for one of these".into(),
            Self::NoPython { .. } => "ask for a suite that has Python 3.9 or newer".into(),
            Self::Package { .. } => {
                "do not use this package; use another mirror or another suite".into()
            }
            Self::Read { .. } => "check that it exists and can be read".into(),
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space and try again".into()
            }
            Self::Write { .. } => "check that the cache directory can be written".into(),
        })
    }
}
