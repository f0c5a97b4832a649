//! Licences for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;
use snakecrate_base::ui::table;

use crate::policy::Violation;
use crate::subject::Subject;

/// The version of the document. Fields are added to it, never changed.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    name: &'a str,
    version: Option<&'a str>,
    parts: &'a [Subject],
    violations: &'a [Violation],
}

/// The document of `inspect --licenses --json`.
pub fn json(
    name: &str,
    version: Option<&str>,
    parts: &[Subject],
    violations: &[Violation],
) -> String {
    let document = Document { format: FORMAT, name, version, parts, violations };
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

/// The table of licences, and the texts.
pub fn text(subjects: &[Subject]) -> String {
    let mut rows = table(&["part", "version", "kind", "licence", "known by", "in", "texts"]);
    for one in subjects {
        rows.add_row([
            &*one.name,
            one.version.as_deref().unwrap_or_default(),
            one.kind.as_str(),
            &one.licence(),
            one.known.as_str(),
            one.component.as_deref().unwrap_or_default(),
            &one.texts.len().to_string(),
        ]);
    }
    let mut text = String::new();
    for line in rows.to_string().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    for one in subjects {
        for licence in &one.texts {
            let _ = write!(
                text,
                "\n--- {}: {}\n\n{}\n",
                one.title(),
                licence.name,
                licence.text.trim_end()
            );
        }
    }
    text
}
