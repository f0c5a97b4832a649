//! Digests of blobs.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::spec;

/// A SHA-256 digest as images write it: `sha256:` and 64 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

const PREFIX: &str = "sha256:";

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::finished(Sha256::new_with_prefix(bytes))
    }

    /// The digest of what `hasher` has seen.
    pub fn finished(hasher: Sha256) -> Self {
        let mut text = PREFIX.to_owned();
        for byte in hasher.finalize() {
            write!(text, "{byte:02x}").expect("a string takes everything");
        }
        Self(text)
    }

    /// The text that `sha256:…` is, if it is a digest.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix(PREFIX)?;
        let is_hex = hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (hex.len() == 64 && is_hex).then(|| Self(text.to_owned()))
    }

    /// The 64 hex digits: the name of its file in a layout.
    pub fn hex(&self) -> &str {
        &self.0[PREFIX.len()..]
    }

    /// With `sha256:` in front.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digest for a descriptor.
    ///
    /// # Panics
    ///
    /// Never: it is of the form that is checked.
    pub fn to_spec(&self) -> spec::Digest {
        spec::Digest::from_str(&self.0).expect("it has the form of a digest")
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
