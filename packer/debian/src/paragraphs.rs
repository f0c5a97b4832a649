//! Control files: paragraphs of fields (deb822(5)).

use std::io::{self, BufRead};

/// A paragraph: names and values of fields. The lines of a value are separated by `\n`.
#[derive(Debug, Default)]
pub(crate) struct Paragraph(Vec<(String, String)>);

impl Paragraph {
    /// The value of the field `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Calls `each` with every paragraph of `text`.
///
/// # Errors
///
/// `text` cannot be read, or a line is neither a field nor its continuation.
pub(crate) fn read(mut text: impl BufRead, mut each: impl FnMut(&Paragraph)) -> io::Result<()> {
    let mut paragraph = Paragraph::default();
    let mut line = String::new();
    loop {
        line.clear();
        let is_end = text.read_line(&mut line)? == 0;
        let text = line.trim_end();
        if text.is_empty() {
            if !paragraph.0.is_empty() {
                each(&paragraph);
                paragraph.0.clear();
            }
            if is_end {
                return Ok(());
            }
        } else if line.starts_with([' ', '\t']) {
            let Some((_, value)) = paragraph.0.last_mut() else {
                return Err(io::Error::other("a paragraph starts with a continuation"));
            };
            value.push('\n');
            value.push_str(text.trim_start());
        } else {
            let Some((name, value)) = text.split_once(':') else {
                return Err(io::Error::other(format!("`{text}` isn't a field")));
            };
            paragraph.0.push((name.to_owned(), value.trim().to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_continuations_and_paragraphs_have_ends() {
        let text = "Package: a\nDepends: b,\n c\n\n\nPackage: d\nEmpty:\n";
        let mut seen = Vec::new();
        read(text.as_bytes(), |one| {
            let get = |name| one.get(name).map(str::to_owned);
            seen.push((get("package").unwrap(), get("Depends"), get("Empty")));
        })
        .unwrap();
        let first = ("a".to_owned(), Some("b,\nc".to_owned()), None);
        assert_eq!(seen, [first, ("d".into(), None, Some(String::new()))]);
    }

    #[test]
    fn other_lines_are_refused() {
        for text in [" x\n", "no field\n"] {
            assert!(read(text.as_bytes(), |_| ()).is_err(), "{text}");
        }
    }
}
