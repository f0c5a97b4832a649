//! Imports of sources, found by the interpreter's own parser and remembered by their contents.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use snakecrate_base::python::Interpreter;
use snakecrate_base::temporary;
use snakecrate_format::digest::Digest;

use super::statements::Statements;
use crate::Error;
use crate::worker::{Answer, NotStarted, Workers};

/// The largest number of sources in the file that includes results of earlier builds. If there are
/// more, only those that this build used are kept. A standard library has about 600 sources.
const MAX_SOURCES: usize = 4096;

/// Finds the imports of sources.
///
/// Parsing the standard library takes a second, so the results are kept: a rebuild parses only the
/// sources that have changed.
#[derive(Debug)]
pub struct Scanner<'a> {
    workers: &'a Workers,
    /// The file that keeps the results between builds.
    file: Option<PathBuf>,
    results: Mutex<Results>,
}

/// Answers of the workers by the digest of the source.
#[derive(Debug, Default)]
struct Results {
    /// Answers of earlier builds that this build has not used.
    old: BTreeMap<String, String>,
    /// Answers that this build has used.
    used: BTreeMap<String, String>,
    /// Whether some of the used answers are not in the file yet.
    changed: bool,
}

/// The result of parsing a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scan {
    /// The source is Python; these are its imports.
    Parsed(Statements),
    /// The interpreter refuses the source for this reason.
    Refused(String),
}

impl Scan {
    /// The imports, if the source parses.
    pub fn statements(self) -> Option<Statements> {
        match self {
            Self::Parsed(statements) => Some(statements),
            Self::Refused(_) => None,
        }
    }
}

impl<'a> Scanner<'a> {
    /// A scanner that remembers nothing between builds.
    pub fn new(workers: &'a Workers) -> Self {
        Self { workers, file: None, results: Mutex::default() }
    }

    /// A scanner that keeps its results in `directory`, one file for each interpreter.
    pub fn remembering(workers: &'a Workers, directory: &Path) -> Self {
        let file = directory.join(Digest::of(workers.identity().as_bytes()).key());
        let old = fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let results = Results { old: old.unwrap_or_default(), ..Results::default() };
        Self { workers, file: Some(file), results: Mutex::new(results) }
    }

    /// The interpreter whose parser is used.
    pub fn interpreter(&self) -> &Interpreter {
        self.workers.interpreter()
    }

    /// The imports of `source`.
    ///
    /// # Errors
    ///
    /// The interpreter does not start.
    pub fn scan(&self, source: &[u8]) -> Result<Scan, NotStarted> {
        let key = Digest::of(source).key();
        if let Some(statements) = self.recall(&key) {
            return Ok(Scan::Parsed(statements));
        }
        let text = match self.workers.imports(source)? {
            Answer::Done(text) => String::from_utf8(text).unwrap_or_default(),
            Answer::Refused(reason) => return Ok(Scan::Refused(reason)),
        };
        let Some(statements) = Statements::parse(&text) else {
            return Ok(Scan::Refused("the interpreter's answer is malformed".into()));
        };
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        results.used.insert(key, text);
        results.changed = true;
        Ok(Scan::Parsed(statements))
    }

    fn recall(&self, key: &str) -> Option<Statements> {
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = results.old.remove(key) {
            results.used.insert(key.to_owned(), text);
        }
        Statements::parse(results.used.get(key)?)
    }

    /// Keeps the results for the next build.
    ///
    /// # Errors
    ///
    /// The file cannot be written. The next build takes longer.
    pub fn save(&self) -> Result<(), Error> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        if !results.changed {
            return Ok(());
        }
        let mut all = results.used.clone();
        if results.old.len() + all.len() <= MAX_SOURCES {
            all.extend(results.old.iter().map(|(key, text)| (key.clone(), text.clone())));
        }
        write(file, &all).map_err(|source| Error::Write { path: file.clone(), source })?;
        results.changed = false;
        Ok(())
    }
}

fn write(file: &Path, all: &BTreeMap<String, String>) -> io::Result<()> {
    let directory = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mut new = temporary::file_in(directory)?;
    serde_json::to_writer(&mut new, all)?;
    new.persist(file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::statements::Import;
    use super::*;
    use crate::tests::interpreter;

    fn names(source: &str) -> Vec<String> {
        let workers = Workers::new(&interpreter());
        let found = Scanner::new(&workers).scan(source.as_bytes()).unwrap().statements().unwrap();
        found
            .imports
            .into_iter()
            .map(|import| match import {
                Import::Module { name, alias } => {
                    format!("{name}{}", alias.map_or_else(String::new, |alias| format!(" {alias}")))
                }
                Import::From { dots, module, name, .. } => {
                    format!("{}{module}:{name}", ".".repeat(dots))
                }
            })
            .collect()
    }

    fn leading(source: &[u8]) -> String {
        let workers = Workers::new(&interpreter());
        Scanner::new(&workers).scan(source).unwrap().statements().unwrap().leading_code()
    }

    #[test]
    fn calls_import_what_nothing_does_without() {
        let workers = Workers::new(&interpreter());
        let scanner = Scanner::new(&workers);
        let source = b"
import a, sys
from b import c
try:
    import d
    def f():
        import e
except ImportError:
    pass
if sys.platform == 'win32':
    def g():
        import h
class I:
    async def j(self, k):
        if k:
            import l.m as n
            from .o import p
        with open(k):
            from q.r import s
        try:
            import t
        finally:
            pass
        if TYPE_CHECKING:
            import u
        elif k:
            import v
        with contextlib.suppress(ImportError):
            import w
        if importlib.util.find_spec('x'):
            import x
        if os.name == 'nt' or platform.system() == 'Darwin':
            import aa
        if name:
            import bb
        for y in k:
            import z
";
        let Scan::Parsed(found) = scanner.scan(source).unwrap() else { panic!() };
        assert_eq!(found.called.into_iter().collect::<Vec<_>>(), ["bb", "l", "q", "z"]);
    }

    #[test]
    fn every_form_is_read() {
        for (source, wanted) in [
            ("import a", &["a"][..]),
            ("import a.b as c, d\r\n", &["a.b c", "d"]),
            ("import a.b.c", &["a.b.c"]),
            ("try: import a\nexcept ImportError: import b", &["a", "b"]),
            ("try: pass\nfinally:\n    import a", &["a"]),
            ("for x in y:\n  pass\nelse: import a", &["a"]),
            ("if x: pass\nelif y: import a\nelse: import b", &["a", "b"]),
            ("async def f():\n  async with x: import a", &["a"]),
            ("class C:\n  import a", &["a"]),
            ("x = 1; from  a.b\timport c", &["a.b:c"]),
            (
                "from a import (b,  # why\n    c as d,\n    e,\n)\nimport f",
                &["a:b", "a:c", "a:e", "f"],
            ),
            ("from a import \\\n    b, \\\r\n    c", &["a:b", "a:c"]),
            ("from . import a, b", &[".:a", ".:b"]),
            ("from.import a", &[".:a"]),
            ("from .. a.b import c", &["..a.b:c"]),
            ("from...a import c", &["...a:c"]),
            ("import a . b .c as d", &["a.b.c d"]),
            ("from a import *", &["a:*"]),
            ("def f():\n    if x:\n        import a; import b\n", &["a", "b"]),
            ("'''\n>>> import a\n'''\n# import b\nx = 'import c'", &[]),
            ("def f():\n  yield from a\n  raise E from e", &[]),
            ("# coding: latin-1\n# \u{e9}\nimport a", &["a"]),
            ("\u{feff}import \u{e9}", &["\u{e9}"]),
        ] {
            assert_eq!(names(source), wanted, "{source}");
        }
    }

    #[test]
    fn match_statements_are_visited() {
        if interpreter().version >= (3, 10, 0) {
            assert_eq!(names("match x:\n  case 1:\n    import a"), ["a"]);
        }
    }

    #[test]
    fn imports_at_the_top_are_leading() {
        for (source, wanted) in [
            (
                "import a\nfrom b.c import d as e, f\n",
                "import a\nfrom b.c import d as e\nfrom b.c import f\n",
            ),
            ("#!/usr/bin/python3\n# /// script\n# ///\n\nimport a  # why\n", "import a\n"),
            ("\u{feff}import a\r\nimport b\r\n", "import a\nimport b\n"),
            ("'''doc'''\nimport a", "import a\n"),
            ("r\"\"\"doc\nimport x\n\"\"\"\nimport a", "import a\n"),
            ("from __future__ import annotations\nimport a", "import a\n"),
            ("from a import *\nx = 1\nimport b", "from a import *\n"),
            ("import a; b()\nimport c", "import a\n"),
            ("import a, \\\n    b as c", "import a\nimport b as c\n"),
            ("import a\nfrom . import b\nimport c", "import a\n"),
        ] {
            assert_eq!(leading(source.as_bytes()), wanted, "{source:?}");
        }
    }

    #[test]
    fn any_other_statement_ends_the_leading_imports() {
        for source in [
            "x = 1\nimport a",
            "x = 'text'\nimport a",
            "if x:\n    import a",
            "'''doc''' + import_me()\nimport a",
            "import \u{e9}",
            "importlib = 3",
            "try:\n    import a\nexcept: pass",
            "",
        ] {
            assert_eq!(leading(source.as_bytes()), "", "{source:?}");
        }
    }

    #[test]
    fn sources_that_do_not_parse_are_refused() {
        let workers = Workers::new(&interpreter());
        let scanner = Scanner::new(&workers);
        for source in [&b"print 'x'"[..], b"{{ x }}:", b"\0", b"x = '\xfc'", b"from a import (b"] {
            let found = scanner.scan(source).unwrap();
            assert!(matches!(found, Scan::Refused(_)), "{source:?}");
        }
    }

    #[test]
    fn known_sources_need_no_interpreter() {
        let directory = tempfile::tempdir().unwrap();
        let interpreter = interpreter();
        let workers = Workers::new(&interpreter);
        let scanner = Scanner::remembering(&workers, directory.path());
        let first = scanner.scan(b"import a").unwrap();
        scanner.save().unwrap();

        let gone = Interpreter { host: "/nonexistent".into(), ..interpreter };
        let workers = Workers::new(&gone);
        let scanner = Scanner::remembering(&workers, directory.path());
        assert_eq!(scanner.scan(b"import a").unwrap(), first);
        scanner.scan(b"import b").unwrap_err();
        let another = Interpreter { full_version: "3.99.0".into(), ..gone };
        let workers = Workers::new(&another);
        Scanner::remembering(&workers, directory.path()).scan(b"import a").unwrap_err();
    }
}
