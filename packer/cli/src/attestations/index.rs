//! Asking an index for the attestations of a file: by its project's page, in the JSON of
//! [PEP 691](https://peps.python.org/pep-0691/), which names the address. Pages in HTML have none that PyPI
//! serves, and are taken for pages without attestations.

use serde::Deserialize;
use snakecrate_download::small;
use snakecrate_provenance::attestation::MAX_DOCUMENT;
use url::Url;

const PAGE: &str = "application/vnd.pypi.simple.v1+json";
const DOCUMENT: &str = "application/vnd.pypi.integrity.v1+json";
/// The longest page of a project, in bytes. The longest of PyPI have some megabytes.
const MAX_PAGE: u64 = 64 << 20;

/// What an index answers.
pub(super) enum Answer {
    /// The attestations of the file.
    Document(Vec<u8>),
    /// It has none.
    None,
    /// It does not answer.
    Unavailable(String),
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    #[serde(default)]
    hashes: Hashes,
    #[serde(default)]
    provenance: Option<String>,
}

#[derive(Default, Deserialize)]
struct Hashes {
    sha256: Option<String>,
}

/// The attestations of the file of the distribution `name` that has this digest, by the first of `indexes`
/// that has the file.
pub(super) fn document(name: &str, file: &str, sha256: &str, indexes: &[String]) -> Answer {
    let mut failure = None;
    for index in indexes {
        let Some(page) = page_of(index, name) else { continue };
        let text = match small(page.as_str(), PAGE, MAX_PAGE) {
            Ok(text) => text,
            Err(error) => {
                failure.get_or_insert_with(|| error.to_string());
                continue;
            }
        };
        let files = serde_json::from_slice::<Page>(&text).map(|page| page.files);
        let is_it = |one: &File| {
            let digest = one.hashes.sha256.as_deref();
            one.filename == file && digest.is_some_and(|one| one.eq_ignore_ascii_case(sha256))
        };
        let Some(found) = files.unwrap_or_default().into_iter().find(is_it) else { continue };
        let Some(address) = found.provenance else { return Answer::None };
        let address = match page.join(&address) {
            Ok(address) if address.scheme() == page.scheme() => with_login(address, &page),
            _ => return Answer::Unavailable("the index names no address on the web".into()),
        };
        return match small(address.as_str(), DOCUMENT, MAX_DOCUMENT as u64) {
            Ok(document) => Answer::Document(document),
            Err(error) => Answer::Unavailable(error.to_string()),
        };
    }
    match failure {
        Some(why) => Answer::Unavailable(why),
        None if indexes.is_empty() => Answer::Unavailable("the build is offline".into()),
        None => Answer::None,
    }
}

/// The page of the project `name`.
fn page_of(index: &str, name: &str) -> Option<Url> {
    let mut url = Url::parse(index).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
    url.path_segments_mut().ok()?.pop_if_empty().push(name).push("");
    Some(url)
}

/// `address` with the login of `page`, if it is at the same server and has none.
fn with_login(mut address: Url, page: &Url) -> Url {
    if address.origin() == page.origin() && address.username().is_empty() {
        let _ = address.set_username(page.username());
        let _ = address.set_password(page.password());
    }
    address
}
