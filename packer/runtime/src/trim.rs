//! The parts of an installation that no application needs.

use std::collections::BTreeSet;

use glob::Pattern;

use crate::error::Error;
use crate::parts::Part;
use crate::patterns::{fits, patterns};

/// Files of a runtime to keep or leave out, different from the default.
///
/// Patterns match names below the runtime's prefix (`lib/python3.12/lib2to3`) or below the standard
/// library (`lib2to3`, `encodings/cp*.py`); `*` is any part of a name, `**` any directories. A
/// pattern that fits a directory fits everything in it. `keep` wins over `drop`, and both win over
/// the rules of this module. The name of a [`Part`] stands for the whole part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Patterns of files that stay.
    pub keep: Vec<String>,
    /// Patterns of files that are left out.
    pub drop: Vec<String>,
    /// Parts of the standard library that are left out, unless `keep` names them.
    pub leave_out: BTreeSet<Part>,
    /// The dotted names of the standard library's modules that stay; `None` for all that the rules
    /// leave.
    pub only: Option<BTreeSet<String>>,
}

impl Default for Policy {
    /// Everything except `tkinter`, which needs half of X11.
    fn default() -> Self {
        Self {
            keep: Vec::new(),
            drop: Vec::new(),
            leave_out: BTreeSet::from([Part::Tkinter]),
            only: None,
        }
    }
}

impl Policy {
    /// Whether `part` is left out; `keep` and `drop` may name it.
    pub fn leaves_out(&self, part: Part) -> bool {
        let named = |list: &[String]| list.iter().any(|name| name == part.name());
        !named(&self.keep) && (self.leave_out.contains(&part) || named(&self.drop))
    }

    /// The parts that a runtime of a core and parts has. `None` if the policy names files, so that only
    /// a runtime of its own has them.
    pub fn parts(&self) -> Option<BTreeSet<Part>> {
        let is_part = |name: &String| Part::all().any(|part| part.name() == name);
        let mut names = self.keep.iter().chain(&self.drop);
        (self.only.is_none() && names.all(is_part))
            .then(|| Part::all().filter(|part| !self.leaves_out(*part)).collect())
    }

    /// The parts that are left out.
    pub fn left_out(&self) -> impl Iterator<Item = Part> {
        Part::all().filter(|part| self.leaves_out(*part))
    }
}

/// Files that are left out, and why. Everything that an application could import at run time stays,
/// unless it serves only the development of Python itself or needs a part that is left out.
const RULES: &[(&str, &str)] = &[
    ("**/__pycache__", "bytecode is compiled anew, in a form that is never rewritten"),
    ("**/*.pyc", "as above"),
    ("site-packages", "packages that the developer has installed"),
    ("dist-packages", "as above, Debian's name for it"),
    ("sitecustomize.py", "a setting of the build machine (Debian: a link into /etc)"),
    ("usercustomize.py", "as above"),
    ("EXTERNALLY-MANAGED", "describes the build machine's installation (PEP 668)"),
    ("test", "tests of the standard library itself; most of an installation"),
    ("*/test", "as above: unittest/test, ctypes/test, sqlite3/test, tkinter/test"),
    ("*/tests", "as above: lib2to3/tests, distutils/tests"),
    ("idlelib", "IDLE, a program of its own; needs Tk"),
    ("turtledemo", "a program of its own; needs Tk"),
    ("ensurepip", "pip's wheels; nothing is installed into an archive's environment"),
    ("pydoc_data", "help() on topics; pydoc reports that they are missing and goes on"),
    ("lib-dynload/nis.*", "Sun's yellow pages, gone in 3.13; needs Kerberos, 1.8 MB"),
    ("config-*", "files to link programs with libpython"),
    ("__phello__", "for tests of frozen modules"),
    ("__phello__.foo.py", "as above"),
    ("**/*.bat", "for Windows and for developers: ctypes/macholib, idlelib"),
    ("**/*.exe", "Windows launchers: distutils/command/wininst-*.exe, venv/scripts/nt"),
    ("lib-dynload/_test*", "modules that only tests import"),
    ("lib-dynload/_ctypes_test*", "as above"),
    ("lib-dynload/_xxtestfuzz*", "as above"),
    ("lib-dynload/xxlimited*", "examples for authors of extension modules"),
    ("lib-dynload/xxsubtype*", "as above"),
    ("lib/tk*/demos", "Tk's examples"),
    ("include", "headers"),
    ("**/*.a", "static libraries"),
];

/// The rules and a policy, compiled.
#[derive(Debug)]
pub struct Trim {
    stdlib: String,
    keep: Vec<Pattern>,
    drop: Vec<Pattern>,
    rules: Vec<Pattern>,
    only: Option<BTreeSet<String>>,
}

impl Trim {
    /// Rules for a runtime with its standard library at `stdlib`, `lib/python3.12`.
    pub fn new(policy: &Policy, stdlib: &str) -> Result<Self, Error> {
        let parts = Part::all().filter(|part| policy.leaves_out(*part));
        let parts = parts.flat_map(Part::paths).copied();
        let rules = RULES.iter().map(|(pattern, _)| *pattern).chain(parts);
        Ok(Self {
            stdlib: format!("{stdlib}/"),
            keep: patterns(policy.keep.iter().map(String::as_str))?,
            drop: patterns(policy.drop.iter().map(String::as_str))?,
            rules: patterns(rules)?,
            only: policy.only.clone(),
        })
    }

    /// Whether the file at `path` of the runtime stays.
    pub fn keeps(&self, path: &str) -> bool {
        let inside = path.strip_prefix(&self.stdlib);
        let fits = |patterns: &[Pattern]| {
            fits(patterns, path) || inside.is_some_and(|inside| fits(patterns, inside))
        };
        let is_reached = || match (&self.only, inside) {
            (Some(only), Some(inside)) => is_of(only, inside),
            _ => true,
        };
        fits(&self.keep) || (!(fits(&self.drop) || fits(&self.rules)) && is_reached())
    }

    /// Whether the directory at `path` may hold anything that stays.
    pub fn enters(&self, path: &str) -> bool {
        let inside = path.strip_prefix(&self.stdlib);
        let goes = |patterns: &[Pattern]| {
            fits(patterns, path) || inside.is_some_and(|inside| fits(patterns, inside))
        };
        !self.keep.is_empty() || !(goes(&self.drop) || goes(&self.rules))
    }
}

/// Whether the file at `path` below the standard library belongs to one of `modules`.
fn is_of(modules: &BTreeSet<String>, path: &str) -> bool {
    if let Some(extension) = path.strip_prefix("lib-dynload/") {
        return modules.contains(extension.split('.').next().unwrap_or(extension));
    }
    match (path.strip_suffix(".py"), path.split_once('/')) {
        // `sysconfig` computes its name, which contains the platform's.
        (Some(name), _) if name.starts_with("_sysconfigdata") => true,
        (Some(name), _) => {
            let name = name.strip_suffix("/__init__").unwrap_or(name);
            modules.contains(&name.replace('/', "."))
        }
        (None, Some((package, _))) => modules.contains(package),
        (None, None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trim(keep: &[&str], drop: &[&str], tkinter: bool) -> Trim {
        let own = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        let leave_out = Part::all().filter(|part| *part == Part::Tkinter && !tkinter).collect();
        let policy = Policy { keep: own(keep), drop: own(drop), leave_out, only: None };
        Trim::new(&policy, "lib/python3.12").unwrap()
    }

    #[test]
    fn everything_that_applications_may_import_stays() {
        let trim = trim(&[], &[], false);
        for path in [
            "lib/python3.12/os.py",
            "lib/python3.12/unittest/mock.py",
            "lib/python3.12/distutils/core.py",
            "lib/python3.12/lib2to3/Grammar.txt",
            "lib/python3.12/venv/__init__.py",
            "lib/python3.12/lib-dynload/_ctypes.cpython-312-x86_64-linux-gnu.so",
            "lib/python3.12/LICENSE.txt",
        ] {
            assert!(trim.keeps(path), "{path}");
        }
    }

    #[test]
    fn files_for_pythons_own_developers_are_left_out() {
        let trim = trim(&[], &[], false);
        for path in [
            "lib/python3.12/test/support/__init__.py",
            "lib/python3.12/unittest/test/__main__.py",
            "lib/python3.12/lib2to3/tests/data/crlf.py",
            "lib/python3.12/__pycache__/os.cpython-312.pyc",
            "lib/python3.12/encodings/__pycache__/utf_8.cpython-312.pyc",
            "lib/python3.12/site-packages/pip/__init__.py",
            "lib/python3.12/sitecustomize.py",
            "lib/python3.12/config-3.12-x86_64-linux-gnu/Makefile",
            "lib/python3.12/lib-dynload/_testcapi.cpython-312-x86_64-linux-gnu.so",
            "lib/python3.12/distutils/command/wininst-9.0.exe",
            "include/python3.12/Python.h",
        ] {
            assert!(!trim.keeps(path), "{path}");
        }
    }

    #[test]
    fn tkinter_is_bundled_without_its_tests() {
        let without = trim(&[], &[], false);
        let with = trim(&[], &[], true);
        for path in ["lib/python3.12/tkinter/ttk.py", "lib/python3.12/turtle.py"] {
            assert!(!without.keeps(path) && with.keeps(path), "{path}");
        }
        assert!(!with.keeps("lib/python3.12/tkinter/test/support.py"));
    }

    #[test]
    fn the_users_patterns_win() {
        let trim = trim(&["test/support", "include/**"], &["lib2to3", "encodings/cp*.py"], false);
        assert!(trim.keeps("lib/python3.12/test/support/os_helper.py"));
        assert!(!trim.keeps("lib/python3.12/test/test_os.py"));
        assert!(trim.keeps("include/python3.12/Python.h"));
        assert!(!trim.keeps("lib/python3.12/lib2to3/pytree.py"));
        assert!(!trim.keeps("lib/python3.12/encodings/cp037.py"));
        assert!(trim.keeps("lib/python3.12/encodings/utf_8.py"));
        assert!(trim.enters("lib/python3.12/test"));
    }

    #[test]
    fn a_part_is_left_out_as_a_whole() {
        let all = Policy { leave_out: Part::all().collect(), ..Policy::default() };
        let keep = Policy { keep: vec!["ssl".into()], ..all.clone() };
        let drop = Policy { drop: vec!["ssl".into()], ..Policy::default() };
        let keeps = |policy: &Policy, path: &str| {
            Trim::new(policy, "lib/python3.12").unwrap().keeps(&format!("lib/python3.12/{path}"))
        };
        for path in ["ssl.py", "lib-dynload/_ssl.cpython-312-x86_64-linux-gnu.so"] {
            assert!(keeps(&Policy::default(), path) && keeps(&keep, path), "{path}");
            assert!(!keeps(&all, path) && !keeps(&drop, path), "{path}");
        }
        for path in ["hashlib.py", "dbm/__init__.py", "asyncio/sslproto.py"] {
            assert!(keeps(&all, path), "{path}");
        }
        assert!(!keeps(&all, "sqlite3/dbapi2.py") && !keeps(&all, "lib-dynload/_hashlib.x.so"));
    }

    #[test]
    fn a_minimal_library_keeps_only_named_modules() {
        let only = ["os", "json", "json.decoder", "_json"].map(str::to_owned);
        let policy = Policy {
            keep: vec!["lib2to3/Grammar.txt".into()],
            only: Some(only.into()),
            ..Policy::default()
        };
        let trim = Trim::new(&policy, "lib/python3.12").unwrap();
        let keeps = |path: &str| trim.keeps(&format!("lib/python3.12/{path}"));
        for path in [
            "os.py",
            "json/__init__.py",
            "json/decoder.py",
            "json/data.txt",
            "lib-dynload/_json.cpython-312-x86_64-linux-gnu.so",
            "_sysconfigdata__linux_x86_64-linux-gnu.py",
            "LICENSE.txt",
            "lib2to3/Grammar.txt",
        ] {
            assert!(keeps(path), "{path}");
        }
        for path in ["json/tool.py", "glob.py", "lib-dynload/_csv.x.so", "re/__init__.py"] {
            assert!(!keeps(path), "{path}");
        }
    }

    #[test]
    fn a_broken_pattern_is_reported() {
        let policy = Policy { drop: vec!["a[".into()], ..Policy::default() };
        let error = Trim::new(&policy, "lib/python3.12").unwrap_err();
        assert!(matches!(error, Error::Pattern { pattern, .. } if pattern == "a["));
    }
}
