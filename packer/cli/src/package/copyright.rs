//! `copyright` in the documentation of a Debian package
//! (<https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/>).

use std::fmt::Write as _;

use super::text::{continued, line};

/// A distribution in the archive, and its licences in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) licences: Vec<String>,
}

/// What the file says.
pub(super) struct Copyright<'a> {
    pub(super) name: &'a str,
    pub(super) homepage: Option<&'a str>,
    pub(super) holder: &'a str,
    pub(super) licence: Option<&'a str>,
    pub(super) texts: &'a [String],
    pub(super) parts: &'a [Part],
}

/// Licences whose texts every Debian system has, by the beginning that their texts have. Packages
/// refer to those files.
const COMMON: [(&str, &str, &str); 11] = [
    ("Apache License", "Version 2.0, January 2004", "Apache-2.0"),
    ("GNU GENERAL PUBLIC LICENSE", "Version 3, 29 June 2007", "GPL-3"),
    ("GNU GENERAL PUBLIC LICENSE", "Version 2, June 1991", "GPL-2"),
    ("GNU GENERAL PUBLIC LICENSE", "Version 1, February 1989", "GPL-1"),
    ("GNU LESSER GENERAL PUBLIC LICENSE", "Version 3, 29 June 2007", "LGPL-3"),
    ("GNU LESSER GENERAL PUBLIC LICENSE", "Version 2.1, February 1999", "LGPL-2.1"),
    ("GNU LIBRARY GENERAL PUBLIC LICENSE", "Version 2, June 1991", "LGPL-2"),
    ("GNU Free Documentation License", "Version 1.3", "GFDL-1.3"),
    ("Mozilla Public License Version 2.0", "1. Definitions", "MPL-2.0"),
    ("Mozilla Public License Version 1.1", "1. Definitions", "MPL-1.1"),
    ("CC0 1.0 Universal", "Statement of Purpose", "CC0-1.0"),
];

/// The text of a licence, or where it is.
fn text_of(text: &str) -> String {
    let start: String = text.chars().take(2000).collect();
    let words = start.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_common = |(name, version, _): &&(&str, &str, &str)| {
        words.to_lowercase().contains(&name.to_lowercase()) && words.contains(version)
    };
    match COMMON.iter().find(is_common) {
        Some((name, _, file)) => format!(
            "The text is that of the {name}. On Debian systems it is in\n\
             /usr/share/common-licenses/{file}."
        ),
        None => text.to_owned(),
    }
}

impl std::fmt::Display for Copyright<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let licence = self.licence.map_or_else(|| "unknown".into(), line);
        let mut text = String::from(
            "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n",
        );
        let _ = writeln!(text, "Upstream-Name: {}", line(self.name));
        if let Some(homepage) = self.homepage {
            let _ = writeln!(text, "Source: {homepage}");
        }
        text += "Comment:\n";
        text += &continued(
            "The package has one executable file. The application in it is under the licence below.\n\
             Beside it there are, each under its own licence:\n",
        );
        for Part { name, version, licences } in self.parts {
            let licences = match &**licences {
                [] => "its metadata names no licence".into(),
                all => all.iter().map(|one| line(one)).collect::<Vec<_>>().join("; "),
            };
            text += &continued(&format!(" {} {}: {licences}", line(name), line(version)));
        }
        text += &continued("Their licence texts are in the file, which is a zip archive, too.");
        let _ = writeln!(text, "\nFiles: *\nCopyright: {}", line(self.holder));
        let _ = writeln!(text, "License: {licence}");
        let texts: Vec<String> = self.texts.iter().map(|text| text_of(text)).collect();
        text += &continued(&if texts.is_empty() {
            "The application comes without the text of its licence.".into()
        } else {
            texts.join("\n\n")
        });
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_licences_are_referred_to_and_others_copied() {
        let apache = "\n      Apache License\n   Version 2.0, January 2004\n http://…\n";
        let texts = [apache.to_owned(), "MIT License\n\nCopyright (c) 2020 A".to_owned()];
        let parts = [
            Part { name: "click".into(), version: "8.1".into(), licences: vec!["BSD".into()] },
            Part { name: "x\nFiles: *".into(), version: "1".into(), licences: vec![] },
        ];
        let copyright = Copyright {
            name: "demo\nLicense: evil",
            homepage: Some("https://demo"),
            holder: "A <a@b.c>",
            licence: Some("Apache-2.0 OR MIT"),
            texts: &texts,
            parts: &parts,
        };
        pretty_assertions::assert_eq!(
            copyright.to_string(),
            "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: demo License: evil
Source: https://demo
Comment:
 The package has one executable file. The application in it is under the licence below.
 Beside it there are, each under its own licence:
  click 8.1: BSD
  x Files: * 1: its metadata names no licence
 Their licence texts are in the file, which is a zip archive, too.

Files: *
Copyright: A <a@b.c>
License: Apache-2.0 OR MIT
 The text is that of the Apache License. On Debian systems it is in
 /usr/share/common-licenses/Apache-2.0.
 .
 MIT License
 .
 Copyright (c) 2020 A
"
        );
    }
}
