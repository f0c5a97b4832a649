//! Corrections of the imports that the standard library's sources show: some are missing there, and
//! some never happen.

/// Modules that every application has: those that start the interpreter and the entries, report
/// errors, or are imported by name from C.
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

/// Imports of the standard library by name or from C, which no statement shows.
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

/// Import statements that a closed application never reaches.
pub(super) const NEVER_TAKEN: &[(&str, &str, Condition)] = &[
    // Self-tests of modules, and code for other systems.
    (ANY, "doctest", Condition::Always),
    (ANY, "test", Condition::Always),
    (ANY, "_osx_support", Condition::Always),
    (ANY, "_ios_support", Condition::Always),
    // `sys.__interactivehook__`, before the first prompt.
    ("site", "readline", Condition::Always),
    ("site", "rlcompleter", Condition::Always),
    ("site", "_pyrepl", Condition::Always),
    // `help()`; an application that calls it is not closed.
    ("_sitebuiltins", "pydoc", Condition::Always),
    // `except ImportError`: 3.12 and later have `_sha2`, earlier ones `_sha512`.
    ("random", "hashlib", Condition::Extension(&["_sha2", "_sha512"])),
];

/// The condition under which a statement is never reached.
pub(super) enum Condition {
    Always,
    /// One of these extension modules exists; they are tried before the statement.
    Extension(&'static [&'static str]),
}
