//! Licences for people and for programs.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use snakecrate_base::document;
use snakecrate_base::ui::table;

use crate::policy::Violation;
use crate::subject::Subject;

/// The licence of each part of an archive, with the texts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document<'a> {
    /// The application's name.
    name: &'a str,
    /// Its version.
    version: Option<&'a str>,
    /// Everything with a licence of its own.
    parts: &'a [Subject],
    /// The parts that `--deny` and `--allow` don't allow.
    violations: &'a [Violation],
}

impl document::Document for Document<'_> {
    const NAME: &'static str = "inspect-licenses";
}

/// The document of `inspect --licenses --json`.
pub fn json(
    name: &str,
    version: Option<&str>,
    parts: &[Subject],
    violations: &[Violation],
) -> String {
    let document = Document { name, version, parts, violations };
    document::text(&document)
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
