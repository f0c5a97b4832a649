//! Everything that `size` shows about an archive.

use serde::Serialize;

use crate::compare::Comparison;
use crate::evidence::Evidence;
use crate::report::Measured;
use crate::savings::Advice;

/// An archive, and what it is seen beside.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The archive.
    pub measured: &'a Measured,
    /// What its proof loaded, and what could go.
    pub proof: Option<(&'a Evidence, &'a Advice)>,
    /// What grew.
    pub comparison: Option<&'a Comparison>,
}

/// The JSON of a view.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    measured: &'a Measured,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'a Advice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<&'a Comparison>,
}

impl View<'_> {
    /// The document for programs.
    pub fn json(&self) -> String {
        let document = Document {
            measured: self.measured,
            proof: self.proof.map(|(_, advice)| advice),
            comparison: self.comparison,
        };
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }

    /// The tables for people.
    pub fn text(&self) -> String {
        let mut text = self.measured.text();
        if let Some((_, advice)) = self.proof {
            text.push('\n');
            text += &advice.text();
        }
        if let Some(comparison) = self.comparison {
            text.push('\n');
            text += &comparison.text();
        }
        text
    }
}
