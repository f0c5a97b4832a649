//! The import statements of a Python source.

use std::collections::BTreeSet;

/// One name that a source imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Import {
    /// `import a.b as c`
    Module {
        /// `a.b`
        name: String,
        /// `c`
        alias: Option<String>,
    },
    /// `from ..a.b import c as d`
    From {
        /// Number of leading dots; 0 for an absolute import.
        dots: usize,
        /// `a.b`; may be empty after dots.
        module: String,
        /// `c`, or `*`.
        name: String,
        /// `d`
        alias: Option<String>,
    },
}

/// The imports of a source that parses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statements {
    /// All imports, in nested blocks too; those that the source begins with come first.
    pub imports: Vec<Import>,
    /// The number of absolute imports before any other statement but the docstring.
    pub leading: usize,
    /// The first names of the absolute imports that are made by calls of functions, which fail without them:
    /// nothing catches an error or asks for the system.
    pub called: BTreeSet<String>,
}

impl Import {
    /// The first name of an absolute import: `a` for `import a.b` and for `from a.b import c`.
    pub fn top_level(&self) -> Option<&str> {
        let name = match self {
            Self::Module { name, .. } => name,
            Self::From { dots: 0, module, .. } => module,
            Self::From { .. } => return None,
        };
        name.split('.').next()
    }
}

impl Statements {
    /// Reads an answer of `worker.py`; `None` if it is malformed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let leading = lines.next()?.parse().ok()?;
        let (mut imports, mut called) = (Vec::new(), BTreeSet::new());
        for line in lines {
            let (import, is_called) = import(line)?;
            called.extend(import.top_level().filter(|_| is_called).map(str::to_owned));
            imports.push(import);
        }
        (leading <= imports.len()).then_some(Self { imports, leading, called })
    }

    /// The first names of the absolute imports: `a` for `import a.b` and for `from a.b import c`.
    pub fn top_level_modules(&self) -> BTreeSet<String> {
        self.imports.iter().filter_map(Import::top_level).map(str::to_owned).collect()
    }

    /// Python code that makes the leading imports: one a line, without `from __future__`. It ends
    /// before a name that is not ASCII.
    pub fn leading_code(&self) -> String {
        let lines = self.imports[..self.leading].iter().map(|import| match import {
            Import::Module { name, alias } => {
                format!("import {name}{}\n", renaming(alias.as_deref()))
            }
            Import::From { module, .. } if module == "__future__" => String::new(),
            Import::From { module, name, alias, .. } => {
                format!("from {module} import {name}{}\n", renaming(alias.as_deref()))
            }
        });
        lines.take_while(|line| line.is_ascii()).collect()
    }
}

fn renaming(alias: Option<&str>) -> String {
    alias.map_or_else(String::new, |alias| format!(" as {alias}"))
}

/// A line of dots, module, name, alias, and whether a call makes the import, separated by tabs.
fn import(line: &str) -> Option<(Import, bool)> {
    let [dots, module, name, alias, called] = line.split('\t').collect::<Vec<_>>()[..] else {
        return None;
    };
    let alias = (!alias.is_empty()).then(|| alias.to_owned());
    let import = match dots {
        "" => Import::Module { name: module.to_owned(), alias },
        dots => Import::From {
            dots: dots.parse().ok()?,
            module: module.to_owned(),
            name: name.to_owned(),
            alias,
        },
    };
    Some((import, called == "1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_answers_are_refused() {
        for text in ["", "x", "1", "0\na", "0\nx\ta\tb\t\t", "0\n\ta\t\t"] {
            assert_eq!(Statements::parse(text), None, "{text:?}");
        }
        assert_eq!(Statements::parse("0"), Some(Statements::default()));
    }
}
