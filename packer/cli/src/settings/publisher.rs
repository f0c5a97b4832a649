//! The keys `vendor` and `contact`.

use serde::{Deserialize, Deserializer, de};
use snakecrate_format::manifest::{BadPublisher, check_publisher};

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
