//! What a wheel was made from, for statements about a build.

use serde::{Deserialize, Serialize};
use snakecrate_base::redact::redacted;

use super::pin::{Git, Place, Remote};

/// What a wheel is, or was built from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Material {
    /// A file of an index or a page: the wheel itself, or a source distribution.
    File {
        /// Its name.
        name: String,
        /// Its address without credentials; `None` for a file of this machine.
        url: Option<String>,
        /// Its digest in hex, if the index has it.
        sha256: Option<String>,
    },
    /// A commit.
    Git {
        /// The repository's address without credentials.
        url: String,
        /// The whole hash of the commit.
        commit: String,
    },
}

impl Material {
    /// What is at `place`; `None` for a directory, whose contents may change.
    pub(super) fn of(place: &Place) -> Option<Self> {
        match place {
            Place::Wheel(remote) | Place::Source(remote) => Some(Self::file(remote)),
            Place::Git(Git { url, commit, .. }) => {
                Some(Self::Git { url: redacted(url).into_owned(), commit: commit.clone() })
            }
            Place::Directory(_) => None,
        }
    }

    fn file(remote: &Remote) -> Self {
        let is_remote = !remote.url.starts_with("file:");
        let sha256 = remote.sha256.as_ref().map(|sha256| sha256.to_ascii_lowercase());
        let url = is_remote.then(|| redacted(&remote.url).into_owned());
        // Signed URLs of stores have secrets in their queries.
        let url = url.map(|url| url.split(['?', '#']).next().unwrap_or_default().to_owned());
        Self::File { name: remote.file(), url, sha256 }
    }
}
