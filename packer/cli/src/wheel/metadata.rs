//! `METADATA` and its headers, which `WHEEL` has, too
//! ([core metadata](https://packaging.python.org/en/latest/specifications/core-metadata/)).

use std::str::FromStr as _;

use pep440_rs::{Version, VersionSpecifiers};

/// The fields of `METADATA` that are used here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    /// `Name`, as written.
    pub name: String,
    /// `Version`, as written.
    pub version: String,
    /// `Summary`.
    pub summary: Option<String>,
    /// `Requires-Python`, a PEP 440 specifier.
    pub requires_python: Option<String>,
    /// `Requires-Dist`, PEP 508 requirements.
    pub requires_dist: Vec<String>,
    /// `Provides-Extra`, as written.
    pub provides_extra: Vec<String>,
    /// `License-Expression` (SPDX), `License`, classifiers and files.
    pub license: License,
    /// `Author`.
    pub author: Option<String>,
    /// `Author-email`: addresses, or `NAME <MAIL>`, several with commas.
    pub author_email: Option<String>,
    /// `Maintainer`.
    pub maintainer: Option<String>,
    /// `Maintainer-email`, like the author's.
    pub maintainer_email: Option<String>,
    /// `Home-page`, else the first `Project-URL` that is a home page or a repository.
    pub home_page: Option<String>,
    /// The first `Project-URL` that is a repository.
    pub repository: Option<String>,
}

/// The licence fields of a distribution.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct License {
    /// `License-Expression`: an SPDX expression.
    pub expression: Option<String>,
    /// `License`: a name, or the whole text.
    pub text: Option<String>,
    /// The last parts of its `License ::` classifiers: `MIT License`.
    pub classifiers: Vec<String>,
    /// `License-File`: paths below `.dist-info/licenses` (or `.dist-info` in old wheels).
    pub files: Vec<String>,
}

/// The headers of an e-mail-like document: lower-case names, and values whose continuation lines
/// are joined with newlines.
///
/// `mailparse` reads a line that isn't a header as a header without a value. CPython's parser,
/// which installers use, ends the headers there, so they are cut first.
pub(super) fn headers(text: &str) -> Vec<(String, String)> {
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = text.split_inclusive('\n').skip_while(|line| is_continuation(line));
    let block: String = lines.by_ref().take_while(|line| is_header(line)).collect();
    let Ok((headers, _)) = mailparse::parse_headers(block.as_bytes()) else { return Vec::new() };
    headers
        .iter()
        .map(|header| {
            let value = String::from_utf8_lossy(header.get_value_raw());
            (header.get_key_ref().to_ascii_lowercase(), unindented(value.trim()))
        })
        .collect()
}

fn is_continuation(line: &str) -> bool {
    line.starts_with([' ', '\t'])
}

/// Whether CPython takes `line` for a header or a part of one. A line of nothing but spaces is.
fn is_header(line: &str) -> bool {
    let name = line.split_once(':').map(|(name, _)| name);
    is_continuation(line)
        || name.is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic()))
}

/// Builders indent the lines of long values by eight spaces, or by seven and a bar.
fn unindented(value: &str) -> String {
    let mut lines = value.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    let rest = lines.map(|line| line.trim_start().trim_start_matches('|'));
    rest.fold(first, |text, line| text + "\n" + line)
}

/// Whether `wanted`, the specifiers of a `Requires-Python`, exclude `python`. Those that cannot be read
/// exclude nothing.
pub fn excludes_python(wanted: &str, python: &str) -> bool {
    match (VersionSpecifiers::from_str(wanted), Version::from_str(python)) {
        (Ok(specifiers), Ok(version)) => !specifiers.contains(&version),
        _ => false,
    }
}

impl Metadata {
    /// Reads the headers of `METADATA`. Missing fields stay empty.
    pub fn parse(text: &str) -> Self {
        let mut metadata = Self::default();
        let mut links = Vec::new();
        for (name, value) in headers(text) {
            // Old versions of setuptools wrote `UNKNOWN` for missing values.
            if value.is_empty() || value == "UNKNOWN" {
                continue;
            }
            match name.as_str() {
                "name" => metadata.name = value,
                "version" => metadata.version = value,
                "summary" => metadata.summary = Some(value),
                "requires-python" => metadata.requires_python = Some(value),
                "provides-extra" => metadata.provides_extra.push(value),
                "requires-dist" => metadata.requires_dist.push(value),
                "license-expression" => metadata.license.expression = Some(value),
                "license" => metadata.license.text = Some(value),
                "license-file" => metadata.license.files.push(value),
                "author" => metadata.author = Some(value),
                "author-email" => metadata.author_email = Some(value),
                "maintainer" => metadata.maintainer = Some(value),
                "maintainer-email" => metadata.maintainer_email = Some(value),
                "home-page" => metadata.home_page = Some(value),
                "project-url" => links.extend(project_url(&value)),
                "classifier" => {
                    if let Some((_, last)) =
                        value.strip_prefix("License ::").and(value.rsplit_once("::"))
                    {
                        metadata.license.classifiers.push(last.trim().to_owned());
                    }
                }
                _ => {}
            }
        }
        links.sort_by_key(|(rank, _)| *rank);
        let repository = links.iter().find(|(rank, _)| *rank >= REPOSITORY);
        metadata.repository = repository.map(|(_, url)| url.clone());
        let link = links.into_iter().next().map(|(_, url)| url);
        metadata.home_page = metadata.home_page.or(link);
        metadata
    }
}

/// Links from this rank on lead to a repository.
const REPOSITORY: usize = 2;

/// The URL of a `Project-URL` that leads to a project's home, and its rank.
fn project_url(value: &str) -> Option<(usize, String)> {
    const LABELS: [&str; 5] = ["homepage", "home", "repository", "source", "sourcecode"];
    let (label, url) = value.split_once(',')?;
    let label: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
    let rank = LABELS.iter().position(|known| label.eq_ignore_ascii_case(known))?;
    Some((rank, url.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn metadata_is_read_up_to_the_description() {
        let metadata = Metadata::parse(
            "Metadata-Version: 2.4\nName: Demo\nVersion: 1.0\nSummary: A thing\n\
             License: first line\n        second line\nLicense-Expression: MIT OR Apache-2.0\n\
             License-File: LICENSE\nClassifier: License :: OSI Approved :: MIT License\n\
             Classifier: Programming Language :: Python\nRequires-Python: >=3.9\n\
             Project-URL: Docs, https://docs\nProject-URL: Source Code, https://source\n\
             Requires-Dist: click (>=8) ; extra == 'cli'\nAuthor: UNKNOWN\n\nName: not this one\n",
        );
        assert_eq!(metadata.name, "Demo");
        assert_eq!(metadata.summary.as_deref(), Some("A thing"));
        assert_eq!(metadata.license.text.as_deref(), Some("first line\nsecond line"));
        assert_eq!(metadata.license.expression.as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(metadata.license.classifiers, ["MIT License"]);
        assert_eq!(metadata.license.files, ["LICENSE"]);
        assert_eq!(metadata.requires_python.as_deref(), Some(">=3.9"));
        assert_eq!(metadata.home_page.as_deref(), Some("https://source"));
        assert_eq!(metadata.repository.as_deref(), Some("https://source"));
        assert_eq!(metadata.requires_dist, ["click (>=8) ; extra == 'cli'"]);
        assert_eq!(metadata.author, None);
    }

    /// The headers that CPython's parser finds in each text.
    fn by_cpython(texts: &[&str]) -> Vec<Vec<(String, String)>> {
        const PARSE: &str = "
import json, sys
from email import message_from_string
def lines(value):
    first, *rest = value.strip().replace('\\r\\n', '\\n').split('\\n')
    return '\\n'.join([first] + [line.lstrip().lstrip('|') for line in rest])
json.dump([[(name.lower(), lines(value)) for name, value in message_from_string(text).items()]
           for text in json.load(sys.stdin)], sys.stdout)";
        let python = std::env::var("SNAKECRATE_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
        let mut child = Command::new(python)
            .args(["-I", "-c", PARSE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        serde_json::to_writer(child.stdin.take().unwrap(), texts).unwrap();
        serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap()
    }

    #[test]
    fn headers_are_those_that_cpython_reads() {
        let texts = [
            "",
            "\n",
            "Name: a\n\nRequires-Dist: body\n",
            "Name: a\r\nLicense: b\r\n c\r\nRequires-Dist: d\r\n\r\nbody\r\n",
            // `license = {file = …}`: the empty lines of the text become lines of spaces.
            "Name: a\nLicense: MIT License\n        \n        Copyright\n        \n        \
             Permission\nRequires-Dist: click\n\nbody\n",
            "License: x\n       |\n       |y\nRequires-Dist: a\n",
            "License:\n        on the next line\n\t\n\ttabs\nRequires-Dist: a\n",
            "Name: a\n  \n\t \nVersion: 1\n",
            "Name: a\n   \n\nRequires-Dist: body\n",
            "Name: a\nnot a header\nRequires-Dist: body\n",
            "Name : a\nVersion: 1\n",
            "Name: a\nDescription: b: c\n  d: e\nURL: https://x/?a:b\nEmpty:\nLast: x",
            "  lost\nName: a\n",
            "Summary: caf\u{e9} \u{2028} x\nName:\u{a0}a\nVersion:\t1  \n",
            "Name: a\nName: b\nNAME: c\n",
            "Description: form\u{c}feed\n        and\u{b}more\nRequires-Dist: a\n",
        ];
        for (text, wanted) in texts.iter().zip(by_cpython(&texts)) {
            assert_eq!(headers(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn a_license_with_empty_lines_hides_no_requirement() {
        let metadata = Metadata::parse(
            "Name: a\nLicense: MIT License\n        \n        Copyright\nRequires-Dist: click\n",
        );
        assert_eq!(metadata.license.text.as_deref(), Some("MIT License\n\nCopyright"));
        assert_eq!(metadata.requires_dist, ["click"]);
    }
}
