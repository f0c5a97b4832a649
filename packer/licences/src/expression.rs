//! SPDX expressions from the ways in which licences are named.

use spdx::{Expression, ParseMode};

/// Classifiers that mean one licence of SPDX's list. `BSD License` means several.
const CLASSIFIERS: [(&str, &str); 34] = [
    ("Academic Free License (AFL)", "AFL-3.0"),
    ("Apache Software License", "Apache-2.0"),
    ("Artistic License", "Artistic-2.0"),
    ("Boost Software License 1.0 (BSL-1.0)", "BSL-1.0"),
    ("CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC0-1.0"),
    ("CeCILL-B Free Software License Agreement (CECILL-B)", "CECILL-B"),
    ("CeCILL-C Free Software License Agreement (CECILL-C)", "CECILL-C"),
    ("Eclipse Public License 1.0 (EPL-1.0)", "EPL-1.0"),
    ("Eclipse Public License 2.0 (EPL-2.0)", "EPL-2.0"),
    ("European Union Public Licence 1.1 (EUPL 1.1)", "EUPL-1.1"),
    ("European Union Public Licence 1.2 (EUPL 1.2)", "EUPL-1.2"),
    ("GNU Affero General Public License v3", "AGPL-3.0-only"),
    ("GNU Affero General Public License v3 or later (AGPLv3+)", "AGPL-3.0-or-later"),
    ("GNU General Public License v2 (GPLv2)", "GPL-2.0-only"),
    ("GNU General Public License v2 or later (GPLv2+)", "GPL-2.0-or-later"),
    ("GNU General Public License v3 (GPLv3)", "GPL-3.0-only"),
    ("GNU General Public License v3 or later (GPLv3+)", "GPL-3.0-or-later"),
    ("GNU Lesser General Public License v2 (LGPLv2)", "LGPL-2.0-only"),
    ("GNU Lesser General Public License v2 or later (LGPLv2+)", "LGPL-2.0-or-later"),
    ("GNU Lesser General Public License v3 (LGPLv3)", "LGPL-3.0-only"),
    ("GNU Lesser General Public License v3 or later (LGPLv3+)", "LGPL-3.0-or-later"),
    ("Historical Permission Notice and Disclaimer (HPND)", "HPND"),
    ("ISC License (ISCL)", "ISC"),
    ("MIT License", "MIT"),
    ("MIT No Attribution License (MIT-0)", "MIT-0"),
    ("Mozilla Public License 1.1 (MPL 1.1)", "MPL-1.1"),
    ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
    ("PostgreSQL License", "PostgreSQL"),
    ("Python Software Foundation License", "PSF-2.0"),
    ("The Unlicense (Unlicense)", "Unlicense"),
    ("Universal Permissive License (UPL)", "UPL-1.0"),
    ("W3C License", "W3C"),
    ("Zope Public License", "ZPL-2.1"),
    ("zlib/libpng License", "Zlib"),
];

/// Names in the field `License` that mean one licence, in lower case.
const WORDS: [(&str, &str); 24] = [
    ("0bsd", "0BSD"),
    ("2-clause bsd", "BSD-2-Clause"),
    ("3-clause bsd", "BSD-3-Clause"),
    ("3-clause bsd license", "BSD-3-Clause"),
    ("apache 2", "Apache-2.0"),
    ("apache 2.0", "Apache-2.0"),
    ("apache license 2.0", "Apache-2.0"),
    ("apache license, version 2.0", "Apache-2.0"),
    ("apache software license 2.0", "Apache-2.0"),
    ("bsd 2-clause", "BSD-2-Clause"),
    ("bsd 3-clause", "BSD-3-Clause"),
    ("bsd 3-clause license", "BSD-3-Clause"),
    ("gpl v2", "GPL-2.0-only"),
    ("gpl v2+", "GPL-2.0-or-later"),
    ("gpl v3", "GPL-3.0-only"),
    ("gpl v3+", "GPL-3.0-or-later"),
    ("isc license", "ISC"),
    ("isc license (iscl)", "ISC"),
    ("mit license", "MIT"),
    ("mpl 2.0", "MPL-2.0"),
    ("new bsd", "BSD-3-Clause"),
    ("psf", "PSF-2.0"),
    ("the mit license", "MIT"),
    ("the unlicense (unlicense)", "Unlicense"),
];

/// Names of several licences, or of several versions of one. The library that reads expressions takes
/// them for one.
const UNCLEAR: [&str; 7] = ["agpl", "apache", "bsd", "gnu", "gpl", "lgpl", "mpl"];

/// The longest text of a field that is a name and not a licence text, in bytes.
const LONGEST_NAME: usize = 120;

/// The licence that a classifier's last part means: `MIT License`.
pub fn classified(classifier: &str) -> Option<&'static str> {
    CLASSIFIERS.iter().find(|(name, _)| *name == classifier).map(|(_, spdx)| *spdx)
}

/// `text` as an SPDX expression in its usual form, if it is one or means one.
pub fn normalized(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST_NAME || text.contains('\n') {
        return None;
    }
    if let Some((_, spdx)) = WORDS.iter().find(|(name, _)| text.eq_ignore_ascii_case(name)) {
        return Some((*spdx).to_owned());
    }
    let mut words = text.split(|c: char| c.is_whitespace() || "()/".contains(c));
    if words.any(|word| UNCLEAR.iter().any(|one| word.eq_ignore_ascii_case(one))) {
        return None;
    }
    let usual = Expression::canonicalize(text).ok()?.unwrap_or_else(|| text.to_owned());
    let mode = ParseMode { allow_deprecated: true, ..ParseMode::STRICT };
    Expression::parse_mode(&usual, mode).ok()?;
    Some(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_expressions_where_they_are_clear() {
        let of = |text: &str| normalized(text).unwrap_or_default();
        assert_eq!(of("MIT"), "MIT");
        assert_eq!(of("mit OR Apache-2.0"), "MIT OR Apache-2.0");
        assert_eq!(of("Apache License, Version 2.0"), "Apache-2.0");
        assert_eq!(of("GPL-2.0+"), "GPL-2.0-or-later");
        assert_eq!(of("LicenseRef-Proprietary"), "LicenseRef-Proprietary");
        for unclear in
            ["BSD", "gnu gpl v2", "Apache OR MIT", "see LICENSE", "", "a\nb", "Copyright 2020"]
        {
            assert_eq!(of(unclear), "", "{unclear}");
        }
    }

    #[test]
    fn tables_have_expressions_of_spdx_s_list() {
        for (_, spdx) in CLASSIFIERS.iter().chain(&WORDS) {
            Expression::parse(spdx).unwrap();
        }
        assert_eq!(classified("MIT License"), Some("MIT"));
        assert_eq!(classified("BSD License"), None);
    }
}
