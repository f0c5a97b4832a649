//! URLs without the credentials that may be in them. All output goes through here.

use std::borrow::Cow;

/// Characters that end a URL in a text.
const ENDS: [char; 9] = [' ', '\n', '\t', '"', '\'', '`', '<', '>', '\r'];

/// `text` with the user and password of every URL in it removed.
///
/// A password may contain characters that a URL cannot have, because users forget to escape them. So
/// whatever is before the last `@` of the host is removed, and before the last `@` of the whole word
/// if the part before the first `/` has no valid port.
pub fn redacted(text: &str) -> Cow<'_, str> {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + "://".len());
        let secret = credentials(after);
        result.push_str(before);
        rest = &after[secret..];
    }
    if result.len() + rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    result.push_str(rest);
    Cow::Owned(result)
}

/// The number of bytes at the start of `text`, which is a URL without its scheme, that are credentials.
fn credentials(text: &str) -> usize {
    let word = &text[..text.find(ENDS).unwrap_or(text.len())];
    let authority = &word[..word.find(['/', '?', '#']).unwrap_or(word.len())];
    if let Some(at) = authority.rfind('@') {
        return at + 1;
    }
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    let is_host = port.bytes().all(|byte| byte.is_ascii_digit()) || authority.ends_with(']');
    if is_host { 0 } else { word.rfind('@').map_or(0, |at| at + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_urls_are_removed() {
        for (text, expected) in [
            ("https://me:secret@host/x@y", "https://host/x@y"),
            ("https://token@host/x", "https://host/x"),
            (
                "see git+https://me:secret@h/x.git@v1#a, twice: `ssh://git@h`",
                "see git+https://h/x.git@v1#a, twice: `ssh://h`",
            ),
            ("https://me:se/cr@et@host/x", "https://host/x"),
            ("https://me:s@ecret@host:8080/x", "https://host:8080/x"),
            ("https://me:secret@[::1]:80/x https://a:b@c", "https://[::1]:80/x https://c"),
        ] {
            assert_eq!(redacted(text), expected);
        }
    }

    #[test]
    fn other_text_stays() {
        for text in [
            "",
            "://",
            "a://",
            "https://host/x@y",
            "https://host:8080/x@y",
            "https://[::1]/x@y",
            "git@github.com:me/x.git",
            "me@host",
            "x @ https://host/x-1.whl",
            "https://host:/a@b",
        ] {
            assert!(matches!(redacted(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }
}
