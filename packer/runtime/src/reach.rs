//! The parts of the standard library that an application can reach.
//!
//! An application is *closed* if all its code is Python source that can be seen in advance: it has
//! no native code, and none of the words that run unseen code. Starting from the imports of a closed
//! application and of the interpreter itself, this module follows the imports through the sources
//! of the standard library. A [`Part`] that it does not reach can be left out. In case of doubt
//! everything stays.

mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use rayon::prelude::*;
use snakecrate_base::python::Interpreter;

use super::Error;
use super::imports::{Import, Imports, Scan, Scanner, is_dynamic};
use super::parts::Part;
use tables::{ANY, BASE, Condition, HIDDEN, NEVER_TAKEN};

/// How an archive starts its interpreter.
#[derive(Debug, Clone, Copy)]
pub struct Launch<'a> {
    /// Whether the environment of the user has no influence (`-I`).
    pub isolated: bool,
    /// Options of the interpreter.
    pub options: &'a [String],
    /// Modules that entries start, in addition to those of the distributions' own scripts.
    pub modules: &'a [String],
}

/// The need of an application for the standard library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The parts that it cannot reach.
    pub leave_out: BTreeSet<Part>,
    /// The parts that it can reach, and by which imports: `ssl (asyncio.base_events > ssl)`.
    pub kept: Vec<String>,
    /// Why the application is not closed: `click: click/core.py: importlib`.
    pub open: Option<String>,
    /// All modules that a closed application can reach, dotted. Some names are not modules.
    pub reached: BTreeSet<String>,
}

/// Computes the need of an archive with these distributions, each with its name.
///
/// # Errors
///
/// The interpreter does not start.
pub fn need<'a>(
    scanner: &Scanner<'_>,
    distributions: impl Iterator<Item = (&'a str, &'a Imports)> + Clone,
    launch: Launch<'_>,
) -> Result<Need, Error> {
    let tkinter = distributions.clone().any(|(_, imports)| imports.tkinter);
    let library = Library::of(scanner.interpreter());
    let mut open = opener(&library, &distributions, launch);
    let (mut leave_out, mut kept) = (BTreeSet::new(), Vec::new());
    let mut all = BTreeSet::new();
    if open.is_none() {
        let named = distributions.flat_map(|(_, imports)| imports.modules.iter());
        match library.reach(named.chain(launch.modules).cloned(), scanner)? {
            Reached::Unparsed(module) => open = Some(format!("{module} does not parse")),
            Reached::Modules(reached) => {
                for part in Part::all() {
                    match reached.way_to(part) {
                        Some(way) => kept.push(format!("{part} ({way})")),
                        None => {
                            leave_out.insert(part);
                        }
                    }
                }
                all.extend(reached.from.into_keys());
            }
        }
    }
    if tkinter {
        leave_out.remove(&Part::Tkinter);
    } else {
        // Python is often built without Tk, so only an application that names it gets it.
        leave_out.insert(Part::Tkinter);
    }
    Ok(Need { leave_out, kept, open, reached: all })
}

/// The first reason why the application is not closed.
fn opener<'a>(
    library: &Library,
    distributions: &(impl Iterator<Item = (&'a str, &'a Imports)> + Clone),
    launch: Launch<'_>,
) -> Option<String> {
    if !launch.isolated {
        return Some("the user's environment counts".into());
    }
    if let Some(option) = doubtful(launch.options) {
        return Some(format!("option {option}"));
    }
    if let Some(module) = launch.modules.iter().find(|name| library.has(name) || is_dynamic(name)) {
        return Some(format!("it starts {module}"));
    }
    if !library.has("os") {
        return Some("the standard library has no sources".into());
    }
    let open = distributions
        .clone()
        .find_map(|(name, imports)| imports.open.as_ref().map(|why| format!("{name}: {why}")));
    open.or_else(|| {
        let first = |of: fn(&Imports) -> &Option<String>| {
            let mut all = distributions.clone();
            all.find_map(|(name, imports)| of(imports).as_ref().map(|why| format!("{name}: {why}")))
        };
        let (runs, place) = (first(|imports| &imports.programs)?, first(|i| &i.interpreter)?);
        Some(format!("{runs}; {place}"))
    })
}

/// The first option that is not known to be harmless: it may have the interpreter run other code
/// than the entry.
fn doubtful(options: &[String]) -> Option<&str> {
    const FLAGS: &str = "bBdEIOPqsSuv";
    const SETTINGS: &[&str] = &[
        "dev",
        "faulthandler",
        "frozen_modules",
        "importtime",
        "int_max_str_digits",
        "no_debug_ranges",
        "perf",
        "pycache_prefix",
        "showrefcount",
        "tracemalloc",
        "utf8",
        "warn_default_encoding",
    ];
    const ACTIONS: &[&str] = &["default", "error", "always", "module", "once", "ignore"];
    let mut rest = options.iter();
    while let Some(option) = rest.next() {
        let value = |kind: &str| option.strip_prefix(kind).filter(|value| !value.is_empty());
        let known = if let Some(setting) =
            value("-X").or_else(|| (option == "-X").then(|| rest.next().map_or("", String::as_str)))
        {
            SETTINGS.contains(&setting.split('=').next().unwrap_or(setting))
        } else if let Some(action) =
            value("-W").or_else(|| (option == "-W").then(|| rest.next().map_or("", String::as_str)))
        {
            // With a category of its own, `-W` imports the module that has it.
            ACTIONS.contains(&action)
        } else {
            let flags = option.strip_prefix('-').unwrap_or_default();
            !flags.is_empty() && flags.chars().all(|flag| FLAGS.contains(flag))
        };
        if !known {
            return Some(option);
        }
    }
    None
}

/// The result of following imports.
enum Reached {
    Modules(Modules),
    /// The interpreter does not accept this module of its own library.
    Unparsed(String),
}

/// Modules that can be imported, and the first importer of each; empty for the application.
#[derive(Default)]
struct Modules {
    from: BTreeMap<String, String>,
}

impl Modules {
    /// The imports that lead to `part`.
    fn way_to(&self, part: Part) -> Option<String> {
        let mut module = self.from.keys().find(|module| part.is_needed_by(module))?;
        let mut way = module.clone();
        while let Some(from) = self.from.get(module).filter(|from| !from.is_empty()) {
            way = format!("{from} > {way}");
            module = from;
        }
        Some(way)
    }
}

/// The sources of the standard library.
struct Library {
    stdlib: PathBuf,
    /// Names of the extension modules that are files.
    extensions: BTreeSet<String>,
}

impl Library {
    fn of(interpreter: &Interpreter) -> Self {
        let entries = fs::read_dir(&interpreter.dynload).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let extensions = names
            .filter_map(|name| Some(name.strip_suffix(".so")?.split('.').next()?.to_owned()))
            .collect();
        Self { stdlib: interpreter.stdlib.clone(), extensions }
    }

    /// Whether it has the top-level module of this name.
    fn has(&self, name: &str) -> bool {
        let top = name.split('.').next().unwrap_or(name);
        self.extensions.contains(top) || self.source(top).is_some()
    }

    /// The file of a module or package, and whether it is a package.
    fn source(&self, name: &str) -> Option<(PathBuf, bool)> {
        let path = self.stdlib.join(name.replace('.', "/"));
        let package = path.join("__init__.py");
        if package.is_file() {
            return Some((package, true));
        }
        let module = path.with_extension("py");
        module.is_file().then_some((module, false))
    }

    /// All modules that those named, and [`BASE`], can import: breadth first, and the modules of
    /// one distance side by side.
    fn reach(
        &self,
        named: impl Iterator<Item = String>,
        scanner: &Scanner<'_>,
    ) -> Result<Reached, Error> {
        let mut reached = Modules::default();
        let start = BASE.iter().map(|&name| name.to_owned()).chain(named);
        let mut pending: Vec<_> = start.map(|name| (name, String::new())).collect();
        while !pending.is_empty() {
            let mut new = Vec::new();
            for (name, from) in pending {
                if !reached.from.contains_key(&name) {
                    reached.from.insert(name.clone(), from);
                    new.push(name);
                }
            }
            let followed = new.par_iter().map(|name| self.follow(name, scanner));
            pending = Vec::new();
            for (name, next) in new.iter().zip(followed.collect::<Result<Vec<_>, Error>>()?) {
                let Some(next) = next else { return Ok(Reached::Unparsed(name.clone())) };
                pending.extend(next.into_iter().map(|module| (module, name.clone())));
            }
        }
        Ok(Reached::Modules(reached))
    }

    /// The modules that the one called `name` imports; `None` if it does not parse.
    fn follow(&self, name: &str, scanner: &Scanner<'_>) -> Result<Option<Vec<String>>, Error> {
        let mut next = Vec::new();
        if let Some(package) = name.strip_suffix(".*") {
            next = self.within(package);
        }
        // The packages around a module are imported before it.
        if let Some((package, _)) = name.rsplit_once('.') {
            next.push(package.to_owned());
        }
        let hidden = HIDDEN.iter().filter(|(from, _)| *from == name);
        next.extend(hidden.flat_map(|(_, to)| to.iter().map(|&to| to.to_owned())));
        let Some((path, is_package)) = self.source(name) else { return Ok(Some(next)) };
        let Ok(source) = fs::read(path) else { return Ok(Some(next)) };
        let Scan::Parsed(statements) = scanner.scan(&source)? else { return Ok(None) };
        for import in statements.imports {
            match import {
                Import::Module { name: module, .. } => self.push(name, module, &mut next),
                Import::From { dots, module, name: what, .. } => {
                    let Some(module) = absolute(name, is_package, dots, &module) else { continue };
                    if !self.is_never_taken(name, &module) {
                        next.push(format!("{module}.{what}"));
                        next.push(module);
                    }
                }
            }
        }
        Ok(Some(next))
    }

    fn push(&self, from: &str, module: String, pending: &mut Vec<String>) {
        if !self.is_never_taken(from, &module) {
            pending.push(module);
        }
    }

    fn is_never_taken(&self, from: &str, to: &str) -> bool {
        let top = to.split('.').next().unwrap_or(to);
        NEVER_TAKEN.iter().any(|(module, imported, condition)| {
            (*module == from || *module == ANY)
                && *imported == top
                && match condition {
                    Condition::Always => true,
                    Condition::Extension(names) => {
                        names.iter().any(|name| self.extensions.contains(*name))
                    }
                }
        })
    }

    /// The modules directly in a package.
    fn within(&self, package: &str) -> Vec<String> {
        let directory = self.stdlib.join(package.replace('.', "/"));
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .map(|name| name.strip_suffix(".py").map(str::to_owned).unwrap_or(name))
            .filter(|name| !name.contains('.') && !name.starts_with("__"))
            .map(|name| format!("{package}.{name}"))
            .filter(|name| self.source(name).is_some())
            .collect()
    }
}

/// The absolute name of `module` after `dots`, as the module `from` imports it.
fn absolute(from: &str, is_package: bool, dots: usize, module: &str) -> Option<String> {
    if dots == 0 {
        return Some(module.to_owned());
    }
    let mut package = from;
    for _ in 0..dots - usize::from(is_package) {
        package = package.rsplit_once('.')?.0;
    }
    Some(if module.is_empty() { package.to_owned() } else { format!("{package}.{module}") })
}

#[cfg(test)]
mod tests;
