//! The files for desktops in an archive: entries of menus, icons, types of documents.
//!
//! ```text
//! <env>/desktop/applications/<id>.desktop
//!               icons/hicolor/<size>/apps/<id>.svg or .png
//!               mime/packages/<id>.xml
//! ```
//!
//! Their paths below [`FOLDER`] are those below the user's data (`~/.local/share`) or `/usr/share`.
//! Source: the Desktop Entry Specification 1.5.

/// The directory of the files in an environment.
pub const FOLDER: &str = "desktop";
/// Stands for the archive's path in `Exec` of a desktop entry.
pub const ARCHIVE: &str = "@ARCHIVE@";

/// `text` as one argument in `Exec` of a desktop entry; `None` if it has a control character.
///
/// Quotation marks and the like need a backslash, which in any value is itself written as two.
pub fn quoted(text: &str) -> Option<String> {
    if text.contains(char::is_control) {
        return None;
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '`' | '$' => quoted.push_str("\\\\"),
            '\\' => quoted.push_str("\\\\\\"),
            '%' => quoted.push('%'),
            _ => {}
        }
        quoted.push(c);
    }
    quoted.push('"');
    Some(quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_quoted_as_the_specification_has_it() {
        for (text, wanted) in [
            ("/opt/app", r#""/opt/app""#),
            ("/a b/c", r#""/a b/c""#),
            (r#"/a"b"#, r#""/a\\"b""#),
            ("/a$b`c", r#""/a\\$b\\`c""#),
            (r"/a\b", r#""/a\\\\b""#),
            ("/50%", r#""/50%%""#),
            ("/über", r#""/über""#),
        ] {
            assert_eq!(quoted(text).as_deref(), Some(wanted), "{text}");
        }
        assert_eq!(quoted("/a\nb"), None);
    }
}
