//! Keys that take a list of strings, or one string.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

/// A value, or a list of values.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a string or a list of strings")]
pub(super) enum OneOrMany<T> {
    /// Stands for a list of one.
    One(T),
    /// The list.
    Many(Vec<T>),
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
