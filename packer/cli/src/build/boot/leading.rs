//! The imports that a script begins with.

/// The import statements before anything else but comments and the docstring, one a line;
/// `from __future__` is left out. Empty where the script begins otherwise, or in a way that is not
/// plain: then nothing is imported ahead of it, and nothing is lost.
pub fn leading_imports(source: &[u8]) -> String {
    let Ok(source) = std::str::from_utf8(source) else { return String::new() };
    let source = source.trim_start_matches('\u{feff}');
    let mut found = String::new();
    let mut lines = source.lines();
    let mut first = true;
    while let Some(line) = lines.next() {
        let text = line.trim_end();
        if text.is_empty() || text.trim_start().starts_with('#') {
            continue;
        }
        if std::mem::take(&mut first) && skip_docstring(text, &mut lines) {
            continue;
        }
        let Some(statement) = statement(text, &mut lines) else { break };
        if !statement.starts_with("from __future__") {
            found.push_str(&statement);
            found.push('\n');
        }
    }
    found
}

/// Whether `line` begins a string of three quotes; it and the lines up to the string's end are
/// passed over.
fn skip_docstring<'a>(line: &str, lines: &mut impl Iterator<Item = &'a str>) -> bool {
    let line = line.trim_start_matches(['r', 'R']);
    let three = ["\"\"\"", "'''"].into_iter().find(|quotes| line.starts_with(quotes));
    let Some(quotes) = three else { return false };
    let rest = line[3..].find(quotes).map(|at| &line[3 + at + 3..]);
    let rest = rest.or_else(|| lines.find_map(|line| Some(&line[line.find(quotes)? + 3..])));
    // An expression that goes on is no docstring; what follows it is not looked at.
    if rest.is_some_and(|rest| !rest.trim().is_empty() && !rest.trim_start().starts_with('#')) {
        lines.for_each(drop);
    }
    true
}

/// One import statement that begins with `line`, on one line or in parentheses.
fn statement<'a>(line: &str, lines: &mut impl Iterator<Item = &'a str>) -> Option<String> {
    if !line.starts_with("import ") && !line.starts_with("from ") {
        return None;
    }
    let mut text = without_comment(line).to_owned();
    while text.contains('(') && !text.contains(')') {
        text.push_str(without_comment(lines.next()?).trim_start());
    }
    // No `;`, no line that goes on, no name that is not ASCII.
    let plain = |c: char| c.is_ascii_alphanumeric() || "_ .,()*\t".contains(c);
    text.chars().all(plain).then_some(text)
}

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or(line).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leading(source: &str) -> String {
        leading_imports(source.as_bytes())
    }

    #[test]
    fn imports_at_the_top_are_found() {
        for (source, wanted) in [
            ("import a\nfrom b.c import d as e, f\n", "import a\nfrom b.c import d as e, f\n"),
            ("#!/usr/bin/python3\n# /// script\n# ///\n\nimport a  # why\n", "import a\n"),
            ("\u{feff}import a\r\nimport b\r\n", "import a\nimport b\n"),
            ("'''doc'''\nimport a", "import a\n"),
            ("r\"\"\"doc\nimport x\n\"\"\"\nimport a", "import a\n"),
            ("from __future__ import annotations\nimport a", "import a\n"),
            (
                "from a import (  # c\n    b,\n    # d\n    c\n)\nimport e",
                "from a import (b,c)\nimport e\n",
            ),
            ("from a import *\nx = 1\nimport b", "from a import *\n"),
        ] {
            assert_eq!(leading(source), wanted, "{source:?}");
        }
    }

    #[test]
    fn what_is_not_plain_ends_them() {
        for source in [
            "x = 1\nimport a",
            "if x:\n    import a",
            "    import a",
            "import a; b()",
            "import a, \\\n    b",
            "from a import (b",
            "'''doc''' + import_me()\nimport a",
            "'''never ended\nimport a",
            "import \u{e9}",
            "importlib = 3",
            "try:\n    import a\nexcept: pass",
            "",
        ] {
            assert_eq!(leading(source), "", "{source:?}");
        }
        assert_eq!(leading_imports(b"import a\n# \xff"), "");
    }
}
