//! Why a manifest cannot be used.

use super::document::FORMAT;

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadManifest {
    /// Not JSON, or not the JSON of a manifest.
    #[error("the manifest cannot be read: {}", one_line(.0))]
    Json(#[from] serde_json::Error),
    /// Made for another launcher.
    #[error("the manifest has format {0}, this build knows {FORMAT}")]
    Format(u32),
    /// Requires something that this code does not do.
    #[error("this archive needs a newer launcher: feature `{0}`")]
    Feature(String),
    /// Contradicts itself or goes over a limit.
    #[error("the manifest makes no sense: {0}")]
    Nonsense(String),
}

/// The error as one line for people; its text may come from the archive.
fn one_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
