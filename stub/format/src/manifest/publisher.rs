//! The publisher of an archive: who made it, and where its users get help.

use super::document::Manifest;
use super::limits::MAX_PUBLISHER;

/// Why a text cannot be the name or the contact of a publisher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPublisher {
    /// It is empty, or begins or ends with a space.
    #[error("it is empty, or begins or ends with a space")]
    Blank,
    /// It has more than [`MAX_PUBLISHER`] characters.
    #[error("it has more than {MAX_PUBLISHER} characters")]
    Long,
    /// It has a character that terminals act on or that nobody sees.
    #[error("it has a control character, or one that changes the direction of text")]
    Control,
}

/// Checks a name or a contact. The launcher prints it on the user's terminal, behind its own words.
///
/// # Errors
///
/// See [`BadPublisher`].
pub fn check_publisher(text: &str) -> Result<(), BadPublisher> {
    if text.trim() != text || text.is_empty() {
        return Err(BadPublisher::Blank);
    }
    if text.len() > MAX_PUBLISHER && text.chars().count() > MAX_PUBLISHER {
        return Err(BadPublisher::Long);
    }
    if text.chars().any(|c| c.is_control() || is_invisible(c)) {
        return Err(BadPublisher::Control);
    }
    Ok(())
}

/// Separators of lines, and characters without a width, of which some change the direction of the
/// text around them (Unicode 16, general categories Zl, Zp and Cf).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

impl Manifest {
    /// The publisher in one line: `Example Ltd (support@example.com)`; `None` if neither name nor
    /// contact is known.
    pub fn publisher(&self) -> Option<String> {
        match (&self.vendor, &self.contact) {
            (Some(vendor), Some(contact)) => Some(format!("{vendor} ({contact})")),
            (vendor, contact) => vendor.as_ref().or(contact.as_ref()).cloned(),
        }
    }

    pub(super) fn check_publishers(&self) -> Result<(), String> {
        for (what, text) in [("vendor", &self.vendor), ("contact", &self.contact)] {
            if let Some(text) = text {
                check_publisher(text).map_err(|why| {
                    let start: String = text.chars().take(100).collect();
                    format!("a {what} {start:?}: {why}")
                })?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::sample;
    use super::*;

    #[test]
    fn a_publisher_is_one_line_of_visible_text() {
        for text in
            ["Example Ltd", "https://example.org/help?a=b", "支持@例子.公司", "Zürich & Söhne"]
        {
            assert_eq!(check_publisher(text), Ok(()), "{text}");
        }
        for text in ["", " ", " a", "a "] {
            assert_eq!(check_publisher(text), Err(BadPublisher::Blank), "{text:?}");
        }
        for text in
            ["a\nb", "\u{1b}[2J", "a\u{9b}2Jb", "a\u{202e}b", "a\u{2028}b", "a\u{200b}b", "a\0b"]
        {
            assert_eq!(check_publisher(text), Err(BadPublisher::Control), "{text:?}");
        }
        assert_eq!(check_publisher(&"é".repeat(MAX_PUBLISHER)), Ok(()));
        assert_eq!(check_publisher(&"é".repeat(MAX_PUBLISHER + 1)), Err(BadPublisher::Long));
    }

    #[test]
    fn a_publisher_may_have_a_name_a_contact_or_both() {
        let mut manifest = sample();
        assert_eq!(manifest.publisher(), None);
        manifest.contact = Some("a@b.org".into());
        assert_eq!(manifest.publisher().as_deref(), Some("a@b.org"));
        manifest.vendor = Some("Example Ltd".into());
        assert_eq!(manifest.publisher().as_deref(), Some("Example Ltd (a@b.org)"));
        manifest.contact = None;
        assert_eq!(manifest.publisher().as_deref(), Some("Example Ltd"));
    }
}
