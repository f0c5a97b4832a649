//! Everything that `size` shows about an archive.

use schemars::JsonSchema;
use serde::Serialize;
use snakecrate_base::document;

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

/// Where the bytes of an archive go.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document<'a> {
    #[serde(flatten)]
    measured: &'a Measured,
    /// With `--report`: what the proof never loaded, and what could go.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'a Advice>,
    /// With `--compare`: what grew.
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<&'a Comparison>,
}

impl document::Document for Document<'_> {
    const NAME: &'static str = "size";
}

impl View<'_> {
    /// The document for programs.
    pub fn json(&self) -> String {
        let document = Document {
            measured: self.measured,
            proof: self.proof.map(|(_, advice)| advice),
            comparison: self.comparison,
        };
        document::text(&document)
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
