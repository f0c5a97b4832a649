//! Findings for people and for programs.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use snakecrate_base::document;
use snakecrate_base::ui::{Count, table};

use crate::findings::{Finding, Report};

/// The known vulnerabilities of everything in an archive.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document<'a> {
    /// The application.
    name: &'a str,
    /// Its version.
    version: Option<&'a str>,
    /// The number of records in the database.
    records: usize,
    /// The number of components that were looked up.
    components: usize,
    /// The number of components of other ecosystems, which were not.
    others: usize,
    /// The vulnerabilities, with those that the VEX hides.
    vulnerabilities: &'a [Finding],
    /// Records with versions that cannot be compared: neither found nor excluded.
    unknown: &'a [String],
}

impl document::Document for Document<'_> {
    const NAME: &'static str = "audit-vulnerabilities";
}

impl Report {
    /// The document of `audit --vulnerabilities --json`.
    pub fn json(&self) -> String {
        let document = Document {
            name: &self.name,
            version: self.version.as_deref(),
            records: self.records,
            components: self.looked_up,
            others: self.others,
            vulnerabilities: &self.findings,
            unknown: &self.unknown,
        };
        document::text(&document)
    }

    /// A table, and a line with numbers.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if !self.findings.is_empty() {
            let mut rows =
                table(&["component", "version", "vulnerability", "fixed in", "status", "summary"]);
            for one in &self.findings {
                let status = match (&one.status, &one.reason) {
                    (Some(status), Some(reason)) => format!("{status}: {reason}"),
                    (Some(status), None) => status.clone(),
                    (None, _) => "open".into(),
                };
                rows.add_row([
                    &*one.component,
                    &*one.version,
                    &*one.id,
                    &*one.fixed.join(", "),
                    &*status,
                    one.summary.as_deref().unwrap_or_default(),
                ]);
            }
            for line in rows.to_string().lines() {
                text.push_str(line.trim_end());
                text.push('\n');
            }
            text.push('\n');
        }
        let open = self.open().count();
        let hidden = self.findings.len() - open;
        let _ = write!(
            text,
            "{}: {} by {}; looked up {}",
            self.name,
            number(open),
            Count(self.records, "record"),
            Count(self.looked_up, "component"),
        );
        if hidden > 0 {
            let _ = write!(text, "; the VEX hides {hidden}");
        }
        if self.others > 0 {
            let _ = write!(text, "; {} of other ecosystems not", self.others);
        }
        text.push('\n');
        text
    }
}

fn number(open: usize) -> String {
    match open {
        0 => "no known vulnerability".into(),
        1 => "1 known vulnerability".into(),
        more => format!("{more} known vulnerabilities"),
    }
}
