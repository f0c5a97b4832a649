//! Texts that the packer brings: of code in CPython, and of what the launcher is built from.

use serde::Deserialize;

use crate::subject::{Known, Subject, SubjectKind, Text};

/// Notices of code of others in CPython. They are in its documentation, not in its LICENSE file.
const CPYTHON: &str = include_str!("texts/cpython.txt");
/// What the launcher is built from. `ci/launcher-notices` writes it.
const LAUNCHER: &str = include_str!("texts/launcher.json");

#[derive(Deserialize)]
struct Part {
    name: String,
    version: Option<String>,
    expression: String,
    texts: Vec<Text>,
}

/// The notices of code of others in CPython.
pub(crate) fn incorporated() -> Text {
    Text { name: "code of others in CPython".into(), text: CPYTHON.into() }
}

/// The launcher, and the crates and libraries in it.
pub fn launcher() -> Vec<Subject> {
    let parts: Vec<Part> = serde_json::from_str(LAUNCHER).unwrap_or_default();
    let subject = |part: Part| Subject {
        texts: part.texts,
        ..Subject::new(SubjectKind::Launcher, &part.name, part.version.as_deref())
            .with(crate::expression::normalized(&part.expression), Known::Declared)
    };
    parts.into_iter().map(subject).collect()
}

/// The standard text of each licence in `expression`, for things that come without one.
pub(crate) fn standard_texts(expression: &str) -> Vec<Text> {
    let mode = spdx::ParseMode { allow_deprecated: true, ..spdx::ParseMode::STRICT };
    let Ok(parsed) = spdx::Expression::parse_mode(expression, mode) else { return Vec::new() };
    let text = |name: &str, text: &str| Text {
        name: format!("the standard text of {name}"),
        text: text.to_owned(),
    };
    let mut texts = Vec::new();
    for requirement in parsed.requirements() {
        if let Some(id) = requirement.req.license.id() {
            texts.push(text(id.name, id.text()));
        }
        if let Some(spdx::AdditionItem::Spdx(id)) = &requirement.req.addition {
            texts.push(text(id.name, id.text()));
        }
    }
    texts.dedup();
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_in_the_launcher_has_an_expression_and_a_text() {
        let all = launcher();
        assert!(all.len() > 15, "{}", all.len());
        for one in &all {
            assert!(one.expression.is_some() && !one.texts.is_empty(), "{}", one.name);
        }
        for name in ["blake3", "rustix", "zstd-sys", "musl", "Rust's standard library"] {
            assert!(all.iter().any(|one| one.name == name), "{name}");
        }
    }

    #[test]
    fn licences_and_exceptions_have_standard_texts() {
        let texts = standard_texts("GPL-3.0-or-later WITH GCC-exception-3.1 OR MIT");
        let names: Vec<&str> = texts.iter().map(|text| &*text.name).collect();
        let of = |name| format!("the standard text of {name}");
        assert_eq!(names, ["GPL-3.0-or-later", "GCC-exception-3.1", "MIT"].map(of));
        assert!(texts.iter().all(|text| text.text.len() > 500));
        assert_eq!(standard_texts("LicenseRef-x"), []);
    }
}
