//! Addresses of downloads.

use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use url::Url;

/// The path that a `file:` URL names; `None` for other URLs.
pub(super) fn file_path(url: &str) -> Option<PathBuf> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "file")?;
    url.to_file_path().ok()
}

/// `url` without its credentials, and the value of `Authorization` that they make (RFC 7617). The HTTP
/// client would send them as they are escaped in the URL.
pub(super) fn authorization(url: &str) -> (String, Option<String>) {
    let Ok(mut parsed) = Url::parse(url) else { return (url.to_owned(), None) };
    if parsed.username().is_empty() && parsed.password().is_none() {
        return (url.to_owned(), None);
    }
    let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    let (user, password) = (parsed.username(), parsed.password().unwrap_or_default());
    let pair = [decoded(user), b":".to_vec(), decoded(password)].concat();
    // Neither fails for a URL that has them.
    let _ = parsed.set_password(None);
    let _ = parsed.set_username("");
    (parsed.into(), Some(format!("Basic {}", BASE64_STANDARD.encode(pair))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_in_credentials_are_decoded() {
        let (address, value) = authorization("https://me:a%40b@host/x");
        assert_eq!((&*address, value.as_deref()), ("https://host/x", Some("Basic bWU6YUBi")));
        assert_eq!(authorization("https://host/a b"), ("https://host/a b".into(), None));
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
