//! Words in a source by which code runs that is not there to be seen.
//!
//! Such a source can import anything: what it does depends on data. The search is for words, in
//! comments and strings as well, so that a source is rather taken for one too often than once too
//! rarely; a mistake costs some bytes of the archive.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::statements::Import;

/// Words that count wherever they stand.
const ANYWHERE: &[&str] = &[
    // Import by name, and what loads code.
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
    // What names classes to load in data.
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
    // Code from strings, and the interpreter's own interface.
    "FunctionType",
    "CodeType",
    "InteractiveConsole",
    "InteractiveInterpreter",
    "__interactivehook__",
    "ctypes",
    "cffi",
    r"PyRun\w*",
];

/// Functions that are built in: a method may have the same name.
const BUILT_IN: &[&str] = &[r"exec\b", r"eval\b", r"breakpoint\b", r"compile\s*\(", r"help\s*\("];

/// Uses of `sys`: places to load code from, and ways to it that hide what is used.
const OF_SYS: &[&str] =
    &[r"sys\s*\.\s*(?:path|__dict__)\b", r"(?:getattr|vars|dir|attrgetter)\s*\(\s*sys\b"];

/// Modules of the standard library that run code by name, or that need one of these words.
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

/// Names of `sys` that count when they are imported from it.
const FROM_SYS: &[&str] = &["path", "modules", "*"];

static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let (anywhere, built_in, sys) = (ANYWHERE.join("|"), BUILT_IN.join("|"), OF_SYS.join("|"));
    Regex::new(&format!(r"(?-u)\b(?:(?:{anywhere})\b|(?<builtin>{built_in})|{sys})")).ok()
});

/// `# -*- coding: name -*-` (PEP 263).
static CODING: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?-u)^[ \t\x0c]*#.*?coding[:=][ \t]*([-\w.]+)").ok());

/// What starts other programs.
static RUNS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?-u)\b(?:subprocess|create_subprocess_\w+|[pP]open\w*|pty|system|exec[lv]p?e?|(?:posix_)?spawn\w*|pexpect|sh|plumbum)\b",
    )
    .ok()
});

/// What says where the interpreter is, or names one: started anew, it can run anything.
static PLACE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?-u)\b(?:_?(?:base_)?(?:executable|exec_prefix)|(?:base_|sys\s*\.\s*)prefix|VIRTUAL_ENV|sysconfig)\b|["'/]python[0-9.]*["' ]"#,
    )
    .ok()
});

/// What of a source lets it run what is not in it.
pub fn opener(source: &[u8], imports: &[Import]) -> Option<String> {
    if let Some(coding) = hidden_by_coding(source) {
        return Some(format!("coding: {coding}"));
    }
    let word = WORDS.as_ref()?.captures_iter(source).find(|found| {
        let built_in = found.name("builtin");
        !built_in.is_some_and(|word| is_attribute(source, word.start()))
    });
    if let Some(word) = word {
        return Some(String::from_utf8_lossy(&word[0]).into_owned());
    }
    imports.iter().find_map(|import| match import {
        Import::Module { name, renamed: true } if name == "sys" => Some("import sys as".into()),
        Import::Module { name, .. } => is_opener(name).then(|| format!("import {name}")),
        Import::From { dots: 0, module, name } => {
            let both = format!("{module}.{name}");
            let of_sys = module == "sys" && FROM_SYS.contains(&name.as_str());
            (of_sys || is_opener(module) || is_opener(&both))
                .then(|| format!("from {module} import {name}"))
        }
        Import::From { .. } => None,
    })
}

/// Whether importing this module lets a program run what is not to be seen.
pub fn is_opener(module: &str) -> bool {
    MODULES.iter().any(|opener| {
        module.strip_prefix(opener).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// What in `source` starts other programs.
pub fn runs_programs(source: &[u8]) -> Option<String> {
    word(&RUNS, source)
}

/// What in `source` tells where the interpreter is.
pub fn finds_interpreter(source: &[u8]) -> Option<String> {
    word(&PLACE, source)
}

fn word(regex: &LazyLock<Option<Regex>>, source: &[u8]) -> Option<String> {
    let found = LazyLock::force(regex).as_ref()?.find(source)?;
    Some(String::from_utf8_lossy(found.as_bytes()).into_owned())
}

/// Whether the word at `at` is one after a dot.
fn is_attribute(source: &[u8], at: usize) -> bool {
    let before = source[..at].iter().rev().find(|byte| !matches!(byte, b' ' | b'\t'));
    before == Some(&b'.')
}

/// The encoding of a source whose words are not there as ASCII.
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
    use super::super::statements::imports;
    use super::*;

    fn open(source: &str) -> Option<String> {
        opener(source.as_bytes(), &imports(source.as_bytes()))
    }

    #[test]
    fn each_way_to_run_unseen_code_opens() {
        for source in [
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
        ] {
            assert!(open(source).is_some(), "{source}");
        }
    }

    #[test]
    fn an_ordinary_program_does_not() {
        for source in [
            "# coding: latin-1\nimport re, os, sys\nre.compile('x')\nre . compile('x')",
            "import ast\nast.literal_eval('1')",
            "parser.print_help()\nparser.add_argument('--who', help='x')",
            "cursor.execute('select 1')\nexecutor.exec()",
            "from os import path\nos.path.join('a')\nsys.exit(main())",
            "from concurrent.futures import ThreadPoolExecutor",
            "import logging, codecs, platform\nprint(sys.executable, sys.prefix)",
            "from .config import x\nfrom . import code",
            "evaluate(executable)",
        ] {
            assert_eq!(open(source), None, "{source}");
        }
    }

    #[test]
    fn programs_and_the_interpreters_place_are_seen() {
        for source in ["subprocess.run(x)", "os.execv(x, y)", "os.system(x)", "os.posix_spawnp(x)"]
        {
            assert!(runs_programs(source.as_bytes()).is_some(), "{source}");
        }
        for source in ["sys.executable", "from sys import exec_prefix", "sys . prefix"] {
            assert!(finds_interpreter(source.as_bytes()).is_some(), "{source}");
        }
        assert_eq!(finds_interpreter(b"prefix = 'x'"), None);
        assert_eq!(runs_programs(b"executor.submit(f)"), None);
    }
}
