//! The modules that the sources of a distribution can import.

mod dynamic_code;
mod scanner;
mod statements;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use snakecrate_base::APP;
use snakecrate_base::tree::{Content, Mode, Node, Tree};

use crate::Error;
use crate::parts::Part;
pub use dynamic_code::is_dynamic;
pub use scanner::{Scan, Scanner};
pub use statements::{Import, Statements};

/// The modules of the standard library that need Tk.
const TK: &[&str] = &["tkinter", "_tkinter", "turtle", "turtledemo", "idlelib"];

/// The modules that a tree can import: they decide which parts of the standard library it reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imports {
    /// Whether a statement imports `tkinter`, or another module that needs Tk. A name that is put
    /// together at run time is not seen; it requires the `tkinter` key of the configuration.
    pub tkinter: bool,
    /// The first file and word that can run code unknown in advance: `demo/cli.py: eval`. The tree
    /// can then import anything, and all other fields except `tkinter` are empty.
    pub open: Option<String>,
    /// The modules that its statements name, dotted: `a` and `a.b` for `from a import b`.
    pub modules: BTreeSet<String>,
    /// The first file and word that start another program.
    pub programs: Option<String>,
    /// The first file and word that locate an interpreter.
    pub interpreter: Option<String>,
}

/// The length in bytes up to which a file without a suffix of Python may be a program, as in the launcher.
const LONGEST_PROGRAM: u64 = 16 << 20;

/// The path of a source in the tree, and its bytes.
type Source<'a> = (&'a str, &'a Content);

impl Imports {
    /// The imports of the Python sources in `tree`.
    ///
    /// # Errors
    ///
    /// A source cannot be read, or the interpreter does not start.
    pub fn of(tree: &Tree, scanner: &Scanner<'_>) -> Result<Self, Error> {
        let sources: Vec<Source<'_>> = sources(tree).collect();
        let tkinter = imports_tkinter(&sources, scanner)?;
        let open = |why: String| Ok(Self { tkinter, open: Some(why), ..Self::default() });
        if let Some(why) = unseen(tree) {
            return open(why);
        }
        // Most applications end here, so that nothing has to be parsed.
        if let Some(why) = first(&sources, dynamic_code::word)? {
            return open(why);
        }
        let found = sources
            .par_iter()
            .map(|&(path, content)| Ok((path, scanner.scan(&read(content)?)?)))
            .collect::<Result<Vec<_>, Error>>()?;
        let mut modules = BTreeSet::new();
        for (path, scan) in found {
            // The file may be code for another Python, or a template that is turned into Python.
            let Scan::Parsed(statements) = scan else {
                return open(format!("{path}: not valid for this Python"));
            };
            if let Some(import) = dynamic_code::import(&statements.imports) {
                return open(format!("{path}: {import}"));
            }
            modules.extend(absolute_modules(statements));
        }
        Ok(Self {
            tkinter,
            open: None,
            modules,
            programs: first(&sources, dynamic_code::starts_programs)?,
            interpreter: first(&sources, dynamic_code::finds_interpreter)?,
        })
    }
}

/// The parts of the standard library that sources in `tree` name in import statements. A source that does
/// not parse names none.
///
/// # Errors
///
/// A source cannot be read, or the interpreter does not start.
pub fn named_parts(tree: &Tree, scanner: &Scanner<'_>) -> Result<BTreeSet<Part>, Error> {
    let sources: Vec<Source<'_>> = sources(tree).collect();
    let words = Part::all().flat_map(Part::modules);
    let words: Vec<_> = words.map(memchr::memmem::Finder::new).collect();
    let named = |(_, content): &Source<'_>| {
        let source = read(content)?;
        if !words.iter().any(|word| word.find(&source).is_some()) {
            return Ok(BTreeSet::new());
        }
        let Scan::Parsed(found) = scanner.scan(&source)? else { return Ok(BTreeSet::new()) };
        let modules = found.top_level_modules();
        let is_named = |part: &Part| modules.iter().any(|module| part.is_needed_by(module));
        Ok(Part::all().filter(is_named).collect())
    };
    let all = sources.par_iter().map(named).collect::<Result<Vec<BTreeSet<Part>>, Error>>()?;
    Ok(all.into_iter().flatten().collect())
}

/// A module that a function of a source imports: only a call shows whether it is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Called {
    /// The first name of the module.
    pub module: String,
    /// The path of the source in the tree.
    pub path: String,
}

/// The modules that functions in `tree` import and require, by name, with each source that does so. A source
/// that doesn't parse has none.
///
/// # Errors
///
/// A source cannot be read, or the interpreter does not start.
pub fn called(tree: &Tree, scanner: &Scanner<'_>) -> Result<Vec<Called>, Error> {
    let sources: Vec<Source<'_>> = sources(tree).collect();
    let found = |(path, content): &Source<'_>| {
        let source = read(content)?;
        if !dynamic_code::has_inner_import(&source) {
            return Ok(Vec::new());
        }
        let Scan::Parsed(found) = scanner.scan(&source)? else { return Ok(Vec::new()) };
        let called = |module| Called { module, path: (*path).to_owned() };
        Ok(found.called.into_iter().map(called).collect())
    };
    let all = sources.par_iter().map(found).collect::<Result<Vec<Vec<Called>>, Error>>()?;
    let mut all: Vec<Called> = all.into_iter().flatten().collect();
    all.sort();
    Ok(all)
}

/// The Python sources in `tree`.
fn sources(tree: &Tree) -> impl Iterator<Item = Source<'_>> {
    tree.iter().filter_map(|(path, node)| match node {
        Node::File { content, .. } if matches!(path.extension(), "py" | "pyw") => {
            Some((path.as_str(), content))
        }
        // A console script or a program without a suffix; the script that is the source.
        Node::File { mode, content }
            if *mode == Mode::Script || (path.parent() == Some(APP) && is_short(content)) =>
        {
            Some((path.as_str(), content))
        }
        _ => None,
    })
}

/// Whether a file of any name may be a program. A longer one is data, and is not read into memory.
fn is_short(content: &Content) -> bool {
    content.len().is_ok_and(|length| length <= LONGEST_PROGRAM)
}

fn read(content: &Content) -> Result<Arc<[u8]>, Error> {
    content.read().map_err(|source| {
        let path = match content {
            Content::Disk(path) => path.clone(),
            Content::Memory(_) => "memory".into(),
        };
        Error::Read { path, source }
    })
}

/// Whether a source imports a module that needs Tk.
///
/// Only sources that contain the name of such a module are parsed, since a search for bytes takes a
/// fraction of the time and open distributions are searched, too. If such a source does not parse,
/// Tk is included.
fn imports_tkinter(sources: &[Source<'_>], scanner: &Scanner<'_>) -> Result<bool, Error> {
    let names: Vec<_> = TK.iter().map(memchr::memmem::Finder::new).collect();
    let needs_tk = |(_, content): &Source<'_>| {
        let source = read(content)?;
        if !names.iter().any(|name| name.find(&source).is_some()) {
            return Ok(false);
        }
        Ok(match scanner.scan(&source)? {
            Scan::Parsed(found) => {
                found.top_level_modules().iter().any(|name| TK.contains(&name.as_str()))
            }
            Scan::Refused(_) => true,
        })
    };
    sources.par_iter().map(needs_tk).try_reduce(|| false, |left, right| Ok(left || right))
}

/// The first match of `search`, after the path of its source: `demo/cli.py: eval`.
fn first(
    sources: &[Source<'_>],
    search: fn(&[u8]) -> Option<String>,
) -> Result<Option<String>, Error> {
    let in_source = |(path, content): &Source<'_>| match read(content) {
        Ok(source) => search(&source).map(|found| Ok(format!("{path}: {found}"))),
        Err(error) => Some(Err(error)),
    };
    sources.par_iter().find_map_first(in_source).transpose()
}

/// The modules that absolute imports name. A relative one names a module of the distribution,
/// whose source is scanned as well.
fn absolute_modules(statements: Statements) -> impl Iterator<Item = String> {
    statements.imports.into_iter().flat_map(|import| match import {
        Import::Module { name, .. } => vec![name],
        Import::From { dots: 0, module, name, .. } => vec![format!("{module}.{name}"), module],
        Import::From { .. } => Vec::new(),
    })
}

/// The first file that holds code other than Python source, or leads to such code.
fn unseen(tree: &Tree) -> Option<String> {
    tree.iter().find_map(|(path, node)| {
        let name = path.file_name();
        let library = name.contains(".so.");
        let code = matches!(
            Path::new(name).extension().and_then(|extension| extension.to_str()),
            // `.start`: entry points that `site` of 3.15 calls (PEP 829).
            Some("so" | "pyd" | "dylib" | "pyc" | "pyo" | "pth" | "start" | "egg" | "whl" | "pyz")
        );
        let program = matches!(node, Node::File { mode: Mode::Executable, .. });
        (library || code || program).then(|| path.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::interpreter;
    use crate::worker::Workers;
    use snakecrate_format::entry_path::EntryPath;

    fn of(files: &[(&str, Mode, &str)]) -> Imports {
        let workers = Workers::new(&interpreter());
        let mut tree = Tree::default();
        for (path, mode, text) in files {
            tree.insert_file(EntryPath::new(path).unwrap(), *mode, text.as_bytes().to_vec());
        }
        Imports::of(&tree, &Scanner::new(&workers)).unwrap()
    }

    #[test]
    fn imports_of_a_closed_tree_are_listed() {
        let found = of(&[
            ("a/__init__.py", Mode::Plain, "def f():\n    import json.tool as t\n"),
            ("a/b.py", Mode::Plain, "from xml.dom import (minidom,\n  pulldom)\nfrom . import c"),
            ("a/data.txt", Mode::Plain, "import pickle; eval(x)"),
            ("bin/a", Mode::Script, "#!python\nimport a\nos.system(sys.executable)"),
        ]);
        let wanted = ["a", "json.tool", "xml.dom", "xml.dom.minidom", "xml.dom.pulldom"];
        assert_eq!(found.modules.iter().collect::<Vec<_>>(), wanted.iter().collect::<Vec<_>>());
        assert_eq!((found.open, found.tkinter), (None, false));
        assert_eq!(found.programs.unwrap(), "bin/a: system");
        assert_eq!(found.interpreter.unwrap(), "bin/a: executable");
    }

    #[test]
    fn a_script_is_a_source_under_any_name() {
        let path = format!("{}/tool", snakecrate_base::APP);
        assert_eq!(of(&[(&path, Mode::Plain, "exec(x)")]).open.unwrap(), format!("{path}: exec"));
    }

    #[test]
    fn dynamic_code_is_named_and_tkinter_is_found_nevertheless() {
        let found = of(&[
            ("a.py", Mode::Plain, "import os"),
            ("b.py", Mode::Plain, "x = eval(y)"),
            ("c.py", Mode::Plain, "import pickle\nimport tkinter"),
        ]);
        assert_eq!(found.open.unwrap(), "b.py: eval");
        assert!(found.tkinter && found.modules.is_empty());
    }

    #[test]
    fn code_in_other_forms_opens() {
        for (path, mode) in [
            ("a/_speed.cpython-312-x86_64-linux-gnu.so", Mode::Plain),
            ("a.libs/libx-1.so.3.1", Mode::Plain),
            ("a/b.pyc", Mode::Plain),
            ("a.pth", Mode::Plain),
            ("a.start", Mode::Plain),
            ("bin/ruff", Mode::Executable),
        ] {
            assert_eq!(of(&[(path, mode, "")]).open.unwrap(), path);
        }
    }

    #[test]
    fn a_source_that_does_not_parse_opens() {
        let found = of(&[("a.py", Mode::Plain, "import os"), ("b.py", Mode::Plain, "print 'x'")]);
        assert_eq!(found.open.unwrap(), "b.py: not valid for this Python");
        assert!(!found.tkinter);
        assert!(of(&[("b.py", Mode::Plain, "print 'x'\nimport tkinter")]).tkinter);
    }

    fn needs_tkinter(path: &str, source: &str) -> bool {
        of(&[(path, Mode::Plain, source)]).tkinter
    }

    #[test]
    fn imports_of_tkinter_are_found_in_every_form() {
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
            "exec(x); import tkinter",
        ] {
            assert!(needs_tkinter("a.py", source) && needs_tkinter("a.pyw", source), "{source}");
        }
        assert!(!needs_tkinter("a.txt", "import tkinter"));
    }

    #[test]
    fn parts_are_named_by_statements_alone() {
        let workers = Workers::new(&interpreter());
        let mut tree = Tree::default();
        for (path, text) in [
            ("a.py", "x = eval(y)\ndef f():\n    from sqlite3 import dbapi2\n"),
            ("b.py", "'import curses'\nfrom . import ssl\nimport zoneinfo"),
            ("c.py", "print 'x'; import crypt"),
        ] {
            let path = EntryPath::new(path).unwrap();
            tree.insert_file(path, Mode::Plain, text.as_bytes().to_vec());
        }
        let found = named_parts(&tree, &Scanner::new(&workers)).unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [Part::Sqlite3, Part::Zoneinfo]);
    }

    #[test]
    fn similar_names_are_not_tkinter() {
        for source in [
            "import tkinterhelper",
            "from mytkinter import x",
            "from . import tkinter_like",
            "from .tkinter import x",
            "# uses tkinter\nimportant = 'tkinter'",
            "'''\nimport tkinter\n'''",
            "from x import tkinter",
            "import os as tkinter",
        ] {
            assert!(!needs_tkinter("a.py", source), "{source}");
        }
    }
}
