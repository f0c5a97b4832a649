//! Heavy parts of the standard library, which are bundled only if something can import them.
//!
//! A part is left out as a whole, its Python modules with its extension modules: then `import ssl`
//! fails as in a Python that was built without it. Shared libraries that only this part needs are
//! left out, too, since they are found through the modules that are kept. [`crate::reach`] decides
//! this, for the parts in this table only.

use std::fmt;

/// A part of the standard library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The system's `crypt(3)`, and libcrypt.
    Crypt,
    /// `curses`, and ncurses; descriptions of terminals.
    Curses,
    /// The modules that read dbm and gdbm files. `dbm` itself stays: it has other back ends.
    Dbm,
    /// OpenSSL's hashes, and libcrypto. Not `hashlib`: it has built-in hashes as well.
    Hashlib,
    /// The translator from Python 2, gone in 3.13.
    Lib2to3,
    /// `readline`, which also needs ncurses.
    Readline,
    /// `sqlite3`, and `SQLite`.
    Sqlite3,
    /// `ssl`, and libssl with libcrypto; trust roots.
    Ssl,
    /// `tkinter`, and Tcl/Tk.
    Tkinter,
    /// `zoneinfo`, and the zones for hosts that have none.
    Zoneinfo,
}

/// A part's files and modules.
struct Facts {
    part: Part,
    name: &'static str,
    /// Patterns of its files, below the standard library.
    paths: &'static [&'static str],
    /// The modules that don't work without it, or work worse.
    modules: &'static [&'static str],
}

const TABLE: &[Facts] = &[
    Facts {
        part: Part::Crypt,
        name: "crypt",
        paths: &["crypt.py", "lib-dynload/_crypt.*"],
        modules: &["crypt", "_crypt"],
    },
    Facts {
        part: Part::Curses,
        name: "curses",
        paths: &["curses", "lib-dynload/_curses.*", "lib-dynload/_curses_panel.*"],
        modules: &["curses", "_curses", "_curses_panel"],
    },
    Facts {
        part: Part::Dbm,
        name: "dbm",
        paths: &["lib-dynload/_dbm.*", "lib-dynload/_gdbm.*"],
        modules: &["dbm", "_dbm", "_gdbm"],
    },
    Facts {
        part: Part::Hashlib,
        name: "hashlib",
        paths: &["lib-dynload/_hashlib.*"],
        modules: &["hashlib", "hmac", "_hashlib"],
    },
    Facts { part: Part::Lib2to3, name: "lib2to3", paths: &["lib2to3"], modules: &["lib2to3"] },
    Facts {
        part: Part::Readline,
        name: "readline",
        paths: &["lib-dynload/readline.*"],
        modules: &["readline"],
    },
    Facts {
        part: Part::Sqlite3,
        name: "sqlite3",
        paths: &["sqlite3", "lib-dynload/_sqlite3.*"],
        modules: &["sqlite3", "_sqlite3"],
    },
    Facts {
        part: Part::Ssl,
        name: "ssl",
        paths: &["ssl.py", "lib-dynload/_ssl.*"],
        modules: &["ssl", "_ssl"],
    },
    Facts {
        part: Part::Tkinter,
        name: "tkinter",
        paths: &["tkinter", "turtle.py", "lib-dynload/_tkinter.*"],
        modules: &["tkinter", "_tkinter", "turtle", "turtledemo", "idlelib"],
    },
    Facts {
        part: Part::Zoneinfo,
        name: "zoneinfo",
        paths: &["zoneinfo", "lib-dynload/_zoneinfo.*"],
        modules: &["zoneinfo", "_zoneinfo"],
    },
];

impl Part {
    /// All parts.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|facts| facts.part)
    }

    /// Its name in `runtime-keep` and `runtime-drop`, and in messages.
    pub fn name(self) -> &'static str {
        self.facts().map_or("", |facts| facts.name)
    }

    /// Patterns of the files that it owns, below the standard library.
    pub fn paths(self) -> &'static [&'static str] {
        self.facts().map_or(&[], |facts| facts.paths)
    }

    /// Whether the module with this dotted name needs it.
    pub fn is_needed_by(self, module: &str) -> bool {
        let top = module.split('.').next().unwrap_or(module);
        self.facts().is_some_and(|facts| facts.modules.contains(&top))
    }

    /// Whether the modules that need it work without it, only worse. What imports `hashlib`, `dbm` or
    /// `readline` goes on without OpenSSL's hashes, the libraries for dbm files, or an edited line.
    pub fn is_dispensable(self) -> bool {
        matches!(self, Self::Hashlib | Self::Dbm | Self::Readline)
    }

    /// The modules at the top of the standard library that need it.
    pub(crate) fn modules(self) -> &'static [&'static str] {
        self.facts().map_or(&[], |facts| facts.modules)
    }

    fn facts(self) -> Option<&'static Facts> {
        TABLE.iter().find(|facts| facts.part == self)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
