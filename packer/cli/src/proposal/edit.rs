//! The table in the text of a file, whose other lines stay as they are.

use toml_edit::{Array, DocumentMut, Item, Table, TomlError, value};

use super::Proposal;
use crate::source::Pep723;

/// Lines that a difference has before and after its changes.
const CONTEXT: usize = 2;

/// The text of a pyproject.toml with the options of `proposal`. Other options in the table stay.
///
/// # Errors
///
/// It isn't TOML.
pub fn in_project(text: &str, proposal: &Proposal) -> Result<String, TomlError> {
    let mut document: DocumentMut = text.parse()?;
    let tool = document.entry("tool").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let is_first = text.trim().is_empty();
    let Some(tool) = tool.as_table_like_mut() else { return Ok(text.to_owned()) };
    let own = tool.entry("snakecrate").or_insert_with(|| {
        let mut table = Table::new();
        table.decor_mut().set_prefix(if is_first { "" } else { "\n" });
        Item::Table(table)
    });
    let Some(own) = own.as_table_like_mut() else { return Ok(text.to_owned()) };
    let list = |all: &[String]| value(all.iter().collect::<Array>());
    if let Some(module) = &proposal.module {
        own.insert("module", value(module));
    }
    if !proposal.entries.is_empty() {
        own.insert("entries", list(&proposal.entries));
    }
    if let Some(default) = &proposal.default {
        own.insert("default", value(default));
    }
    if !proposal.include.is_empty() {
        own.insert("include", list(&proposal.include));
    }
    let mut text = document.to_string();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// The text of a script with the options of `proposal` in its block, which is added if there is none.
///
/// # Errors
///
/// Its block isn't TOML.
pub fn in_script(
    text: &str,
    block: Option<&Pep723>,
    proposal: &Proposal,
) -> Result<String, TomlError> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let commented = |toml: &str| -> String {
        let line = |line: &str| if line.is_empty() { "#\n".into() } else { format!("# {line}\n") };
        toml.lines().map(line).collect()
    };
    let Some(block) = block else {
        // A shebang line and the declaration of an encoding have to be the first.
        let is_head = |line: &&&str| line.starts_with("#!") || line.contains("coding");
        let head = lines.iter().take(2).take_while(is_head).count();
        let toml = in_project("", proposal)?;
        let added = format!("# /// script\n{}# ///\n", commented(&toml));
        return Ok([&lines[..head].concat(), &*added, &lines[head..].concat()].concat());
    };
    // An empty block has no lines, and its text has one.
    let is_empty = lines.get(block.line).is_some_and(|line| line.trim_end() == "# ///");
    let end = block.line + if is_empty { 0 } else { block.text.matches('\n').count() };
    let toml = in_project(if is_empty { "" } else { &block.text }, proposal)?;
    Ok([&lines[..block.line].concat(), &*commented(&toml), &lines[end..].concat()].concat())
}

/// The lines that differ, with `- ` and `+ ` before them, and a few around them.
pub fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old[same..].iter().rev().zip(new[same..].iter().rev());
    let after = rest.take_while(|(a, b)| a == b).count();
    let (old_end, new_end) = (old.len() - after, new.len() - after);
    let marked = |mark: char, lines: &[&str]| -> String {
        lines.iter().map(|line| format!("{mark} {line}").trim_end().to_owned() + "\n").collect()
    };
    [
        marked(' ', &old[same.saturating_sub(CONTEXT)..same]),
        marked('-', &old[same..old_end]),
        marked('+', &new[same..new_end]),
        marked(' ', &old[old_end..(old_end + CONTEXT).min(old.len())]),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use pretty_assertions::assert_eq;

    use super::*;

    fn proposal() -> Proposal {
        Proposal {
            module: Some("demo".into()),
            include: vec!["data.csv".into(), "templates".into()],
            ..Proposal::default()
        }
    }

    const TABLE: &str =
        "[tool.snakecrate]\nmodule = \"demo\"\ninclude = [\"data.csv\", \"templates\"]\n";

    #[test]
    fn other_lines_and_comments_stay() {
        let text = "# head\n[project]\nname = 'demo' # the name\n\n[tool.ruff]\nline-length=99\n";
        let new = in_project(text, &proposal()).unwrap();
        assert_eq!(new, format!("{text}\n{TABLE}"));
        let again = Proposal { default: Some("x".into()), ..Proposal::default() };
        let more = in_project(&new, &again).unwrap();
        assert_eq!(more, format!("{text}\n{TABLE}default = \"x\"\n"));
        assert_eq!(in_project("", &proposal()).unwrap(), TABLE);
    }

    #[test]
    fn a_script_gets_a_block_or_a_longer_one() {
        let table = "# [tool.snakecrate]\n# module = \"demo\"\n\
                     # include = [\"data.csv\", \"templates\"]\n# ///\n";
        let text = "#!/usr/bin/env python3\nprint()\n";
        let new = in_script(text, None, &proposal()).unwrap();
        assert_eq!(new, format!("#!/usr/bin/env python3\n# /// script\n{table}print()\n"));
        for (block, blank) in [("# dependencies = ['a']\n", "#\n"), ("", "")] {
            let text = format!("x = 1\n# /// script\n{block}# ///\ny = 2\n");
            let found = Pep723::parse(Path::new("s.py"), &text).unwrap();
            let new = in_script(&text, found.as_ref(), &proposal()).unwrap();
            assert_eq!(new, format!("x = 1\n# /// script\n{block}{blank}{table}y = 2\n"));
        }
    }

    #[test]
    fn a_difference_has_the_changed_lines_and_some_around_them() {
        assert_eq!(difference("a\nb\nc\nd\n", "a\nb\nc\nx\nd\n"), "  b\n  c\n+ x\n  d\n");
        assert_eq!(difference("a\nb\n", "a\nc\n"), "  a\n- b\n+ c\n");
        assert_eq!(difference("", "a\n"), "+ a\n");
    }
}
