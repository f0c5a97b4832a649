//! What a wheel was made from, for statements about a build.

use serde::{Deserialize, Serialize};
use snakecrate_base::redact::redacted;
use url::{Host, Url};

use super::pin::{Git, Place, Remote, is_of_another};

/// The hosts of `PyPI`.
const PYPI: [&str; 2] = ["pypi.org", "pypi.python.org"];

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
        /// The address of its index without secrets; `None` for files of `PyPI`, whichever index lists them, and
        /// for an index of this machine, whose address tells nobody else anything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        index: Option<String>,
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
        let index = remote.index.as_deref().filter(|_| is_of_another(&remote.url));
        let index = index.and_then(index_address);
        Self::File { name: remote.file(), url, sha256, index }
    }

    /// The address of the index that a file is from, unless that is `PyPI`.
    pub fn index(&self) -> Option<&str> {
        match self {
            Self::File { index, .. } => index.as_deref(),
            Self::Git { .. } => None,
        }
    }
}

/// The address of an index for others; see [`Material::File`]. Some services have a token in the path: it ends
/// before a name that may be one.
fn index_address(url: &str) -> Option<String> {
    let mut url = Url::parse(&redacted(url)).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    let is_here = match url.host()? {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    if is_here || PYPI.contains(&url.host_str()?) {
        return None;
    }
    let names = url.path_segments()?.take_while(|name| !may_be_secret(name));
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    let path = names.join("/");
    url.set_path(&path);
    Some(url.as_str().trim_end_matches('/').to_owned())
}

/// Whether a name in a path may be a token.
fn may_be_secret(name: &str) -> bool {
    name.len() >= 20
        && name.contains(|one: char| one.is_ascii_digit())
        && name.contains(|one: char| one.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_of_pypi_that_links_to_its_files_is_not_named() {
        let index = |url: &str| {
            let index = Some("https://i.example/simple".into());
            let remote = Remote { url: url.into(), sha256: None, subdirectory: None, index };
            Material::file(&remote).index().map(str::to_owned)
        };
        assert_eq!(index("https://files.pythonhosted.org/packages/a.whl"), None);
        let own = index("https://i.example/packages/a.whl");
        assert_eq!(own.as_deref(), Some("https://i.example/simple"));
    }

    #[test]
    fn addresses_of_indexes_have_no_secrets_and_mean_something_to_others() {
        let found = |url| index_address(url).unwrap_or_default();
        assert_eq!(found("https://me:secret@i.example/simple/"), "https://i.example/simple");
        assert_eq!(found("https://i.example:8443/a/b?token=1#x"), "https://i.example:8443/a/b");
        assert_eq!(found("https://i.example"), "https://i.example");
        let token = "https://i.example/0123456789abcdef0123456789/me/simple";
        assert_eq!(found(token), "https://i.example");
        for here in [
            "https://pypi.org/simple",
            "https://pypi.org/simple/",
            "https://pypi.python.org/simple",
            "http://127.0.0.1:3141/root/pypi",
            "http://[::1]/simple",
            "http://localhost:8080/simple",
            "file:///srv/wheels",
            "no address",
        ] {
            assert_eq!(found(here), "", "{here}");
        }
    }
}
