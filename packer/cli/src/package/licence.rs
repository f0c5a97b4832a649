//! The licence of the application in words, as SPDX has them where its metadata allows that.

use snakecrate_licences::classified;

use crate::wheel::License;

/// The licence; `None` if the metadata names none.
pub(super) fn of(license: &License) -> Option<String> {
    let expression = license.expression.clone();
    let known = || classified(license.classifiers.last()?).map(str::to_owned);
    // The field may have the whole text.
    let short = || license.text.clone().filter(|text| text.len() <= 60 && !text.contains('\n'));
    let classifier = || license.classifiers.last().cloned();
    expression.or_else(known).or_else(short).or_else(classifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_come_first_and_then_what_is_clear() {
        let license =
            |expression: Option<&str>, text: Option<&str>, classifiers: &[&str]| License {
                expression: expression.map(str::to_owned),
                text: text.map(str::to_owned),
                classifiers: classifiers.iter().map(|one| (*one).to_owned()).collect(),
                files: vec![],
            };
        let both = license(Some("MIT OR ISC"), Some("x"), &["MIT License"]);
        assert_eq!(of(&both).unwrap(), "MIT OR ISC");
        assert_eq!(of(&license(None, Some("mit"), &["MIT License"])).unwrap(), "MIT");
        let bsd = license(None, Some("BSD-3-Clause"), &["BSD License"]);
        assert_eq!(of(&bsd).unwrap(), "BSD-3-Clause");
        assert_eq!(of(&license(None, Some("BSD\ntext"), &["BSD License"])).unwrap(), "BSD License");
        assert_eq!(of(&license(None, None, &[])), None);
    }
}
