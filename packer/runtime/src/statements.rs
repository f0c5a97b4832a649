//! Import statements in a Python source, found by their words.
//!
//! The text is not parsed: what stands in a comment or a string counts as well. So more is found
//! than there is, never less; every form of the statement is understood, wherever it stands.

use std::sync::LazyLock;

use regex::bytes::Regex;

static KEYWORDS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?-u)\b(?:import|from)\b").ok());

/// What one statement imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Import {
    /// `import a.b as c`: the module, and whether it gets another name.
    Module {
        /// `a.b`
        name: String,
        /// It has an `as`.
        renamed: bool,
    },
    /// `from ..a.b import c`.
    From {
        /// Number of leading dots; none for an absolute import.
        dots: usize,
        /// `a.b`; may be empty with dots.
        module: String,
        /// `c`, or `*`.
        name: String,
    },
}

/// All imports in `source`. Names that are not ASCII are none of the standard library's; a source
/// with them is read all the same.
pub fn imports(source: &[u8]) -> Vec<Import> {
    let mut found = Vec::new();
    let Some(keywords) = &*KEYWORDS else { return found };
    let mut at = 0;
    while let Some(keyword) = keywords.find_at(source, at) {
        at = keyword.end();
        let mut reader = Reader { source, at };
        if keyword.as_bytes() == b"import" {
            reader.modules(&mut found);
            at = reader.at;
        } else if reader.from(&mut found).is_some() {
            at = reader.at;
        }
    }
    found
}

struct Reader<'a> {
    source: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// After `import`.
    fn modules(&mut self, found: &mut Vec<Import>) {
        loop {
            self.blanks(false);
            let name = self.dotted();
            if name.is_empty() {
                return;
            }
            let renamed = self.alias(false);
            found.push(Import::Module { name, renamed });
            self.blanks(false);
            if !self.eat(b',') {
                return;
            }
        }
    }

    /// After `from`; `None` where this is no import.
    fn from(&mut self, found: &mut Vec<Import>) -> Option<()> {
        self.blanks(false);
        let mut dots = 0;
        loop {
            if self.eat(b'.') {
                dots += 1;
            } else if dots == 0 || !self.blanks(false) {
                break;
            }
        }
        let module = self.dotted();
        self.blanks(false);
        if (module == "import" && dots > 0) || (module.is_empty() && dots == 0) {
            // `from . import x`: the word that was read is the keyword.
            (dots > 0).then_some(())?;
            self.names(dots, String::new(), found);
            return Some(());
        }
        (self.word() == "import").then_some(())?;
        self.names(dots, module, found);
        Some(())
    }

    fn names(&mut self, dots: usize, module: String, found: &mut Vec<Import>) {
        self.blanks(false);
        let several_lines = self.eat(b'(');
        let mut any = false;
        loop {
            self.blanks(several_lines);
            let name = if self.eat(b'*') { "*" } else { self.word() };
            if name.is_empty() {
                break;
            }
            any = true;
            let name = name.to_owned();
            found.push(Import::From { dots, module: module.clone(), name });
            self.alias(several_lines);
            self.blanks(several_lines);
            if !self.eat(b',') {
                break;
            }
        }
        if !any {
            // Not understood, but the module is named.
            found.push(Import::From { dots, module, name: "*".into() });
        }
    }

    /// Skips `as name`; whether it was there.
    fn alias(&mut self, several_lines: bool) -> bool {
        let before = self.at;
        self.blanks(several_lines);
        if self.word() == "as" {
            self.blanks(several_lines);
            self.identifier();
            return true;
        }
        self.at = before;
        false
    }

    /// `a.b.c`; there may be blanks around the dots.
    fn dotted(&mut self) -> String {
        let mut name = self.word().to_owned();
        loop {
            let before = self.at;
            self.blanks(false);
            let next = if !name.is_empty() && self.eat(b'.') {
                self.blanks(false);
                self.word()
            } else {
                ""
            };
            if next.is_empty() {
                self.at = before;
                return name;
            }
            name.push('.');
            name.push_str(next);
        }
    }

    fn word(&mut self) -> &'a str {
        let start = self.at;
        self.identifier();
        text(&self.source[start..self.at])
    }

    fn identifier(&mut self) {
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
        self.at += self.source[self.at..].iter().take_while(|byte| part(byte)).count();
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.source.get(self.at) == Some(&byte);
        self.at += usize::from(there);
        there
    }

    /// Skips what separates words of a statement; with `lines`, ends of lines and comments, too.
    /// Whether there was any.
    fn blanks(&mut self, lines: bool) -> bool {
        let start = self.at;
        loop {
            match self.source[self.at..] {
                [b' ' | b'\t' | b'\x0c', ..] => self.at += 1,
                [b'\\', b'\r', b'\n', ..] => self.at += 3,
                [b'\\', b'\n' | b'\r', ..] => self.at += 2,
                [b'\n' | b'\r', ..] if lines => self.at += 1,
                [b'#', ..] if lines => {
                    let comment = |byte: &&u8| !matches!(byte, b'\n' | b'\r');
                    self.at += self.source[self.at..].iter().take_while(comment).count();
                }
                _ => return self.at > start,
            }
        }
    }
}

/// A name; one that is not UTF-8 is none that anybody looks for.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(source: &str) -> Vec<String> {
        imports(source.as_bytes())
            .into_iter()
            .map(|import| match import {
                Import::Module { name, renamed } => {
                    format!("{name}{}", if renamed { " as" } else { "" })
                }
                Import::From { dots, module, name } => {
                    format!("{}{module}:{name}", ".".repeat(dots))
                }
            })
            .collect()
    }

    #[test]
    fn every_form_is_read() {
        for (source, wanted) in [
            ("import a", &["a"][..]),
            ("import a.b as c, d\r\n", &["a.b as", "d"]),
            ("import a.b.c", &["a.b.c"]),
            ("try: import a\nexcept ImportError: import b", &["a", "b"]),
            ("x = 1; from  a.b\timport c", &["a.b:c"]),
            (
                "from a import (b,  # why\n    c as d,\n    e,\n)\nimport f",
                &["a:b", "a:c", "a:e", "f"],
            ),
            ("from a import \\\n    b, \\\r\n    c", &["a:b", "a:c"]),
            ("import \\\n  a", &["a"]),
            ("from . import a, b", &[".:a", ".:b"]),
            ("from.import a", &[".:a"]),
            ("from .. a.b import c", &["..a.b:c"]),
            ("from...a import c", &["...a:c"]),
            ("import a . b .c as d", &["a.b.c as"]),
            ("from a import *", &["a:*"]),
            ("from a import(b)", &["a:b"]),
            ("def f():\n    if x:\n        import a; import b\n", &["a", "b"]),
            ("'''\n>>> import a\n'''\n# import b", &["a", "b"]),
        ] {
            assert_eq!(names(source), wanted, "{source}");
        }
    }

    #[test]
    fn other_uses_of_the_words_are_none() {
        for source in [
            "important = from_here",
            "yield from generator()",
            "raise Error from error\nx = 1",
            "__import__",
            "import",
            "from",
            "from x",
        ] {
            assert_eq!(names(source), [""; 0], "{source}");
        }
        assert_eq!(names("raise E from e\nimport a"), ["a"]);
    }

    #[test]
    fn what_is_cut_off_or_strange_does_no_harm() {
        for source in ["from a import", "from a import (", "from a import ="] {
            assert_eq!(names(source), ["a:*"], "{source}");
        }
        assert_eq!(imports(b"import \xff\xfe").len(), 1);
        assert_eq!(names("import a.\n"), ["a"]);
    }
}
