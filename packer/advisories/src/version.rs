//! The orders of versions.

use std::cmp::Ordering;
use std::str::FromStr as _;

/// The order of two versions; `None` if one of them isn't a version.
pub(crate) type Order = Option<Ordering>;

/// A kind of packages that the bill of an archive has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ecosystem {
    PyPi,
    Debian,
    Crates,
}

impl Ecosystem {
    /// Compares as the packages' own tools do.
    pub(crate) fn compare(self, a: &str, b: &str) -> Order {
        match self {
            Self::PyPi => {
                let parse = |text| pep440_rs::Version::from_str(text).ok();
                Some(parse(a)?.cmp(&parse(b)?))
            }
            Self::Debian => Some(debian(a, b)),
            Self::Crates => {
                let parse = |text| semver::Version::parse(text).ok();
                Some(parse(a)?.cmp_precedence(&parse(b)?))
            }
        }
    }
}

/// Compares versions of Debian packages
/// (<https://www.debian.org/doc/debian-policy/ch-controlfields.html#version>).
pub(crate) fn debian(a: &str, b: &str) -> Ordering {
    let split = |text: &str| -> (u64, String, String) {
        let (epoch, rest) = text.split_once(':').unwrap_or(("0", text));
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
        (epoch.parse().unwrap_or(0), upstream.to_owned(), revision.to_owned())
    };
    let (a, b) = (split(a), split(b));
    a.0.cmp(&b.0).then_with(|| part(&a.1, &b.1)).then_with(|| part(&a.2, &b.2))
}

/// Text and numbers take turns. In text, `~` comes before the end, and letters before other characters.
fn part(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    let weight = |byte: Option<&u8>| match byte {
        Some(b'~') => -1,
        None | Some(b'0'..=b'9') => 0,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(*byte),
        Some(byte) => i32::from(*byte) + 256,
    };
    let is_text = |bytes: &[u8]| bytes.first().is_some_and(|byte| !byte.is_ascii_digit());
    while !a.is_empty() || !b.is_empty() {
        while is_text(a) || is_text(b) {
            match weight(a.first()).cmp(&weight(b.first())) {
                Ordering::Equal => {
                    a = &a[1.min(a.len())..];
                    b = &b[1.min(b.len())..];
                }
                other => return other,
            }
        }
        let number = |bytes: &mut &[u8]| {
            let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (number, rest) = bytes.split_at(digits);
            *bytes = rest;
            let zeros = number.iter().take_while(|byte| **byte == b'0').count();
            number[zeros..].to_vec()
        };
        let (left, right) = (number(&mut a), number(&mut b));
        match left.len().cmp(&right.len()).then_with(|| left.cmp(&right)) {
            Ordering::Equal => {}
            other => return other,
        }
    }
    Ordering::Equal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_versions_are_ordered_as_by_dpkg() {
        let sorted = [
            "1.0~rc1-1",
            "1.0-1",
            "1.0-1+deb12u1",
            "1.0-1+deb12u2",
            "1.0-2",
            "1.0a-1",
            "1.0+b-1",
            "1.2-1",
            "1.10-1",
            "1:0.1-1",
        ];
        for pair in sorted.windows(2) {
            assert_eq!(debian(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(debian(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(debian("0:1.01-0", "1.1"), Ordering::Equal);
    }
}
