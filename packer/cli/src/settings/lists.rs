//! Keys that take a list of strings, or one string.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

/// A value, or a list of values.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a string or a list of strings")]
pub(super) enum OneOrMany<T> {
    /// Stands for a list of one.
    One(T),
    /// The list.
    Many(Vec<T>),
}

/// Entries: names, or a table of names and commands.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a string, a list of strings or a table of commands")]
pub(super) enum Entries {
    /// One.
    One(String),
    /// Several, as flags give them.
    Many(Vec<String>),
    /// Commands by the names of their entries.
    Table(BTreeMap<String, String>),
}

/// Reads entries. Those of a table get the form that flags have.
pub(super) fn entries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match Entries::deserialize(deserializer)? {
        Entries::One(one) => vec![one],
        Entries::Many(many) => many,
        Entries::Table(table) => {
            table.into_iter().map(|(name, command)| format!("{name}={command}")).collect()
        }
    })
}

/// Reads a list, or one value in its place.
pub(super) fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    })
}
