//! The name of a runtime file: implementation, minor version, target.
//!
//! ```text
//! cpython-3.11-x86_64-linux.runtime
//! ```
//!
//! Each patch release has the same name, so there is one file of a kind in a directory, and a new
//! release replaces the old one.

use std::fmt;

/// The longest name, in bytes.
pub const LENGTH: usize = 48;
/// The end of each name.
const SUFFIX: &str = ".runtime";

/// The name of a runtime file, filled up with NUL bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RuntimeName(pub(crate) [u8; LENGTH]);

impl RuntimeName {
    /// The name for an interpreter: its implementation, its version (`3.11.2`), its ABI (`cp311`,
    /// `cp313t`: what follows the number is part of the name) and the name of its target. `None` if
    /// that is no name.
    pub fn new(implementation: &str, version: &str, abi: &str, target: &str) -> Option<Self> {
        let mut parts = version.split('.');
        let (major, minor) = (parts.next()?, parts.next()?);
        let flags = abi.trim_start_matches(|c: char| c.is_ascii_lowercase());
        let flags = flags.trim_start_matches(|c: char| c.is_ascii_digit());
        let name = format!("{implementation}-{major}.{minor}{flags}-{target}{SUFFIX}");
        let mut bytes = [0; LENGTH];
        bytes.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
        Self::parse(bytes)
    }

    /// Reads a name. `None` for one that could lead anywhere but to a file in a directory.
    pub(crate) fn parse(bytes: [u8; LENGTH]) -> Option<Self> {
        let name = Self(bytes);
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
        let text = name.as_str();
        let is_filled = bytes[text.len()..].iter().all(|&byte| byte == 0);
        let start = text.strip_suffix(SUFFIX)?;
        (is_filled && text.bytes().all(is_plain) && !start.is_empty() && !start.starts_with('.'))
            .then_some(name)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|&byte| byte == 0).unwrap_or(LENGTH);
        std::str::from_utf8(&self.0[..end]).unwrap_or_default()
    }
}

impl fmt::Display for RuntimeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RuntimeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
