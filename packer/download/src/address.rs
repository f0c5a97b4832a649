//! Addresses of downloads.

use std::path::PathBuf;

use url::Url;

/// The path that a `file:` URL names; `None` for other URLs.
pub(super) fn file_path(url: &str) -> Option<PathBuf> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "file")?;
    url.to_file_path().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_urls_name_paths() {
        assert_eq!(file_path("file:///a%20b/c?x#y").unwrap(), PathBuf::from("/a b/c"));
        assert_eq!(file_path("file://localhost/a").unwrap(), PathBuf::from("/a"));
        assert_eq!(file_path("file://elsewhere/a"), None);
        assert_eq!(file_path("https://host/a"), None);
        assert_eq!(file_path("/a"), None);
    }
}
