//! Words by which a source can run code that is unknown in advance.
//!
//! Such a source can import anything: what it does depends on data. The search is for bytes, not
//! in the syntax tree, since code also runs from strings (`getattr(x, "__import__")`, templates)
//! and in files that do not parse. It finds words in comments as well; such a mistake costs some
//! bytes of the archive, a missed word would cost a module.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::statements::Import;

/// Words that count in any place.
const ANYWHERE: &[&str] = &[
    // Imports by name, and loaders of code.
    "__import__",
    "__builtins__",
    "builtins",
    "import_module",
    "importlib",
    "__loader__",
    "__spec__",
    "pkgutil",
    "runpy",
    "entry_points",
    "iter_entry_points",
    "pkg_resources",
    "meta_path",
    "path_hooks",
    "addsitedir",
    "__path__",
    "__subclasses__",
    "__globals__",
    "zipimport",
    // Data that names the classes to load.
    "pickle",
    "cPickle",
    "_pickle",
    "dill",
    "joblib",
    "shelve",
    "marshal",
    "make_parser",
    "getDOMImplementation",
    "read_module",
    // Code from strings, and the C interface of the interpreter.
    "FunctionType",
    "CodeType",
    "InteractiveConsole",
    "InteractiveInterpreter",
    "__interactivehook__",
    "ctypes",
    "cffi",
    r"PyRun\w*",
];

/// Built-in functions. A method may have the same name, so not behind a dot.
const BUILT_IN: &[&str] = &[r"exec\b", r"eval\b", r"breakpoint\b", r"compile\s*\(", r"help\s*\("];

/// Uses of `sys`: its search path, and accesses that hide which attribute is used.
const SYS: &[&str] =
    &[r"sys\s*\.\s*(?:path|__dict__)\b", r"(?:getattr|vars|dir|attrgetter)\s*\(\s*sys\b"];

/// Modules of the standard library that run code by name, or are useless without such a word.
const MODULES: &[&str] = &[
    "__main__",
    "_frozen_importlib",
    "_frozen_importlib_external",
    "_imp",
    "_interpreters",
    "_xxsubinterpreters",
    "_testcapi",
    "bdb",
    "cProfile",
    "cgitb",
    "code",
    "codeop",
    "concurrent.interpreters",
    "distutils",
    "doctest",
    "ensurepip",
    "idlelib",
    "imp",
    "logging.config",
    "modulefinder",
    "multiprocessing",
    "pdb",
    "profile",
    "pydoc",
    "rlcompleter",
    "site",
    "test",
    "timeit",
    "trace",
    "unittest",
    "venv",
    "xmlrpc.server",
];

/// Names that count when they are imported from `sys`.
const FROM_SYS: &[&str] = &["path", "modules", "*"];

static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let (anywhere, built_in, sys) = (ANYWHERE.join("|"), BUILT_IN.join("|"), SYS.join("|"));
    Regex::new(&format!(r"(?-u)\b(?:(?:{anywhere})\b|(?<builtin>{built_in})|{sys})")).ok()
});

/// `# -*- coding: name -*-` (PEP 263).
static CODING: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?-u)^[ \t\x0c]*#.*?coding[:=][ \t]*([-\w.]+)").ok());

/// Words that start other programs.
static STARTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?-u)\b(?:subprocess|create_subprocess_\w+|[pP]open\w*|pty|system|exec[lv]p?e?|(?:posix_)?spawn\w*|pexpect|sh|plumbum)\b",
    )
    .ok()
});

/// Words that give the path or the name of an interpreter, which can run anything when started.
static INTERPRETER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?-u)\b(?:_?(?:base_)?(?:executable|exec_prefix)|(?:base_|sys\s*\.\s*)prefix|VIRTUAL_ENV|sysconfig)\b|["'/]python[0-9.]*["' ]"#,
    )
    .ok()
});

/// An import that is not at the start of a line.
static INNER_IMPORT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m-u)(?:^[ \t]+|[:;][ \t]*)(?:import|from)\b").ok());

/// Whether `source` may have an import inside of another statement.
pub fn has_inner_import(source: &[u8]) -> bool {
    INNER_IMPORT.as_ref().is_none_or(|inner| inner.is_match(source))
}

/// The word in `source` that can run unseen code.
pub fn word(source: &[u8]) -> Option<String> {
    if let Some(coding) = hidden_by_coding(source) {
        return Some(format!("coding: {coding}"));
    }
    let word = WORDS.as_ref()?.captures_iter(source).find(|found| {
        let built_in = found.name("builtin");
        !built_in.is_some_and(|word| is_attribute(source, word.start()))
    });
    word.map(|word| String::from_utf8_lossy(&word[0]).into_owned())
}

/// The import among `imports` that can run unseen code.
pub fn import(imports: &[Import]) -> Option<String> {
    imports.iter().find_map(|import| match import {
        Import::Module { name, alias: Some(_) } if name == "sys" => Some("import sys as".into()),
        Import::Module { name, .. } => is_dynamic(name).then(|| format!("import {name}")),
        Import::From { dots: 0, module, name, .. } => {
            let both = format!("{module}.{name}");
            let from_sys = module == "sys" && FROM_SYS.contains(&name.as_str());
            (from_sys || is_dynamic(module) || is_dynamic(&both))
                .then(|| format!("from {module} import {name}"))
        }
        Import::From { .. } => None,
    })
}

/// Whether importing this module lets a program run unseen code.
pub fn is_dynamic(module: &str) -> bool {
    MODULES.iter().any(|dynamic| {
        module.strip_prefix(dynamic).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// The word in `source` that starts other programs.
pub fn starts_programs(source: &[u8]) -> Option<String> {
    first(&STARTS, source)
}

/// The word in `source` that gives the path or the name of an interpreter.
pub fn finds_interpreter(source: &[u8]) -> Option<String> {
    first(&INTERPRETER, source)
}

fn first(regex: &LazyLock<Option<Regex>>, source: &[u8]) -> Option<String> {
    let found = LazyLock::force(regex).as_ref()?.find(source)?;
    Some(String::from_utf8_lossy(found.as_bytes()).into_owned())
}

/// Whether the word at `at` follows a dot.
fn is_attribute(source: &[u8], at: usize) -> bool {
    let before = source[..at].iter().rev().find(|byte| !matches!(byte, b' ' | b'\t'));
    before == Some(&b'.')
}

/// The encoding of a source, if it may spell the words in other bytes than ASCII.
fn hidden_by_coding(source: &[u8]) -> Option<String> {
    const PLAIN: &[&str] = &["utf-8", "utf8", "utf_8", "u8", "ascii", "us-ascii", "latin", "iso"];
    let mut lines = source.split(|byte| matches!(byte, b'\n' | b'\r')).take(3);
    let coding = lines.find_map(|line| CODING.as_ref()?.captures(line))?;
    let name = String::from_utf8_lossy(&coding[1]).to_ascii_lowercase();
    let plain = PLAIN.iter().any(|plain| name.starts_with(plain))
        && !name.starts_with("iso-2022")
        && !name.starts_with("iso2022")
        && !name.starts_with("iso_2022");
    (!plain && !name.starts_with("cp125") && !name.starts_with("windows-125")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::scanner::{Scan, Scanner};
    use super::*;
    use crate::tests::interpreter;
    use crate::worker::Workers;

    fn found(sources: &[&str]) -> Vec<(Option<String>, String)> {
        let workers = Workers::new(&interpreter());
        let scanner = Scanner::new(&workers);
        let one = |source: &&str| {
            let by_import = || match scanner.scan(source.as_bytes()).unwrap() {
                Scan::Parsed(found) => import(&found.imports),
                Scan::Refused(reason) => panic!("{source}: {reason}"),
            };
            (word(source.as_bytes()).or_else(by_import), (*source).to_owned())
        };
        sources.iter().map(one).collect()
    }

    #[test]
    fn each_way_to_run_unseen_code_is_found() {
        for (found, source) in found(&[
            "exec(text)",
            "exec (text)",
            "run = eval",
            "parser.add_argument('x', type=eval)",
            "code = compile (text, 'x', 'exec')",
            "__import__('ssl')",
            "import importlib",
            "from importlib import import_module as load",
            "import inspect; inspect.importlib.import_module(x)",
            "import runpy",
            "pkgutil.resolve_name(x)",
            "from importlib.metadata import entry_points",
            "import pickle",
            "import shelve",
            "marshal.loads(x)",
            "from code import interact",
            "import code\ncode.interact()",
            "from concurrent import interpreters",
            "import logging.config",
            "from logging import config",
            "from unittest import mock",
            "import multiprocessing.pool",
            "sys.path.insert(0, x)",
            "from sys import (argv,\n  path)",
            "from sys import *",
            "import sys as s\ns.path",
            "getattr(sys, 'pa' + 'th')",
            "sys.meta_path",
            "help(name)",
            "breakpoint()",
            "builtins.exec(x)",
            "ctypes.pythonapi.PyRun_SimpleString(x)",
            "types.FunctionType(c, {})",
            "optparse.Values().read_module(x)",
            "#!/usr/bin/python\n# -*- coding: utf-7 -*-\n",
            "# vim: set fileencoding=rot13 :",
            "# coding: iso2022_jp",
        ]) {
            assert!(found.is_some(), "{source}");
        }
    }

    #[test]
    fn ordinary_programs_have_none() {
        for (found, source) in found(&[
            "# coding: latin-1\nimport re, os, sys\nre.compile('x')\nre . compile('x')",
            "import ast\nast.literal_eval('1')",
            "parser.print_help()\nparser.add_argument('--who', help='x')",
            "cursor.execute('select 1')\nexecutor.exec()",
            "from os import path\nos.path.join('a')\nsys.exit(main())",
            "from concurrent.futures import ThreadPoolExecutor",
            "import logging, codecs, platform\nprint(sys.executable, sys.prefix)",
            "from .config import x\nfrom . import code",
            "evaluate(executable)",
        ]) {
            assert_eq!(found, None, "{source}");
        }
    }

    #[test]
    fn programs_and_interpreters_are_found() {
        for source in ["subprocess.run(x)", "os.execv(x, y)", "os.system(x)", "os.posix_spawnp(x)"]
        {
            assert!(starts_programs(source.as_bytes()).is_some(), "{source}");
        }
        for source in ["sys.executable", "from sys import exec_prefix", "sys . prefix"] {
            assert!(finds_interpreter(source.as_bytes()).is_some(), "{source}");
        }
        assert_eq!(finds_interpreter(b"prefix = 'x'"), None);
        assert_eq!(starts_programs(b"executor.submit(f)"), None);
    }
}
