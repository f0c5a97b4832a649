//! The licence of the application in words, as SPDX has them where its metadata allows that.

use crate::wheel::License;

/// Classifiers that mean one licence of SPDX's list. `BSD License` means several.
const CLASSIFIERS: [(&str, &str); 17] = [
    ("Apache Software License", "Apache-2.0"),
    ("Boost Software License 1.0 (BSL-1.0)", "BSL-1.0"),
    ("European Union Public Licence 1.2 (EUPL 1.2)", "EUPL-1.2"),
    ("GNU Affero General Public License v3", "AGPL-3.0-only"),
    ("GNU Affero General Public License v3 or later (AGPLv3+)", "AGPL-3.0-or-later"),
    ("GNU General Public License v2 (GPLv2)", "GPL-2.0-only"),
    ("GNU General Public License v2 or later (GPLv2+)", "GPL-2.0-or-later"),
    ("GNU General Public License v3 (GPLv3)", "GPL-3.0-only"),
    ("GNU General Public License v3 or later (GPLv3+)", "GPL-3.0-or-later"),
    ("GNU Lesser General Public License v3 (LGPLv3)", "LGPL-3.0-only"),
    ("GNU Lesser General Public License v3 or later (LGPLv3+)", "LGPL-3.0-or-later"),
    ("ISC License (ISCL)", "ISC"),
    ("MIT License", "MIT"),
    ("MIT No Attribution License (MIT-0)", "MIT-0"),
    ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
    ("Python Software Foundation License", "PSF-2.0"),
    ("The Unlicense (Unlicense)", "Unlicense"),
];

/// The licence; `None` if the metadata names none.
pub(super) fn of(license: &License) -> Option<String> {
    let expression = license.expression.clone();
    let known = || {
        let last = license.classifiers.last()?;
        let found = CLASSIFIERS.iter().find(|(classifier, _)| classifier == last);
        found.map(|(_, spdx)| (*spdx).to_owned())
    };
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
