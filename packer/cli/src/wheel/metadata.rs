//! The documents of a `.dist-info` directory: `METADATA`, `WHEEL`, `entry_points.txt`
//! ([core metadata](https://packaging.python.org/en/latest/specifications/core-metadata/),
//! [entry points](https://packaging.python.org/en/latest/specifications/entry-points/)).

/// What `METADATA` says, as far as it is of use here.
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
    /// `License-Expression` (SPDX), `License`, classifiers and files.
    pub license: License,
    /// `Author` or `Author-email`.
    pub author: Option<String>,
    /// `Home-page`, else the first `Project-URL` that is a home page or a repository.
    pub home_page: Option<String>,
}

/// What a distribution says of its licence.
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

/// The header lines of an e-mail-like document, continuation lines joined with newlines.
pub(crate) fn headers(text: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        if line.trim().is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push('\n');
                // Multi-line fields are indented by eight blanks or by seven and a bar.
                value.push_str(line.trim_start().trim_start_matches('|'));
            }
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    headers
}

impl Metadata {
    /// Reads the header of `METADATA`; what is missing stays empty.
    pub fn parse(text: &str) -> Self {
        let mut metadata = Self::default();
        let mut links = Vec::new();
        for (name, value) in headers(text) {
            // setuptools wrote `UNKNOWN` for what was not given.
            if value.is_empty() || value == "UNKNOWN" {
                continue;
            }
            match name.as_str() {
                "name" => metadata.name = value,
                "version" => metadata.version = value,
                "summary" => metadata.summary = Some(value),
                "requires-python" => metadata.requires_python = Some(value),
                "requires-dist" => metadata.requires_dist.push(value),
                "license-expression" => metadata.license.expression = Some(value),
                "license" => metadata.license.text = Some(value),
                "license-file" => metadata.license.files.push(value),
                "author" => metadata.author = Some(value),
                "author-email" if metadata.author.is_none() => metadata.author = Some(value),
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
        let link = links.into_iter().next().map(|(_, url)| url);
        metadata.home_page = metadata.home_page.or(link);
        metadata
    }
}

/// A `Project-URL` and its rank among those that lead to a project's home.
fn project_url(value: &str) -> Option<(usize, String)> {
    const LABELS: [&str; 5] = ["homepage", "home", "repository", "source", "sourcecode"];
    let (label, url) = value.split_once(',')?;
    let label: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
    let rank = LABELS.iter().position(|known| label.eq_ignore_ascii_case(known))?;
    Some((rank, url.trim().to_owned()))
}

/// A function that a script calls.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryPoint {
    /// The script's name.
    pub name: String,
    /// `package.module`.
    pub module: String,
    /// `main`, `App.run`.
    pub attr: String,
}

/// The sections of a file in the format of Python's `configparser`: names, and keys with values.
/// Values that go on in indented lines are joined with newlines.
pub(crate) fn ini(text: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut sections: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with('[') {
            let name = trimmed.trim_start_matches('[').trim_end_matches(']');
            sections.push((name.trim().to_owned(), Vec::new()));
            continue;
        }
        let Some((_, items)) = sections.last_mut() else { continue };
        if line.starts_with([' ', '\t'])
            && let Some((_, value)) = items.last_mut()
        {
            value.push('\n');
            value.push_str(trimmed);
        } else if let Some((key, value)) = trimmed.split_once('=') {
            items.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    sections
}

/// Console and gui scripts of `entry_points.txt`, sorted by name.
///
/// # Errors
///
/// The line that names no function.
pub(crate) fn scripts(text: &str) -> Result<Vec<EntryPoint>, String> {
    let mut scripts = Vec::new();
    for (section, items) in ini(text) {
        if section != "console_scripts" && section != "gui_scripts" {
            continue;
        }
        for (name, value) in items {
            // `[extra]` behind the function is a requirement that installers have always ignored.
            let object = value.split('[').next().unwrap_or_default().trim();
            let parts = object.split_once(':').map(|(module, attr)| (module.trim(), attr.trim()));
            let Some((module, attr)) = parts.filter(|(m, a)| is_dotted(m) && is_dotted(a)) else {
                return Err(format!("{name} = {value}"));
            };
            if name.is_empty() || name.contains(['/', '\\']) || name.contains(char::is_control) {
                return Err(format!("{name} = {value}"));
            }
            scripts.push(EntryPoint { name, module: module.into(), attr: attr.into() });
        }
    }
    scripts.sort();
    scripts.dedup_by(|a, b| a.name == b.name);
    Ok(scripts)
}

/// Names with dots between them: what may stand in Python code without being any.
fn is_dotted(text: &str) -> bool {
    text.split('.').all(|name| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c == '_' || c.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
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
        assert_eq!(metadata.requires_dist, ["click (>=8) ; extra == 'cli'"]);
        assert_eq!(metadata.author, None);
    }

    #[test]
    fn scripts_are_console_and_gui_scripts() {
        let text = "# comment\n[console_scripts]\nb = pkg.mod:App.run [fast]\n\n[gui_scripts]\n\
                    a=pkg:main\n[other]\nc = x\n";
        let call = |name: &str, module: &str, attr: &str| EntryPoint {
            name: name.into(),
            module: module.into(),
            attr: attr.into(),
        };
        assert_eq!(
            scripts(text).unwrap(),
            [call("a", "pkg", "main"), call("b", "pkg.mod", "App.run")]
        );
    }

    #[test]
    fn what_is_no_function_is_no_script() {
        for line in ["a = pkg", "a = pkg:main()", "a = pkg:import os", "../a = p:m", "a = :m"] {
            let text = format!("[console_scripts]\n{line}\n");
            assert_eq!(scripts(&text).unwrap_err(), line);
        }
    }
}
