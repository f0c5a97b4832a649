//! The launch plan of a ready environment: a complete prefix that lies outside of the cache.
//!
//! `snakecrate extract --env` and images make such environments. Nothing in one is absolute, so it may
//! be moved, and nothing is written. Each field ends with a NUL byte:
//!
//! ```text
//! "snakecrate ready 1"   default entry or nothing
//! "hidden" or "seen": whether the interpreter's loader sees LD_* variables
//! the interpreter's path
//! the path of the loader of its own C library; nothing: the host's
//! number of options      options…
//! number of programs     then for each: name, path
//! then for each entry:   name  "python", "native" or "loaded"  path
//! ```
//!
//! Paths are relative to the environment. *Programs* are executables of distributions that only the
//! environment's own loader can start; a link to the launcher has their place in `bin`.

use std::path::{Path, PathBuf};

use snakecrate_format::entry_path::EntryPath;

use super::plan::{Fields, HIDDEN, LaunchPlan, LibcInUse, PlannedEntry, SEEN, StartedBy};

const HEADER: &[u8] = b"snakecrate ready 1";
/// The launcher of a ready environment, where the links beside it in `bin` lead. The interpreter of CPython
/// 3.10 and older takes its prefix from the text of such a link: a `..` in it would stay in `sys.prefix`.
pub const LAUNCHER: &str = "bin/.snakecrate";

/// The launch plan of a ready environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyPlan {
    /// The name of the default entry; empty if there is none.
    pub default: String,
    /// Whether the interpreter's loader sees `LD_*` variables.
    pub loader_variables: bool,
    /// The interpreter.
    pub interpreter: EntryPath,
    /// The loader of the environment's own C library; the libraries are beside it. `None`: the host's.
    pub loader: Option<EntryPath>,
    /// Options of the interpreter.
    pub options: Vec<String>,
    /// Executables that the loader starts by their names.
    pub programs: Vec<Program>,
    /// The entries; at least one.
    pub entries: Vec<ReadyEntry>,
}

/// An executable that only the environment's own loader can start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its name in `bin`.
    pub name: String,
    /// Where it is.
    pub path: EntryPath,
}

/// An entry of a ready environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyEntry {
    /// Its name.
    pub name: String,
    /// The program that starts it.
    pub by: StartedBy,
    /// Its script or executable.
    pub path: EntryPath,
}

impl ReadyPlan {
    /// The plan as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut put = |field: &[u8]| {
            bytes.extend_from_slice(field);
            bytes.push(0);
        };
        put(HEADER);
        put(self.default.as_bytes());
        put(if self.loader_variables { SEEN } else { HIDDEN });
        put(self.interpreter.as_str().as_bytes());
        put(self.loader.as_ref().map_or("", EntryPath::as_str).as_bytes());
        put(self.options.len().to_string().as_bytes());
        self.options.iter().for_each(|option| put(option.as_bytes()));
        put(self.programs.len().to_string().as_bytes());
        for Program { name, path } in &self.programs {
            put(name.as_bytes());
            put(path.as_str().as_bytes());
        }
        for ReadyEntry { name, by, path } in &self.entries {
            put(name.as_bytes());
            StartedBy::ALL.iter().filter(|(_, one)| one == by).for_each(|(word, _)| put(word));
            put(path.as_str().as_bytes());
        }
        bytes
    }

    /// Reads a plan; `None` if it isn't one.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = |field: &[u8]| std::str::from_utf8(field).ok().map(str::to_owned);
        let path = |field: &[u8]| EntryPath::new(std::str::from_utf8(field).ok()?).ok();
        let mut fields = Fields(bytes);
        if fields.next()? != HEADER {
            return None;
        }
        let default = text(fields.next()?)?;
        let loader_variables = match fields.next()? {
            HIDDEN => false,
            SEEN => true,
            _ => return None,
        };
        let interpreter = path(fields.next()?)?;
        let loader = match fields.next()? {
            b"" => None,
            loader => Some(path(loader)?),
        };
        let mut options = Vec::new();
        for _ in 0..fields.number()? {
            options.push(text(fields.next()?)?);
        }
        let mut programs = Vec::new();
        for _ in 0..fields.number()? {
            let name = text(fields.next()?)?;
            programs.push(Program { name, path: path(fields.next()?)? });
        }
        let mut entries = Vec::new();
        while !fields.0.is_empty() {
            let name = text(fields.next()?)?;
            let word = fields.next()?;
            let by = StartedBy::ALL.iter().find(|(text, _)| *text == word)?.1;
            entries.push(ReadyEntry { name, by, path: path(fields.next()?)? });
        }
        // Without a loader, nothing could be started with it.
        let needs_loader =
            !programs.is_empty() || entries.iter().any(|e| e.by == StartedBy::Loaded);
        if entries.is_empty() || needs_loader && loader.is_none() {
            return None;
        }
        Some(Self { default, loader_variables, interpreter, loader, options, programs, entries })
    }

    /// The same for an environment at `home`, as a warm start has it.
    pub fn at(&self, home: &Path) -> LaunchPlan {
        let c_library = match &self.loader {
            Some(loader) => LibcInUse::Own(home.join(loader.as_path())),
            None => LibcInUse::Only,
        };
        let entry = |entry: &ReadyEntry| PlannedEntry {
            name: entry.name.clone().into_bytes(),
            by: entry.by,
            path: entry.path.as_str().as_bytes().to_vec(),
            size: None,
            first_run: None,
        };
        LaunchPlan::without_guards(
            home,
            c_library,
            self.default.clone().into_bytes(),
            self.loader_variables,
            self.options.iter().map(|option| option.clone().into_bytes()).collect(),
            self.entries.iter().map(entry).collect(),
        )
    }

    /// The directories in which the environment's own loader looks for the interpreter's libraries.
    pub fn libraries(&self, home: &Path) -> Vec<PathBuf> {
        let beside = self.loader.as_ref().and_then(EntryPath::parent).unwrap_or_default();
        vec![home.join("lib"), home.join(beside)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> EntryPath {
        EntryPath::new(text).unwrap()
    }

    fn plan() -> ReadyPlan {
        ReadyPlan {
            default: "b".into(),
            loader_variables: true,
            interpreter: path("bin/python3.12"),
            loader: Some(path("libc/lib/ld.so")),
            options: vec!["-I".into(), "-X".into()],
            programs: vec![Program { name: "ruff".into(), path: path("libexec/ruff") }],
            entries: StartedBy::ALL
                .map(|(_, by)| ReadyEntry { name: "b".into(), by, path: path("boot/b.py") })
                .to_vec(),
        }
    }

    #[test]
    fn a_plan_survives_the_round_trip() {
        let mut plan = plan();
        assert_eq!(ReadyPlan::parse(&plan.encode()), Some(plan.clone()));
        (plan.loader, plan.programs, plan.default) = (None, vec![], String::new());
        plan.entries.truncate(1);
        assert_eq!(ReadyPlan::parse(&plan.encode()), Some(plan));
    }

    #[test]
    fn cut_and_changed_plans_are_refused_or_read_again_alike() {
        let bytes = plan().encode();
        for length in 0..bytes.len() {
            let cut = ReadyPlan::parse(&bytes[..length]);
            assert!(cut.is_none_or(|cut| cut.encode() == bytes[..length]), "{length}");
        }
        for at in 0..bytes.len() {
            for value in [0, b'/', b'.', b'9', 0xff, b'\n'] {
                let mut changed = bytes.clone();
                changed[at] = value;
                if let Some(read) = ReadyPlan::parse(&changed) {
                    assert_eq!(ReadyPlan::parse(&read.encode()), Some(read), "{at} {value}");
                }
            }
        }
    }

    #[test]
    fn paths_lead_to_nothing_outside() {
        let text = String::from_utf8(plan().encode()).unwrap();
        for (from, to) in [
            ("bin/python3.12", "../python3.12"),
            ("bin/python3.12", "/usr/bin/python3"),
            ("bin/python3.12", ""),
            ("libc/lib/ld.so", "libc/../../ld.so"),
            ("libexec/ruff", "/bin/sh"),
            ("boot/b.py", "boot//b.py"),
        ] {
            let changed = text.replace(&format!("\0{from}\0"), &format!("\0{to}\0"));
            assert_ne!(changed, text);
            assert_eq!(ReadyPlan::parse(changed.as_bytes()), None, "{to}");
        }
    }

    #[test]
    fn programs_require_a_loader() {
        let mut plan = plan();
        plan.loader = None;
        assert_eq!(ReadyPlan::parse(&plan.encode()), None);
        plan.programs.clear();
        assert_eq!(ReadyPlan::parse(&plan.encode()), None, "a loaded entry is left");
        plan.entries.retain(|entry| entry.by != StartedBy::Loaded);
        assert!(ReadyPlan::parse(&plan.encode()).is_some());
    }

    #[test]
    fn huge_counts_end_with_the_fields() {
        let text = String::from_utf8(plan().encode()).unwrap();
        let changed = text.replace("\x002\0-I", "\x0018446744073709551615\0-I");
        assert_ne!(changed, text);
        assert_eq!(ReadyPlan::parse(changed.as_bytes()), None);
    }
}
