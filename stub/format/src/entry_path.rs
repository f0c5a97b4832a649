//! Paths inside a component: safe by construction. Unsafe ones are refused, never normalised.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest name in a path, in bytes (`NAME_MAX` of every Linux file system).
pub const MAX_NAME: usize = 255;
/// The longest path inside a component, in bytes. It leaves room for the cache's path below
/// `PATH_MAX`.
pub const MAX_PATH: usize = 2048;
/// The directory at the top of each tree that is reserved for the cache.
pub const RESERVED: &str = ".snakecrate";

/// A relative UTF-8 path with `/` between its names: no empty, `.` or `..` name, no control
/// character, no backslash, nothing in [`RESERVED`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryPath(Box<str>);

/// Why a text is not an [`EntryPath`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    /// The empty text.
    #[error("an empty path")]
    Empty,
    /// A path that starts with `/`.
    #[error("`{0}` is absolute")]
    Absolute(String),
    /// Two slashes in a row, or one at the end.
    #[error("`{0}` has an empty name in it")]
    EmptyName(String),
    /// A `.` or `..` name.
    #[error("`{0}` has `.` or `..` in it")]
    Dots(String),
    /// A control character (newline and NUL among them) or a backslash.
    #[error("{0:?} has a control character or a backslash in it")]
    Character(String),
    /// Longer than [`MAX_PATH`], or with a name longer than [`MAX_NAME`].
    #[error("`{0}` is longer than a file system allows")]
    TooLong(String),
    /// Inside the directory that belongs to the cache.
    #[error("`{0}` is in a directory reserved for the cache")]
    Reserved(String),
    /// A link that leads out of its component.
    #[error("the link `{0}` leads to `{1}`, outside its component")]
    Escapes(String, String),
}

impl EntryPath {
    /// Checks `text`.
    pub fn new(text: &str) -> Result<Self, BadPath> {
        let bad = |kind: fn(String) -> BadPath| Err(kind(start_of(text)));
        if text.is_empty() {
            return Err(BadPath::Empty);
        }
        // This comes first, so that all other messages have one line.
        if has_bad_character(text) {
            return bad(BadPath::Character);
        }
        if text.starts_with('/') {
            return bad(BadPath::Absolute);
        }
        if text.len() > MAX_PATH {
            return bad(BadPath::TooLong);
        }
        for name in text.split('/') {
            match name {
                "" => return bad(BadPath::EmptyName),
                "." | ".." => return bad(BadPath::Dots),
                name if name.len() > MAX_NAME => return bad(BadPath::TooLong),
                _ => {}
            }
        }
        if text.split('/').next() == Some(RESERVED) {
            return bad(BadPath::Reserved);
        }
        Ok(Self(text.into()))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path for file system calls.
    pub fn as_path(&self) -> &Path {
        Path::new(&*self.0)
    }

    /// The last name.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The part after the last dot of the last name; empty if there is none.
    pub fn extension(&self) -> &str {
        match self.file_name().rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => extension,
            _ => "",
        }
    }

    /// The directory that holds this entry; `None` at the top of the tree.
    pub fn parent(&self) -> Option<&str> {
        self.0.rsplit_once('/').map(|(parent, _)| parent)
    }

    /// This path and `name` below it.
    pub fn join(&self, name: &str) -> Result<Self, BadPath> {
        Self::new(&format!("{}/{name}", self.0))
    }
}

impl fmt::Display for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl FromStr for EntryPath {
    type Err = BadPath;

    fn from_str(text: &str) -> Result<Self, BadPath> {
        Self::new(text)
    }
}

impl Serialize for EntryPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for EntryPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

/// Whether `text` contains a character that is forbidden in paths and targets.
fn has_bad_character(text: &str) -> bool {
    text.chars().any(|c| c.is_control() || c == '\\')
}

/// The first 200 characters of `text`, for an error message.
fn start_of(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => [&text[..end], "…"].concat(),
        None => text.to_owned(),
    }
}

/// The target of a symbolic link. It is relative to the link's directory and leads to a path inside
/// the component.
///
/// `..` is allowed only at the beginning. There it leaves directories that the link's own path
/// names, and those aren't links. After a name that may be another link, `..` could lead anywhere.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkTarget(Box<str>);

impl LinkTarget {
    /// Checks `target` as the target of the link at `link`.
    pub fn new(link: &EntryPath, target: &str) -> Result<Self, BadPath> {
        let bad = |kind: fn(String) -> BadPath| Err(kind(start_of(target)));
        let escapes = || BadPath::Escapes(start_of(link.as_str()), start_of(target));
        if has_bad_character(target) {
            return bad(BadPath::Character);
        }
        if target.is_empty() || target.starts_with('/') {
            return Err(escapes());
        }
        if target.len() > MAX_PATH {
            return bad(BadPath::TooLong);
        }
        let mut depth = link.parent().map_or(0, |parent| parent.split('/').count());
        let mut named = false;
        for name in target.split('/') {
            match name {
                "" | "." => return bad(BadPath::EmptyName),
                ".." if named => return Err(escapes()),
                ".." => depth = depth.checked_sub(1).ok_or_else(escapes)?,
                _ => named = true,
            }
        }
        Ok(Self(target.into()))
    }

    /// The target as text, relative to the directory of the link.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LinkTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_are_kept_byte_for_byte() {
        for text in ["a", "lib/python3.12/os.py", "a b/ü.txt", "...", ".hidden/x"] {
            assert_eq!(EntryPath::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn each_kind_of_bad_path_is_refused_for_its_own_reason() {
        let long = "n".repeat(MAX_NAME + 1);
        let deep = "d/".repeat(MAX_PATH / 2) + "ff";
        let path = |text: &str| EntryPath::new(text).unwrap_err();
        assert_eq!(path(""), BadPath::Empty);
        assert!(matches!(path("/etc/passwd"), BadPath::Absolute(_)));
        assert!(matches!(path("a//b"), BadPath::EmptyName(_)));
        assert!(matches!(path("a/"), BadPath::EmptyName(_)));
        assert!(matches!(path("a/../b"), BadPath::Dots(_)));
        assert!(matches!(path("./a"), BadPath::Dots(_)));
        assert!(matches!(path("a\0b"), BadPath::Character(_)));
        assert!(matches!(path("a\nb"), BadPath::Character(_)));
        assert!(matches!(path("a\\b"), BadPath::Character(_)));
        assert!(matches!(path(&long), BadPath::TooLong(_)));
        assert!(matches!(path(&deep), BadPath::TooLong(_)));
        assert!(matches!(path(".snakecrate/launch"), BadPath::Reserved(_)));
    }

    #[test]
    fn messages_are_of_one_line_and_short_whatever_the_path() {
        let link = EntryPath::new("a").unwrap();
        let long = "\u{1b}[2J\n".repeat(1 << 20);
        for text in ["/\n".to_owned(), "../\u{1b}[2J".into(), "x".repeat(1 << 20), long] {
            for error in [EntryPath::new(&text).err(), LinkTarget::new(&link, &text).err()] {
                let message = error.unwrap().to_string();
                assert!(!message.contains(char::is_control), "{message:?}");
                assert!(message.len() < 2000, "{} bytes", message.len());
            }
        }
    }

    #[test]
    fn links_may_climb_only_inside_their_component() {
        let link = EntryPath::new("lib/x/liba.so").unwrap();
        for good in ["liba.so.1", "../y/liba.so", "../../bin/a"] {
            assert_eq!(LinkTarget::new(&link, good).unwrap().as_str(), good);
        }
        for bad in ["../../../etc/passwd", "/etc/passwd", "", "a/../../../../b", "./a", "a//b"] {
            assert!(LinkTarget::new(&link, bad).is_err(), "{bad}");
        }
        // `lib/x/y` may be a link to the top: then this is two directories above it.
        let through = LinkTarget::new(&link, "y/../../etc/passwd").unwrap_err();
        assert!(matches!(through, BadPath::Escapes(..)), "{through}");
    }

    #[test]
    fn the_parts_of_a_path() {
        let path = EntryPath::new("a/b.tar.gz").unwrap();
        assert_eq!(
            (path.file_name(), path.extension(), path.parent()),
            ("b.tar.gz", "gz", Some("a"))
        );
        assert_eq!(EntryPath::new(".profile").unwrap().extension(), "");
        assert_eq!(path.join("../x").unwrap_err(), BadPath::Dots("a/b.tar.gz/../x".into()));
    }
}
