//! What the sources of a distribution can import.

use std::collections::BTreeSet;
use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::statements::{self, Import};
use super::{Error, openers, scan};
use snakecrate_base::tree::{Content, Mode, Node, Tree};

/// What is to be known of a tree to tell which parts of the standard library it can reach.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imports {
    /// Whether a statement imports `tkinter`.
    pub tkinter: bool,
    /// Where it can run code that is not to be seen: `demo/cli.py: eval`. Then it can import
    /// anything, and the other fields but `tkinter` are empty.
    pub open: Option<String>,
    /// The modules that its statements name, dotted; of `from a import b` these are `a` and `a.b`.
    pub modules: BTreeSet<String>,
    /// Where it starts other programs.
    pub programs: Option<String>,
    /// Where it learns the place of its interpreter.
    pub interpreter: Option<String>,
}

impl Imports {
    /// Looks through the Python sources in `tree`.
    pub fn of(tree: &Tree) -> Result<Self, Error> {
        let tkinter = scan::imports_tkinter(std::iter::once(tree))?;
        let open = |why: String| Ok(Self { tkinter, open: Some(why), ..Self::default() });
        if let Some(why) = unseen(tree) {
            return open(why);
        }
        let sources: Vec<(&str, &Content)> = scan::sources(tree).collect();
        let opener = sources.par_iter().find_map_first(|(path, content)| {
            let look = |source: &[u8]| openers::opener(source, &statements::imports(source));
            said(path, content, look).transpose()
        });
        if let Some(why) = opener.transpose()? {
            return open(why);
        }
        let first = |look: fn(&[u8]) -> Option<String>| {
            let found = sources
                .par_iter()
                .find_map_first(|(path, content)| said(path, content, look).transpose());
            found.transpose()
        };
        let modules = sources
            .par_iter()
            .map(|(_, content)| Ok::<_, Error>(modules(&scan::read(content)?)))
            .try_reduce(BTreeSet::new, |mut one, other| {
                one.extend(other);
                Ok(one)
            })?;
        Ok(Self {
            tkinter,
            open: None,
            modules,
            programs: first(openers::runs_programs)?,
            interpreter: first(openers::finds_interpreter)?,
        })
    }
}

/// What `look` finds in a source, and where.
fn said(
    path: &str,
    content: &Content,
    look: impl Fn(&[u8]) -> Option<String>,
) -> Result<Option<String>, Error> {
    Ok(look(&scan::read(content)?).map(|what| format!("{path}: {what}")))
}

fn modules(source: &[u8]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for import in statements::imports(source) {
        match import {
            Import::Module { name, .. } => {
                found.insert(name);
            }
            Import::From { dots: 0, module, name } => {
                found.insert(format!("{module}.{name}"));
                found.insert(module);
            }
            // One of its own, whose source is looked at as well.
            Import::From { .. } => {}
        }
    }
    found
}

/// The first file that holds code in another form than Python source, or that leads to some.
fn unseen(tree: &Tree) -> Option<String> {
    tree.iter().find_map(|(path, node)| {
        let name = path.file_name();
        let library = name.contains(".so.");
        let code = matches!(
            Path::new(name).extension().and_then(|extension| extension.to_str()),
            Some("so" | "pyd" | "dylib" | "pyc" | "pyo" | "pth" | "egg" | "whl" | "pyz")
        );
        let program = matches!(node, Node::File { mode: Mode::Executable, .. });
        (library || code || program).then(|| path.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use snakecrate_format::entry_path::EntryPath;

    fn of(files: &[(&str, Mode, &str)]) -> Imports {
        let mut tree = Tree::default();
        for (path, mode, text) in files {
            tree.insert_file(EntryPath::new(path).unwrap(), *mode, text.as_bytes().to_vec());
        }
        Imports::of(&tree).unwrap()
    }

    #[test]
    fn a_closed_tree_tells_what_it_imports() {
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
    fn a_script_is_a_source_whatever_it_is_called() {
        let path = format!("{}/tool", snakecrate_base::APP);
        assert_eq!(of(&[(&path, Mode::Plain, "exec(x)")]).open.unwrap(), format!("{path}: exec"));
    }

    #[test]
    fn the_first_opener_is_named_and_tkinter_is_looked_for_all_the_same() {
        let found = of(&[
            ("a.py", Mode::Plain, "import os"),
            ("b.py", Mode::Plain, "x = eval(y)"),
            ("c.py", Mode::Plain, "import pickle\nimport tkinter"),
        ]);
        assert_eq!(found.open.unwrap(), "b.py: eval");
        assert!(found.tkinter && found.modules.is_empty());
    }

    #[test]
    fn code_that_is_no_source_opens() {
        for (path, mode) in [
            ("a/_speed.cpython-312-x86_64-linux-gnu.so", Mode::Plain),
            ("a.libs/libx-1.so.3.1", Mode::Plain),
            ("a/b.pyc", Mode::Plain),
            ("a.pth", Mode::Plain),
            ("bin/ruff", Mode::Executable),
        ] {
            assert_eq!(of(&[(path, mode, "")]).open.unwrap(), path);
        }
    }
}
