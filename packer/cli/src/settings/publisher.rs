//! The keys `vendor`, `contact` and `publishers`.

use serde::{Deserialize, Deserializer, de};
use snakecrate_format::manifest::{BadPublisher, check_publisher};
use snakecrate_provenance::publisher::{NoPublisher, Wanted};

use super::values::{Assignment, BadAssignment, assignment, assignments};

/// A text that cannot be the name or the contact of a publisher.
#[derive(Debug, thiserror::Error)]
#[error("{text:?} cannot be shown to users: {cause}")]
pub(super) struct BadText {
    text: String,
    cause: BadPublisher,
}

/// Checks a publisher's name or contact.
pub(super) fn publisher(text: &str) -> Result<String, BadText> {
    match check_publisher(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(cause) => Err(BadText { text: text.chars().take(100).collect(), cause }),
    }
}

/// Reads a publisher's name or contact.
pub(super) fn publisher_text<'de, D>(deserializer: D) -> Result<String, D::Error>
where
    D: Deserializer<'de>,
{
    publisher(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

/// A required publisher that cannot be understood.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadWanted {
    #[error(transparent)]
    Assignment(#[from] BadAssignment),
    #[error(transparent)]
    Publisher(#[from] NoPublisher),
}

/// Reads `NAME=PUBLISHER`.
pub(super) fn published(text: &str) -> Result<Assignment, BadWanted> {
    let one = assignment(text)?;
    one.value.parse::<Wanted>()?;
    Ok(one)
}

/// Reads a table of distributions and publishers.
pub(super) fn publishers<'de, D>(deserializer: D) -> Result<Vec<Assignment>, D::Error>
where
    D: Deserializer<'de>,
{
    let all = assignments(deserializer)?;
    for one in &all {
        one.value.parse::<Wanted>().map_err(de::Error::custom)?;
    }
    Ok(all)
}

/// The texts that name a publisher, for the JSON schema.
#[derive(schemars::JsonSchema)]
#[schemars(inline)]
#[allow(dead_code, reason = "only its schema is used")]
pub struct PublisherName(
    #[schemars(regex(
        pattern = r"^(any|github:[^/:]+/[^/:]+(:[^:]+)?|gitlab:[^:]+/[^:]+|google:[^:]+)$"
    ))]
    String,
);
