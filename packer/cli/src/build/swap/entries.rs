//! The entries of an archive whose application stays: whether they still have something to start, and
//! what a proof has to find out about them.

use std::collections::BTreeSet;

use snakecrate_audit::Object;
use snakecrate_format::entry_path::EntryPath;
use snakecrate_format::manifest::{Entry, Start};
use snakecrate_runtime::Scanner;
use snakecrate_runtime::imports::Scan;

use super::Error;
use super::contents::{Contents, extension};
use crate::build::boot::FIRST_RUN;
use crate::build::facts::Facts;
use crate::build::subject::{Check, HOOK, Subject};
use crate::source::APP;
use crate::wheel::{SHEBANG, Script, Target};

/// The program that an entry starts, as its description in the manifest has it.
enum Program<'a> {
    Call { module: &'a str, attr: &'a str },
    Module(&'a str),
    File(&'a str),
}

impl<'a> Program<'a> {
    fn of(entry: &'a Entry) -> Self {
        if let Start::Native(path) = &entry.start {
            return Self::File(path.as_str());
        }
        let mut words = entry.runs.split(' ');
        let first = words.next().unwrap_or_default();
        match first.split_once(':') {
            Some((module, attr)) => Self::Call { module, attr },
            None if first == "-m" => Self::Module(words.next().unwrap_or_default()),
            None => Self::File(first),
        }
    }

    /// Its name in messages.
    fn name(&self) -> &'a str {
        match self {
            Self::Call { module, .. } | Self::Module(module) => module,
            Self::File(path) => path,
        }
    }
}

/// The paths of an environment and of its runtime.
pub(super) struct Paths {
    pub(super) all: BTreeSet<String>,
    /// The directories where modules are looked for.
    pub(super) roots: [String; 3],
}

impl Paths {
    /// Those of the files `all`, for an interpreter with these directories.
    pub(super) fn new(all: BTreeSet<String>, site_packages: String, stdlib: String) -> Self {
        Self { all, roots: [site_packages, stdlib, APP.to_owned()] }
    }

    fn has(&self, program: &Program<'_>) -> bool {
        match program {
            Program::File(path) => self.all.contains(*path),
            Program::Call { module, .. } | Program::Module(module) => self.has_module(module),
        }
    }

    fn has_module(&self, module: &str) -> bool {
        let module = module.replace('.', "/");
        self.roots.iter().any(|root| {
            let base = format!("{root}/{module}");
            let files = [".py", ".pyc", "/__init__.py", "/__init__.pyc", "/__main__.py"];
            let extension = || {
                let start = format!("{base}.");
                let mut behind =
                    self.all.range(start.clone()..).take_while(|p| p.starts_with(&start));
                behind.any(|path| extension(path) == "so")
            };
            files.iter().any(|end| self.all.contains(&format!("{base}{end}"))) || extension()
        })
    }
}

/// Fails if an entry has nothing to start any more. `replaced` are distributions before and after.
pub(super) fn check(
    entries: &[Entry],
    old: &Paths,
    new: &Paths,
    replaced: &[(&Facts, &Facts)],
) -> Result<(), Error> {
    for entry in entries {
        let gone = |why| Err(Error::Entry { entry: entry.name.clone(), why, by_app: false });
        let program = Program::of(entry);
        if old.has(&program) && !new.has(&program) {
            return gone(format!("no component has {} any more", program.name()));
        }
        for (before, after) in replaced {
            let of = |facts: &Facts| {
                facts.scripts.iter().find(|script| script.name == entry.name).cloned()
            };
            let Some(script) = of(before).filter(|script| is_for(&program, script)) else {
                continue;
            };
            let Facts { name, version, .. } = after;
            match of(after) {
                Some(now) if now.target == script.target => {}
                Some(Script { target: Target::Call { module, attr }, .. }) => {
                    return gone(format!("{name} {version} starts {module}:{attr} for it"));
                }
                Some(_) => return gone(format!("{name} {version} starts another file for it")),
                None => return gone(format!("{name} {version} has no script of this name")),
            }
        }
    }
    Ok(())
}

/// Whether an entry with this program is the script of a distribution, and not of the user's making.
fn is_for(program: &Program<'_>, script: &Script) -> bool {
    match (program, &script.target) {
        (Program::Call { module, attr }, Target::Call { module: own, attr: function }) => {
            module == own && attr == function
        }
        (Program::File(path), Target::File { path: own, .. }) => *path == own.as_str(),
        _ => false,
    }
}

/// What a proof has to find out about `entries`.
pub(super) fn subjects(
    entries: &[Entry],
    old: &Contents,
    objects: &[&Object],
    scanner: &Scanner<'_>,
) -> Vec<Subject> {
    let of_entry = |entry: &Entry| Subject {
        name: entry.name.clone(),
        check: check_of(entry, old, objects, scanner),
    };
    let mut subjects: Vec<_> = entries.iter().map(of_entry).collect();
    if entries.iter().any(|entry| entry.first_run.is_some()) {
        let text = old.scripts.get(FIRST_RUN).map(String::as_str).unwrap_or_default();
        subjects.push(Subject { name: HOOK.to_owned(), check: check_of_hook(text) });
    }
    subjects
}

fn check_of(entry: &Entry, old: &Contents, objects: &[&Object], scanner: &Scanner<'_>) -> Check {
    match Program::of(entry) {
        Program::Call { module, attr } => {
            Check::Call { module: module.to_owned(), attr: attr.to_owned() }
        }
        Program::Module(module) => Check::Module(module.to_owned()),
        Program::File(path) => {
            let mut objects = objects.iter().copied().chain(&old.app_objects);
            if objects.any(|object| object.path == path && object.interpreter.is_some()) {
                return Check::Loaded;
            }
            let text = old.scripts.get(path).filter(|text| is_python(path, text));
            match (text, EntryPath::new(path)) {
                (Some(text), Ok(path)) => {
                    let scan = scanner.scan(text.as_bytes()).ok();
                    let statements = scan.and_then(Scan::statements);
                    let imports = statements.map(|found| found.leading_code()).unwrap_or_default();
                    Check::Script { path, imports }
                }
                _ => Check::Executable,
            }
        }
    }
}

fn is_python(path: &str, text: &str) -> bool {
    extension(path) == "py" || path.starts_with(&format!("{APP}/")) || text.starts_with(SHEBANG)
}

/// The check of the first-run hook, which only its boot script describes.
fn check_of_hook(text: &str) -> Check {
    let between = |start: &str, end: &str| {
        let (_, rest) = text.split_once(start)?;
        Some(rest.split_once(end)?.0.to_owned())
    };
    if let Some(module) = between("_start()(\"", "\"") {
        return Check::Module(module);
    }
    let call = || {
        let attr = between("sys.exit(", "())")?;
        // The script has imports of its own, but only this one of the function's name.
        let import = format!(" import {}", attr.split('.').next()?);
        let mut lines = text.lines().map(str::trim);
        let module = lines.find_map(|line| line.strip_prefix("from ")?.strip_suffix(&import))?;
        Some(Check::Call { module: module.to_owned(), attr })
    };
    call().unwrap_or(Check::Executable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::boot::{self, Before, Imports};

    fn paths(all: &[&str]) -> Paths {
        let all = all.iter().map(|&path| path.to_owned()).collect();
        Paths::new(all, "lib/python3.12/site-packages".into(), "lib/python3.12".into())
    }

    fn entry(name: &str, runs: &str) -> Entry {
        Entry::new(name, runs, Start::Python(EntryPath::new("boot/x.py").unwrap()))
    }

    fn refused(runs: &str, new: &[&str]) -> bool {
        let old = [
            "lib/python3.12/site-packages/a/b.py",
            "lib/python3.12/site-packages/c.cpython-312-x86_64-linux-gnu.so",
            "lib/python3.12/http/server.py",
            "bin/tool",
        ];
        check(&[entry("x", runs)], &paths(&old), &paths(new), &[]).is_err()
    }

    #[test]
    fn an_entry_needs_the_module_or_the_file_that_it_had() {
        for runs in ["a.b:main", "-m a.b --flag", "c:f", "bin/tool 'an argument'"] {
            assert!(refused(runs, &[]), "{runs}");
        }
        assert!(!refused("a.b:main", &["lib/python3.12/site-packages/a/b/__init__.pyc"]));
        assert!(!refused("c:f", &["lib/python3.12/site-packages/c.abi3.so"]));
        assert!(!refused("-m http.server", &["lib/python3.12/http/server.pyc"]));
        assert!(!refused("never.there:main", &[]), "it was not there before");
    }

    #[test]
    fn a_script_that_starts_something_else_is_another_entry() {
        let facts = |version: &str, scripts: &[(&str, &str)]| Facts {
            scripts: scripts
                .iter()
                .map(|(name, module)| Script {
                    name: (*name).into(),
                    target: Target::Call { module: (*module).into(), attr: "main".into() },
                    graphical: false,
                    extras: Vec::new(),
                })
                .collect(),
            ..Facts::of_metadata("tool", version, &crate::wheel::Metadata::default())
        };
        let old = facts("1", &[("x", "a")]);
        let check = |new: &Facts, runs: &str| {
            let nothing = paths(&[]);
            let result = check(&[entry("x", runs)], &nothing, &nothing, &[(&old, new)]);
            result.map_err(|error| error.to_string())
        };
        assert_eq!(check(&facts("2", &[("x", "a")]), "a:main"), Ok(()));
        let moved = "the entry x disappears: tool 2 starts b:main for it";
        assert_eq!(check(&facts("2", &[("x", "b")]), "a:main"), Err(moved.into()));
        let gone = "the entry x disappears: tool 2 has no script of this name";
        assert_eq!(check(&facts("2", &[]), "a:main"), Err(gone.into()));
        assert_eq!(check(&facts("2", &[]), "mine:main"), Ok(()), "the user has made it");
    }

    #[test]
    fn the_program_of_a_first_run_hook_is_read_from_its_script() {
        for imports in [Imports::Plain, Imports::Fast, Imports::Lazy] {
            let text = boot::call("first-run", "a.b", "C.run", imports, &Before::default());
            let Check::Call { module, attr } = check_of_hook(&text) else { panic!("{text}") };
            assert_eq!((&*module, &*attr), ("a.b", "C.run"));
        }
        for imports in [Imports::Plain, Imports::Fast, Imports::Lazy] {
            let text = boot::module("first-run", "m.n", imports, &Before::default());
            let Check::Module(module) = check_of_hook(&text) else { panic!("{text}") };
            assert_eq!(module, "m.n");
        }
    }
}
