//! Versions of symbols and of glibc.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Numbers with dots, compared one by one: `2.2.5` is less than `2.17`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(Vec<u32>);

/// A version of glibc, `2.28`: major and minor number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Glibc(pub u32, pub u32);

/// A text isn't a version of glibc.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` isn't a version of glibc, such as 2.28")]
pub struct BadVersion(String);

impl Version {
    /// Reads `3.4.21`; `None` for a text with anything but numbers and dots.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers: Option<Vec<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
        numbers.map(Self)
    }

    /// The glibc that defines it: 2.2 for `GLIBC_2.2.5`, since hosts have the last release of 2.2 or a
    /// newer version.
    pub fn glibc(&self) -> Glibc {
        let number = |at: usize| self.0.get(at).copied().unwrap_or_default();
        Glibc(number(0), number(1))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.0.iter().enumerate() {
            write!(f, "{}{number}", if index == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl FromStr for Glibc {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, BadVersion> {
        let numbers = text.split_once('.').and_then(|(major, minor)| {
            let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
            (digits(major) && digits(minor)).then_some(())?;
            Some(Self(major.parse().ok()?, minor.parse().ok()?))
        });
        // glibc 2.0 was the first for Linux under this name, and no glibc 3 is planned.
        numbers.filter(|version| version.0 == 2).ok_or_else(|| BadVersion(text.to_owned()))
    }
}

/// Written as text: `2.34`, `3.4.21`.
impl JsonSchema for Version {
    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "`2.34`, `3.4.21`" })
    }
}

impl JsonSchema for Glibc {
    fn schema_name() -> Cow<'static, str> {
        "Glibc".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "`2.34`" })
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("expected a version"))
    }
}

impl Serialize for Glibc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Glibc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("2.2.5") < version("2.17") && version("2.9") < version("2.10"));
        assert_eq!(version("3.4.21").to_string(), "3.4.21");
        assert_eq!(version("2.2.5").glibc(), Glibc(2, 2));
        assert_eq!(Version::parse("PRIVATE"), None);
    }

    #[test]
    fn a_version_of_glibc_has_two_numbers() {
        assert_eq!("2.28".parse(), Ok(Glibc(2, 28)));
        for bad in ["2", "2.x", "+2.3", "3.1", "2.28.1", ""] {
            assert!(bad.parse::<Glibc>().is_err(), "{bad}");
        }
    }
}
