//! The metadata block in the comments of a script
//! ([inline script metadata](https://packaging.python.org/en/latest/specifications/inline-script-metadata/),
//! PEP 723).

use std::path::Path;

use serde::Deserialize;

use super::error::{Error, toml_cause};

/// Whether the shebang line names Python.
pub(super) fn is_python_script(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.starts_with(b"#!") && line.windows(6).any(|window| window == b"python")
}

/// The metadata of a script.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Pep723 {
    /// PEP 440 specifier.
    pub requires_python: Option<String>,
    /// PEP 508 requirements.
    #[serde(default)]
    pub dependencies: Vec<String>,
    /// `[tool.*]`.
    #[serde(default)]
    pub tool: toml::Table,
    /// The block as TOML, without the comment signs.
    #[serde(skip)]
    pub text: String,
    /// The line of the script above the block's TOML, from 1.
    #[serde(skip)]
    pub line: usize,
}

impl Pep723 {
    /// Parses the `script` block in `source`, the text of the script at `path`.
    ///
    /// # Errors
    ///
    /// There are two blocks, or one without an end, or one that isn't TOML.
    pub fn parse(path: &Path, source: &str) -> Result<Option<Self>, Error> {
        let error = |line, cause| Error::Block { path: path.to_owned(), line, cause };
        let lines: Vec<&str> = source.trim_start_matches('\u{feff}').lines().collect();
        let mut found: Option<(usize, String)> = None;
        let mut at = 0;
        while at < lines.len() {
            let Some(kind) = opening(lines[at]) else {
                at += 1;
                continue;
            };
            let body = &lines[at + 1..];
            let run = body.iter().take_while(|line| is_content(line)).count();
            // As in the specification's regular expression, the last end mark in the run of
            // comments ends the block.
            let Some(end) = body[..run].iter().rposition(|line| *line == "# ///") else {
                if kind == "script" {
                    return Err(error(at + 1, "the script block has no end (`# ///`)".into()));
                }
                at += 1;
                continue;
            };
            if kind == "script" {
                if let Some((first, _)) = found {
                    let cause = format!("second script block; the first is on line {first}");
                    return Err(error(at + 1, cause));
                }
                let content = body[..end].iter().map(|line| {
                    line.strip_prefix("# ").or_else(|| line.strip_prefix('#')).unwrap_or(line)
                });
                found = Some((at + 1, content.collect::<Vec<_>>().join("\n") + "\n"));
            }
            at += end + 2;
        }
        let Some((start, text)) = found else { return Ok(None) };
        let parsed: Self = toml::from_str(&text).map_err(|cause| {
            let (line, cause) = toml_cause(&cause, &text);
            error(start + line, cause)
        })?;
        Ok(Some(Self { text, line: start, ..parsed }))
    }
}

/// `script` for `# /// script`.
fn opening(line: &str) -> Option<&str> {
    let kind = line.strip_prefix("# /// ")?;
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (!kind.is_empty() && kind.chars().all(valid)).then_some(kind)
}

fn is_content(line: &str) -> bool {
    line == "#" || line.starts_with("# ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(source: &str) -> Result<Option<Pep723>, String> {
        Pep723::parse(Path::new("s.py"), source).map_err(|error| error.to_string())
    }

    #[test]
    fn a_block_is_found_anywhere() {
        let source = "#!/usr/bin/env python3\n'''doc'''\n# /// script\n\
                      # requires-python = \">=3.11\"\n#\n# dependencies = [\n#   \"rich\",\n# ]\n\
                      # [tool.snakecrate]\n# level = 3\n# ///\nimport rich\n";
        let block = parse(source).unwrap().unwrap();
        assert_eq!(block.requires_python.as_deref(), Some(">=3.11"));
        assert_eq!(block.dependencies, ["rich"]);
        assert_eq!(block.tool["snakecrate"]["level"].as_integer(), Some(3));
        let windows = source.replace('\n', "\r\n");
        assert_eq!(parse(&windows).unwrap().unwrap().dependencies, ["rich"]);
    }

    #[test]
    fn a_block_is_optional_and_other_blocks_are_ignored() {
        assert_eq!(parse("print()\n").unwrap(), None);
        assert_eq!(parse("# /// other\n# x = [\n# ///\n").unwrap(), None);
        assert_eq!(parse("#/// script\n# x = [\n").unwrap(), None);
        assert_eq!(parse("# /// script\n# ///\n").unwrap().unwrap().dependencies.len(), 0);
    }

    #[test]
    fn a_block_ends_at_the_last_end_mark_of_its_comment() {
        let source =
            "# /// script\n# dependencies = [\"a\"]\n# embedded = '''\n# ///\n# '''\n# ///\n";
        assert_eq!(parse(source).unwrap().unwrap().dependencies, ["a"]);
    }

    #[test]
    fn errors_name_their_line() {
        let twice = "# /// script\n# ///\n\n# /// script\n# ///\n";
        assert_eq!(
            parse(twice).unwrap_err(),
            "s.py:4: second script block; the first is on line 1"
        );
        let open = "x = 1\n# /// script\n# dependencies = []\nprint()\n";
        assert_eq!(parse(open).unwrap_err(), "s.py:2: the script block has no end (`# ///`)");
        let bad = "\n# /// script\n# a = 1\n# dependencies = [\n# ///\n";
        assert!(parse(bad).unwrap_err().starts_with("s.py:4: "), "{}", parse(bad).unwrap_err());
        let kind = parse("# /// script\n# dependencies = 'rich'\n# ///\n").unwrap_err();
        assert!(kind.starts_with("s.py:2: invalid type"), "{kind}");
    }
}
