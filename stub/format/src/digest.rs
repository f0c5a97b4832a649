//! BLAKE3 digests as types: whole digests, which are trusted, and half digests of files in a
//! listing.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The BLAKE3 digest (32 bytes) of a manifest, a blob or a component's listing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// The name of this digest's tree in the cache: its first 128 bits as 32 hex digits.
    ///
    /// The whole digest would be too long: a script's `#!` line contains the environment's path,
    /// and kernels before 5.1 cut that line at 127 bytes.
    pub fn key(&self) -> String {
        hex(&self.0[..16])
    }
}

/// The first 16 bytes of a file's BLAKE3 digest, as listings have them.
///
/// Half a digest is enough to find damage, and saves 16 incompressible bytes for each file. The
/// listing itself has a whole digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileDigest(pub [u8; 16]);

impl FileDigest {
    /// The digest of a file with these contents.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_hash(&blake3::hash(bytes))
    }

    /// The digest of a file that was hashed piece by piece.
    pub fn from_hash(hash: &blake3::Hash) -> Self {
        let mut half = [0; 16];
        half.copy_from_slice(&hash.as_bytes()[..16]);
        Self(half)
    }
}

/// Text that is not a digest of the expected length in lower-case hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a digest in lower-case hex")]
pub struct BadDigest;

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

fn unhex<const N: usize>(text: &str) -> Result<[u8; N], BadDigest> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Ok(c - b'0'),
        b'a'..=b'f' => Ok(c - b'a' + 10),
        _ => Err(BadDigest),
    };
    let text = text.as_bytes();
    if text.len() != N * 2 {
        return Err(BadDigest);
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Ok(bytes)
}

macro_rules! hex_text {
    ($type:ident) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $type {
            type Err = BadDigest;

            fn from_str(text: &str) -> Result<Self, BadDigest> {
                unhex(text).map(Self)
            }
        }
    };
}

hex_text!(Digest);
hex_text!(FileDigest);

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_are_the_same_digest() {
        let digest = Digest::of(b"snakecrate");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!(digest.to_string().len(), 64);
        assert!(digest.to_string().starts_with(&digest.key()));
        let file = FileDigest::of(b"snakecrate");
        assert_eq!(file.to_string(), digest.key());
        assert_eq!(file.to_string().parse(), Ok(file));
    }

    #[test]
    fn only_lower_case_hex_of_the_right_length_is_a_digest() {
        let good = Digest::of(b"").to_string();
        for bad in [&good[1..], &good.to_uppercase(), &format!("{good}0"), ""] {
            assert_eq!(bad.parse::<Digest>(), Err(BadDigest), "{bad}");
        }
    }
}
