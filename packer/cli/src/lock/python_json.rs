//! JSON as Python's `json.dumps(…, sort_keys=True)` writes it, and its digest: Poetry and PDM keep
//! such a digest of the relevant tables of pyproject.toml.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// A value of such a document.
#[derive(Debug, Clone)]
pub(super) enum Json {
    Null,
    /// Numbers and truth values, as they are written.
    Plain(String),
    Text(String),
    List(Vec<Json>),
    Table(BTreeMap<String, Json>),
}

impl Json {
    /// The value, unless Python would refuse it (dates) or write it in another way (odd floats).
    pub(super) fn of(value: &toml::Value) -> Option<Self> {
        Some(match value {
            toml::Value::String(text) => Self::Text(text.clone()),
            toml::Value::Integer(number) => Self::Plain(number.to_string()),
            toml::Value::Float(number) => {
                let text = format!("{number:?}");
                let plain = text.chars().all(|c| c.is_ascii_digit() || ".-".contains(c));
                Self::Plain(plain.then_some(text)?)
            }
            toml::Value::Boolean(value) => Self::Plain(value.to_string()),
            toml::Value::Datetime(_) => return None,
            toml::Value::Array(items) => {
                Self::List(items.iter().map(Self::of).collect::<Option<_>>()?)
            }
            toml::Value::Table(table) => {
                let pair =
                    |(key, value): (&String, &toml::Value)| Some((key.clone(), Self::of(value)?));
                Self::Table(table.iter().map(pair).collect::<Option<_>>()?)
            }
        })
    }

    /// A table of these pairs.
    pub(super) fn table<'k>(pairs: impl IntoIterator<Item = (&'k str, Self)>) -> Self {
        Self::Table(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// SHA-256 of the document, in hex.
    pub(super) fn sha256(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Plain(text) => out.push_str(text),
            Self::Text(text) => write_text(text, out),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { ", " });
                    item.write(out);
                }
                out.push(']');
            }
            // The order of code points is that of UTF-8.
            Self::Table(pairs) => {
                out.push('{');
                for (at, (key, value)) in pairs.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { ", " });
                    write_text(key, out);
                    out.push_str(": ");
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// Everything outside of printable ASCII is escaped, in UTF-16.
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected text is Python's.
    #[test]
    fn the_text_is_that_of_python() {
        let table: toml::Value =
            toml::Value::Table("b = [1, true, 1.5]\na = \"\\u007f é 😀 \\\"\"\n".parse().unwrap());
        let mut text = String::new();
        Json::of(&table).unwrap().write(&mut text);
        assert_eq!(text, r#"{"a": "\u007f \u00e9 \ud83d\ude00 \"", "b": [1, true, 1.5]}"#);
        let date = toml::Value::Table("a = 2026-11-27\n".parse().unwrap());
        assert!(Json::of(&date).is_none());
        // python3 -c "import hashlib; print(hashlib.sha256(b'{\"a\": null}').hexdigest())"
        assert_eq!(
            Json::table([("a", Json::Null)]).sha256(),
            "6d00cd8e98c39a6841c7ff6a7eb6e8d003529ba8c3d4a85608dac2b3f5bfbfc5"
        );
    }
}
