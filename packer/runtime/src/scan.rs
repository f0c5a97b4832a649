//! What sources import, looked at line by line.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::Error;
use snakecrate_base::APP;
use snakecrate_base::tree::{Content, Mode, Node, Tree};

/// The modules of the standard library that need Tk.
const TK: &[&str] = &["tkinter", "_tkinter", "turtle", "turtledemo", "idlelib"];

/// Whether a Python source in `trees` imports what needs Tk.
///
/// Only statements are seen: an import made with a name put together at run time is not, and
/// needs the `tkinter` key of the configuration. A line of a docstring that looks like one counts.
pub fn imports_tkinter<'a>(trees: impl Iterator<Item = &'a Tree>) -> Result<bool, Error> {
    let sources: Vec<&Content> = trees.flat_map(sources).map(|(_, content)| content).collect();
    sources
        .into_par_iter()
        .map(|content| Ok(imports(&read(content)?, TK)))
        .try_reduce(|| false, |one, other| Ok(one || other))
}

/// The Python sources in `tree`, and where they are.
pub(super) fn sources(tree: &Tree) -> impl Iterator<Item = (&str, &Content)> {
    tree.iter().filter_map(|(path, node)| match node {
        Node::File { content, .. } if matches!(path.extension(), "py" | "pyw") => {
            Some((path.as_str(), content))
        }
        // A console script or a program without a suffix; the script that is the source.
        Node::File { mode, content } if *mode == Mode::Script || path.parent() == Some(APP) => {
            Some((path.as_str(), content))
        }
        _ => None,
    })
}

/// The bytes of a file of a tree.
pub(super) fn read(content: &Content) -> Result<Arc<[u8]>, Error> {
    content.read().map_err(|source| {
        let path = match content {
            Content::Disk(path) => path.clone(),
            Content::Memory(_) => "memory".into(),
        };
        Error::Read { path, source }
    })
}

/// Whether a line of `source` imports one of `modules`, or something in them.
fn imports(source: &[u8], modules: &[&str]) -> bool {
    let mentioned =
        modules.iter().any(|name| memchr::memmem::find(source, name.as_bytes()).is_some());
    mentioned && imported_modules(source).iter().any(|name| modules.contains(&name.as_str()))
}

/// The top-level modules that the statements of `source` import.
pub fn imported_modules(source: &[u8]) -> BTreeSet<String> {
    String::from_utf8_lossy(source)
        .split(['\n', '\r', ';', ':'])
        .flat_map(imported)
        .map(ToOwned::to_owned)
        .collect()
}

/// The top-level modules that a statement imports: of `import a.b, c as d` these are `a` and `c`.
fn imported(statement: &str) -> Vec<&str> {
    let statement = statement.trim_start();
    if let Some(names) = after_keyword(statement, "import") {
        names.split(',').filter_map(top).collect()
    } else if let Some(name) = after_keyword(statement, "from") {
        top(name).into_iter().collect()
    } else {
        Vec::new()
    }
}

fn after_keyword<'a>(statement: &'a str, keyword: &str) -> Option<&'a str> {
    statement.strip_prefix(keyword).filter(|rest| rest.starts_with([' ', '\t', '\\']))
}

/// The first name of a dotted one; none for a relative import.
fn top(name: &str) -> Option<&str> {
    let name = name.trim_start();
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
    (end > 0).then(|| &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use snakecrate_format::entry_path::EntryPath;

    fn tree(path: &str, source: &str) -> Tree {
        let mut tree = Tree::default();
        let content = source.as_bytes().to_vec();
        tree.insert_file(EntryPath::new(path).unwrap(), Mode::Plain, content);
        tree
    }

    fn needs(source: &str) -> bool {
        imports_tkinter([&tree("a.py", source)].into_iter()).unwrap()
    }

    #[test]
    fn every_form_of_an_import_is_seen() {
        for source in [
            "import tkinter",
            "import os, tkinter as tk\r\n",
            "import tkinter.ttk",
            "from tkinter import *",
            "from tkinter.ttk import Button",
            "def f():\n    import _tkinter\n",
            "try: import turtle\nexcept ImportError: pass",
            "x = 1; from  turtle import Turtle",
            "# coding: latin-1\n# \u{e9}\nimport\ttkinter",
        ] {
            assert!(needs(source), "{source}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_not() {
        for source in [
            "import tkinterhelper",
            "from mytkinter import x",
            "from . import tkinter_like",
            "# uses tkinter\nimportant = 'tkinter'",
            "from x import tkinter",
            "import os as tkinter",
        ] {
            assert!(!needs(source), "{source}");
        }
    }

    #[test]
    fn only_python_sources_are_read() {
        assert!(!imports_tkinter([&tree("a.txt", "import tkinter")].into_iter()).unwrap());
        assert!(imports_tkinter([&tree("a.pyw", "import tkinter")].into_iter()).unwrap());
    }
}
