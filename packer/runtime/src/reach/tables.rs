//! What the sources of the standard library do not tell of its imports, or tell too much of.

/// What is there whatever the application imports: what starts the interpreter and the entries,
/// what reports errors, and what modules written in C import by name.
pub(super) const BASE: &[&str] = &[
    "_bootlocale",
    "_colorize",
    "_compat_pickle",
    "_pyio",
    "_sitebuiltins",
    "_strptime",
    "ast",
    "atexit",
    "codecs",
    "collections.abc",
    "contextlib",
    "copy",
    "copyreg",
    "datetime",
    "encodings.*",
    "functools",
    "importlib.*",
    "inspect",
    "io",
    "json.decoder",
    "keyword",
    "linecache",
    "locale",
    "numbers",
    "os",
    "pathlib",
    "pkgutil",
    "re",
    "runpy",
    "signal",
    "site",
    "stat",
    "struct",
    "subprocess",
    "sysconfig",
    "tempfile",
    "threading",
    "tokenize",
    "traceback",
    "types",
    "typing",
    "warnings",
    "weakref",
    "zipimport",
];

/// Imports of the standard library that no statement shows: by name, or from C.
pub(super) const HIDDEN: &[(&str, &[&str])] = &[
    ("_asyncio", &["asyncio"]),
    ("_ctypes", &["ctypes._endian"]),
    ("_curses", &["curses"]),
    ("_datetime", &["_strptime"]),
    ("_elementtree", &["copy", "xml.etree.ElementTree"]),
    ("_sqlite3", &["sqlite3", "sqlite3.dump"]),
    ("_ssl", &["socket"]),
    ("_zoneinfo", &["zoneinfo"]),
    // `_defaultorder`, `_names`.
    ("dbm", &["dbm.dumb", "dbm.gnu", "dbm.ndbm", "dbm.sqlite3"]),
    ("xml.dom.domreg", &["xml.dom.minidom"]),
    ("xml.sax", &["xml.sax.expatreader"]),
];

/// Any module of the standard library.
pub(super) const ANY: &str = "*";

/// Statements that are there but that a closed application never gets to.
pub(super) const NEVER_TAKEN: &[(&str, &str, Condition)] = &[
    // Tests that a module has of itself, and another system's ways.
    (ANY, "doctest", Condition::Always),
    (ANY, "test", Condition::Always),
    (ANY, "_osx_support", Condition::Always),
    (ANY, "_ios_support", Condition::Always),
    // `sys.__interactivehook__`, before the first prompt.
    ("site", "readline", Condition::Always),
    ("site", "rlcompleter", Condition::Always),
    ("site", "_pyrepl", Condition::Always),
    // `help()`, which opens an application that calls it.
    ("_sitebuiltins", "pydoc", Condition::Always),
    // `except ImportError`: 3.12 and later have `_sha2`, earlier ones `_sha512`.
    ("random", "hashlib", Condition::Extension(&["_sha2", "_sha512"])),
];

/// When a statement is never reached.
pub(super) enum Condition {
    Always,
    /// One of these extension modules, which are tried first, is there.
    Extension(&'static [&'static str]),
}
