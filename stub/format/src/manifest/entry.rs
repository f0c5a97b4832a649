//! Entries: the programs that an archive can start.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::template::Template;
use crate::entry_path::EntryPath;

/// A program that the archive can start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The name users call it by.
    pub name: String,
    /// A description for people: `deployctl.cli:main`, `-m httpie`.
    pub runs: String,
    /// The command that the launcher executes.
    pub start: Start,
    /// Arguments before the user's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(not(feature = "details"), serde(deserialize_with = "super::feature::unrequired"))]
    pub arguments: Vec<String>,
    /// Environment variables to set or remove.
    #[serde(default, skip_serializing_if = "Environment::is_empty")]
    #[cfg_attr(not(feature = "details"), serde(deserialize_with = "super::feature::unrequired"))]
    pub environment: Environment,
    /// The working directory; the caller's if it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(feature = "details"), serde(deserialize_with = "super::feature::unrequired"))]
    pub directory: Option<Template>,
    /// Whether it opens windows. Without a terminal, the launcher then does, too, to show progress and errors.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub graphical: bool,
    /// Whether its child processes find the archive's scripts on the `PATH`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(not(feature = "details"), serde(deserialize_with = "super::feature::unrequired"))]
    pub expose_path: bool,
    /// A script in the environment that runs once, before the entry starts for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_run: Option<EntryPath>,
}

/// The command that the launcher executes for an entry. Paths are relative to the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// `bin/python3 OPTIONS SCRIPT ARGV0 ARGS…`: the script makes `ARGV0` its `sys.argv[0]`.
    Python(EntryPath),
    /// An executable, started with the user's own `argv`.
    Native(EntryPath),
}

/// Environment variables of an entry. Each name occurs in one field only.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Set to these values.
    #[serde(default, skip_serializing_if = "Variables::is_empty")]
    pub set: Variables,
    /// Set to these values unless the user has set them.
    #[serde(default, skip_serializing_if = "Variables::is_empty")]
    pub default: Variables,
    /// Removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unset: Vec<String>,
}

/// Names and values, an object in JSON. Unlike a map it keeps a name that occurs twice, so that
/// the check of a manifest sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Variables(pub Vec<(String, Template)>);

impl Entry {
    /// An entry with nothing but a name and a start.
    pub fn new(name: impl Into<String>, runs: impl Into<String>, start: Start) -> Self {
        Self {
            name: name.into(),
            runs: runs.into(),
            start,
            arguments: Vec::new(),
            environment: Environment::default(),
            directory: None,
            graphical: false,
            expose_path: false,
            first_run: None,
        }
    }
}

impl Environment {
    /// Whether it leaves the user's environment as it is.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.default.is_empty() && self.unset.is_empty()
    }
}

impl Variables {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Variables {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Variables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Variables;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("variables and their values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Variables, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Variables(pairs))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}
