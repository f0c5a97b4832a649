//! Texts with placeholders for values that are only known on the host.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text with `{archive}`, `{directory}`, `{cache}` or `{home}` in it. `{{` and `}}` are braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(String);

/// A piece of a [`Template`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text as it stands.
    Text(&'a str),
    /// The path of the archive.
    Archive,
    /// The directory that the archive is in.
    Directory,
    /// The root of the cache.
    Cache,
    /// The user's home directory.
    Home,
}

/// A text that is not a [`Template`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTemplate {
    /// A name between braces that isn't a placeholder.
    #[error("an unknown placeholder")]
    Placeholder,
    /// A brace without its partner; double it to have one in the text.
    #[error("a single brace")]
    Brace,
}

impl Template {
    /// Checks `text`.
    pub fn new(text: &str) -> Result<Self, BadTemplate> {
        let mut rest = text;
        while !rest.is_empty() {
            rest = split(rest)?.1;
        }
        Ok(Self(text.to_owned()))
    }

    /// The text as it stands in the manifest.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its pieces, in order.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let mut rest = self.0.as_str();
        std::iter::from_fn(move || {
            let (piece, left) = split(rest).ok().filter(|_| !rest.is_empty())?;
            rest = left;
            Some(piece)
        })
    }
}

/// The first piece of a non-empty text, and the rest.
fn split(text: &str) -> Result<(Piece<'_>, &str), BadTemplate> {
    match text.find(['{', '}']) {
        None => Ok((Piece::Text(text), "")),
        Some(0) => {
            if text.starts_with("{{") || text.starts_with("}}") {
                return Ok((Piece::Text(&text[..1]), &text[2..]));
            }
            let inner = text.strip_prefix('{').and_then(|rest| rest.split_once('}'));
            let (name, rest) = inner.ok_or(BadTemplate::Brace)?;
            let piece = match name {
                "archive" => Piece::Archive,
                "directory" => Piece::Directory,
                "cache" => Piece::Cache,
                "home" => Piece::Home,
                _ => return Err(BadTemplate::Placeholder),
            };
            Ok((piece, rest))
        }
        Some(at) => Ok((Piece::Text(&text[..at]), &text[at..])),
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_and_braces_are_told_from_text() {
        let template = Template::new("{home}/a{{b}}{directory}").unwrap();
        let pieces: Vec<_> = template.pieces().collect();
        let text = Piece::Text;
        let expected = [Piece::Home, text("/a"), text("{"), text("b"), text("}"), Piece::Directory];
        assert_eq!(pieces, expected);
        assert_eq!(Template::new("").unwrap().pieces().count(), 0);
    }

    #[test]
    fn unknown_placeholders_and_single_braces_are_refused() {
        assert_eq!(Template::new("{HOME}"), Err(BadTemplate::Placeholder));
        assert_eq!(Template::new("{}"), Err(BadTemplate::Placeholder));
        for text in ["{", "}", "a}", "{home", "{{}", "}{"] {
            assert_eq!(Template::new(text), Err(BadTemplate::Brace), "{text}");
        }
    }
}
