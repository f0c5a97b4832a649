//! The licence that a distribution declares in its metadata.

use spdx::detection::scan::Scanner;
use spdx::detection::{Store, TextData};

use crate::expression::{classified, normalized};
use crate::subject::{Known, Text};

/// The licence fields of a distribution's `METADATA`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Declared {
    /// `License-Expression`.
    pub expression: Option<String>,
    /// `License`: a name, or the whole text.
    pub text: Option<String>,
    /// The last parts of `License ::` classifiers: `MIT License`.
    pub classifiers: Vec<String>,
}

impl Declared {
    /// The expression, and how it is known. `texts` are the distribution's licence files.
    ///
    /// Several classifiers mean all of them: whether one may choose is not said.
    pub(crate) fn expression(&self, texts: &[Text]) -> (Option<String>, Known) {
        if let Some(expression) = self.expression.as_deref().and_then(normalized) {
            return (Some(expression), Known::Declared);
        }
        if let Some(expression) = self.text.as_deref().and_then(normalized) {
            return (Some(expression), Known::Metadata);
        }
        let classified: Vec<_> = self
            .classifiers
            .iter()
            .filter(|one| *one != "OSI Approved")
            .map(|one| classified(one))
            .collect();
        if !classified.is_empty() && classified.iter().all(Option::is_some) {
            let all: Vec<&str> = classified.into_iter().flatten().collect();
            return (Some(all.join(" AND ")), Known::Metadata);
        }
        // Metadata that names a kind of licence is not made narrower by any other text.
        let own = texts.iter().filter(|text| text.name.contains(".dist-info/"));
        let field = self.text.iter().filter(|text| text.len() > 200);
        let recognised: Vec<String> =
            own.map(|text| &text.text).chain(field).filter_map(|text| recognised(text)).collect();
        let mut different = recognised.clone();
        different.sort();
        different.dedup();
        let expression = (!different.is_empty()).then(|| different.join(" AND "));
        (expression, Known::Text)
    }

    /// The licence in its own words.
    pub(crate) fn words(&self) -> Vec<String> {
        let short = self.text.iter().filter(|text| text.len() <= 200 && !text.contains('\n'));
        let all = self.expression.iter().chain(short).chain(&self.classifiers);
        let mut words: Vec<String> = all.cloned().collect();
        words.dedup();
        words
    }
}

/// The licence with this text, if it is one of SPDX's list.
pub(crate) fn recognised(text: &str) -> Option<String> {
    static STORE: std::sync::OnceLock<Option<Store>> = std::sync::OnceLock::new();
    let store = STORE.get_or_init(|| Store::load_inline().ok()).as_ref()?;
    let text = TextData::new(text);
    let scanner = Scanner::new(store).confidence_threshold(0.9);
    scanner.scan(&text).license.and_then(|licence| normalized(licence.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BSD: &str = include_str!("texts/bsd-3-clause.txt");

    fn declared(text: Option<&str>, classifiers: &[&str]) -> Declared {
        Declared {
            expression: None,
            text: text.map(str::to_owned),
            classifiers: classifiers.iter().map(|&one| one.to_owned()).collect(),
        }
    }

    #[test]
    fn clear_metadata_wins_over_texts() {
        let file = [Text { name: "a-1.dist-info/LICENSE".into(), text: BSD.into() }];
        let of = |declared: &Declared| declared.expression(&file);
        let both = Declared { expression: Some("MIT".into()), ..declared(Some("ISC"), &[]) };
        assert_eq!(of(&both), (Some("MIT".into()), Known::Declared));
        assert_eq!(of(&declared(Some("ISC"), &["BSD License"])).0.unwrap(), "ISC");
        assert_eq!(
            of(&declared(None, &["MIT License", "Apache Software License"])).0.unwrap(),
            "MIT AND Apache-2.0"
        );
    }

    #[test]
    fn an_ambiguous_classifier_is_settled_by_the_text() {
        let file = [Text { name: "a-1.dist-info/LICENSE".into(), text: BSD.into() }];
        let bsd = declared(None, &["OSI Approved", "BSD License"]);
        assert_eq!(bsd.expression(&file), (Some("BSD-3-Clause".into()), Known::Text));
        assert_eq!(bsd.expression(&[]).0, None);
        let vendored = [Text { name: "a/_vendor/LICENSE".into(), text: BSD.into() }];
        assert_eq!(bsd.expression(&vendored).0, None);
    }
}
