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
    /// A manifest and what it refers to do not fit together.
    #[error("cannot use the image {digest}: {reason}")]
    Invalid {
        /// The manifest's digest.
        digest: String,
        /// The reason.
        reason: String,
    },
    /// A layer of a type that is no tar.
    #[error("a layer has the type `{0}`, which isn't a tar with gzip, zstd or no compression")]
    LayerType(String),
    /// A layer's bytes are only in a registry.
    #[error("layer {0} is in a registry only")]
    Elsewhere(String),
    /// Two images are for the same target.
    #[error("two of the images are for {0}")]
    SameTarget(String),
    /// Two images are of different applications or versions.
    #[error("one of the images is of {0}, another one of {1}")]
    DifferentApplications(String, String),
    /// An image for no target at all.
    #[error("the image is for no target: its index is empty")]
    NoTarget,
    /// A docker-archive has one image.
    #[error("cannot write {}: a docker-archive is for one target", .0.display())]
    SeveralTargets(PathBuf),
    /// A base image isn't there for the target.
    #[error("the base image {base} has nothing for {architecture}")]
    BaseTarget {
        /// Its name.
        base: String,
        /// The processor.
        architecture: String,
    },
    /// An image without layers whose contents are known.
    #[error("the image {0} has no layers with a runtime of snakecrate")]
    NotOurs(String),
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Write { .. } => Some("check that the directory exists and is writable".into()),
            Self::Read { .. } => None,
            Self::NotALayout { .. } => {
                Some("give a directory that has the files oci-layout and index.json".into())
            }
            Self::Malformed { .. } | Self::Damaged { .. } | Self::Invalid { .. } => {
                Some("make the image again".into())
            }
            Self::LayerType(_) | Self::BaseTarget { .. } => {
                Some("choose another base image".into())
            }
            Self::Elsewhere(_) => {
                Some("push the image, or copy the base image to a directory".into())
            }
            Self::SameTarget(_) => Some("give one archive for each target".into()),
            Self::DifferentApplications(..) => {
                Some("make an image for each application and version".into())
            }
            Self::SeveralTargets(_) => {
                Some("write an OCI layout, or give one archive or --target".into())
            }
            Self::NotOurs(_) | Self::NoTarget => {
                Some("make the image with `snakecrate image`".into())
            }
        }
    }
}
