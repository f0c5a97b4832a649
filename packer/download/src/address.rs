//! Addresses of downloads.

use std::path::PathBuf;

use url::Url;

/// `url` without the user and password that may be in it. A text that no URL parser understands and
/// that may have some is replaced as a whole.
pub fn redacted(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else {
        return if url.contains('@') { "the URL".to_owned() } else { url.to_owned() };
    };
    // A URL without credentials stays as the user wrote it.
    if parsed.username().is_empty() && parsed.password().is_none() {
        return url.to_owned();
    }
    // Neither fails for a URL that has them.
    let _ = parsed.set_password(None);
    let _ = parsed.set_username("");
    parsed.into()
}

/// The path that a `file:` URL names; `None` for other URLs.
pub(super) fn file_path(url: &str) -> Option<PathBuf> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "file")?;
    url.to_file_path().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_do_not_get_into_messages() {
        assert_eq!(redacted("https://me:secret@host/x@y"), "https://host/x@y");
        assert_eq!(redacted("https://host/x@y"), "https://host/x@y");
        assert_eq!(redacted("https://me@host/a b"), "https://host/a%20b");
        assert!(!redacted("https://me:secret@ho st/x").contains("secret"));
    }

    #[test]
    fn file_urls_name_paths() {
        assert_eq!(file_path("file:///a%20b/c?x#y").unwrap(), PathBuf::from("/a b/c"));
        assert_eq!(file_path("file://localhost/a").unwrap(), PathBuf::from("/a"));
        assert_eq!(file_path("file://elsewhere/a"), None);
        assert_eq!(file_path("https://host/a"), None);
        assert_eq!(file_path("/a"), None);
    }
}
