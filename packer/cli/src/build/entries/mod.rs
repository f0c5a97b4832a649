//! The entries of an archive, and how each starts.

mod error;
mod request;

use std::collections::{BTreeMap, BTreeSet};

use snakecrate_format::entry_path::EntryPath;
use snakecrate_format::manifest::{Entry, Start};

pub use error::Error;
pub(crate) use request::Request;
use request::{Wanted, check_dotted};

use super::boot::{self, Before, Imports};
use super::subject::{Check, HOOK, Subject};
use crate::wheel::{Script, Target, normalize};
use snakecrate_base::tree::{Mode, Node, Tree};
use snakecrate_runtime::Scanner;
use snakecrate_runtime::imports::Scan;

/// The directory of boot scripts in the environment.
const BOOT: &str = "boot";

/// The entries that the distributions offer.
#[derive(Default)]
#[expect(missing_debug_implementations, reason = "it has a function")]
pub struct Offer<'a> {
    /// The source in messages.
    pub source: String,
    /// Scripts of the application.
    pub own: Vec<&'a Script>,
    /// Scripts of the application whose extras are not packed. They have to be named to be offered.
    pub withheld: Vec<&'a Script>,
    /// Scripts of other distributions, which have to be named to be offered.
    pub others: Vec<&'a Script>,
    /// The programs among the files of a script or a folder: names of entries, and the files.
    pub files: Vec<(String, EntryPath)>,
    /// Its other files, which have to be named to be offered.
    pub more_files: Vec<(String, EntryPath)>,
    /// Its package, if that is started as `python -m` does.
    pub package: Option<String>,
    /// Packages of the application with a `__main__` module.
    pub runnable: Vec<String>,
    /// The imports that scripts of distributions begin with, as code.
    pub leading: BTreeMap<EntryPath, String>,
    /// The native executables that a loader has to load.
    pub loaded: BTreeSet<EntryPath>,
    /// What is done before each entry starts.
    pub before: Before,
    /// How the user adds an extra of this name, for [`Offer::withheld`].
    pub help_with_extra: Option<&'a dyn Fn(&str) -> String>,
    /// Whether its entries open windows, if the user says so.
    pub gui: Option<bool>,
    /// The command that runs once before the first start of each entry.
    pub first_run: Option<String>,
}

impl<'a> Offer<'a> {
    /// Whether `entry` opens windows: if the user says nothing, those do that call what a GUI script calls.
    fn is_graphical(&self, entry: &Entry) -> bool {
        let called = entry.runs.split(' ').next().unwrap_or_default();
        let is_called = |script: &Script| match &script.target {
            Target::Call { module, attr } => {
                called.split_once(':') == Some((module.as_str(), attr.as_str()))
            }
            Target::File { .. } => false,
        };
        self.gui.unwrap_or_else(|| self.scripts().any(|one| one.graphical && is_called(one)))
    }

    /// All scripts that can be named.
    fn scripts(&self) -> impl Iterator<Item = &'a Script> {
        self.own.iter().chain(&self.withheld).chain(&self.others).copied()
    }
}

enum Program {
    Call { module: String, attr: String },
    Module(String),
    File(EntryPath),
    Native(EntryPath),
}

impl Program {
    fn of(script: &Script) -> Self {
        match &script.target {
            Target::Call { module, attr } => {
                Self::Call { module: module.clone(), attr: attr.clone() }
            }
            Target::File { path, native: true } => Self::Native(path.clone()),
            Target::File { path, native: false } => Self::File(path.clone()),
        }
    }
}

/// Chooses the entries, and adds their boot scripts to the application's tree.
///
/// The entries are those that the user named; else the script's file; else all of the application's
/// own. Their boot scripts import them as `imports` says. Without a `scanner`, nothing is known about the
/// imports of the application's own scripts.
pub fn choose(
    offer: &Offer<'_>,
    wanted: &[String],
    module: Option<&str>,
    scanner: Option<&Scanner<'_>>,
    imports: Imports,
    tree: &mut Tree,
) -> Result<(Vec<Entry>, Vec<Subject>), Error> {
    let mut programs = BTreeMap::new();
    for text in wanted {
        let request = Request::parse(text)?;
        let program = named(offer, &request.program)?;
        programs.insert(request.name, (program, request.arguments));
    }
    if let Some(module) = module {
        check_dotted(module)?;
        let name = module.rsplit('.').find(|part| *part != "__main__").unwrap_or(module);
        programs.insert(name.to_owned(), (Program::Module(module.to_owned()), Vec::new()));
    }
    if programs.is_empty() {
        let all = by_default(offer);
        programs = all.into_iter().map(|(name, program)| (name, (program, Vec::new()))).collect();
    }
    if programs.is_empty() {
        let from = offer.source.clone();
        return Err(match (offer.withheld.first(), offer.help_with_extra) {
            (Some(script), Some(help)) => Error::Withheld {
                from,
                entries: offer.withheld.iter().map(|script| script.name.clone()).collect(),
                remedy: help(&script.extras.join(",")),
            },
            _ => Error::None { from, choices: choices(offer) },
        });
    }
    let one = |(name, (program, arguments))| {
        let check = check(&program, offer, scanner, tree);
        let before = Before { arguments, ..offer.before.clone() };
        let entry = entry(name, program, &check, imports, &before, tree)?;
        Ok((entry.clone(), Subject { name: entry.name, check }))
    };
    let chosen = programs.into_iter().map(one).collect::<Result<Vec<_>, Error>>()?;
    let (mut entries, mut subjects): (Vec<_>, Vec<_>) = chosen.into_iter().unzip();
    for entry in &mut entries {
        entry.graphical = offer.is_graphical(entry);
    }
    if let Some(text) = &offer.first_run {
        let (path, check) = first_run(text, offer, scanner, imports, tree)?;
        for entry in &mut entries {
            entry.first_run = Some(path.clone());
        }
        subjects.push(Subject { name: HOOK.to_owned(), check });
    }
    Ok((entries, subjects))
}

/// Adds the script of the first-run hook, which runs the command `text`.
fn first_run(
    text: &str,
    offer: &Offer<'_>,
    scanner: Option<&Scanner<'_>>,
    imports: Imports,
    tree: &mut Tree,
) -> Result<(EntryPath, Check), Error> {
    let bad = |_| Error::FirstRun { from: offer.source.clone(), command: text.to_owned() };
    let Request { program, arguments, .. } = Request::parse_command(text).map_err(bad)?;
    let program = named(offer, &program).map_err(bad)?;
    let check = check(&program, offer, scanner, tree);
    let before = Before { arguments, ..offer.before.clone() };
    let (_, script) = script("first-run", &program, &check, imports, &before);
    boot::insert_shared(tree, imports, &before);
    let place = EntryPath::new(boot::FIRST_RUN).map_err(|_| Error::Malformed(text.to_owned()))?;
    tree.insert_file(place.clone(), Mode::Plain, script.into_bytes());
    Ok((place, check))
}

fn check(
    program: &Program,
    offer: &Offer<'_>,
    scanner: Option<&Scanner<'_>>,
    tree: &Tree,
) -> Check {
    match program {
        Program::Call { module, attr } => {
            Check::Call { module: module.clone(), attr: attr.clone() }
        }
        Program::Module(module) => Check::Module(module.clone()),
        Program::File(path) => {
            let own = scanner.and_then(|scanner| leading_imports(tree, path, scanner));
            let imports = own.or_else(|| offer.leading.get(path).cloned()).unwrap_or_default();
            Check::Script { path: path.clone(), imports }
        }
        Program::Native(path) if offer.loaded.contains(path) => Check::Loaded,
        Program::Native(_) => Check::Executable,
    }
}

/// The programs that are offered if the user names none.
fn by_default(offer: &Offer<'_>) -> BTreeMap<String, Program> {
    if let Some(package) = &offer.package {
        return BTreeMap::from([(normalize(package), Program::Module(package.clone()))]);
    }
    let files = offer.files.iter();
    if files.len() > 0 {
        return files.map(|(name, path)| (name.clone(), Program::File(path.clone()))).collect();
    }
    let own = offer.own.iter();
    own.map(|script| (script.name.clone(), Program::of(script))).collect()
}

/// The program that the user asks for.
fn named(offer: &Offer<'_>, wanted: &Wanted) -> Result<Program, Error> {
    let text = match wanted {
        Wanted::Call { module, attr } => {
            return Ok(Program::Call { module: module.clone(), attr: attr.clone() });
        }
        Wanted::Module(module) => return Ok(Program::Module(module.clone())),
        Wanted::Script(text) => text,
    };
    let mut files = offer.files.iter().chain(&offer.more_files);
    let is_named = |(name, path): &&(String, EntryPath)| name == text || path.file_name() == text;
    if let Some((_, path)) = files.find(is_named) {
        return Ok(Program::File(path.clone()));
    }
    let unknown = || Error::Unknown {
        from: offer.source.clone(),
        name: text.clone(),
        choices: choices(offer),
    };
    offer.scripts().find(|script| script.name == *text).map(Program::of).ok_or_else(unknown)
}

fn choices(offer: &Offer<'_>) -> Vec<String> {
    let files = offer.files.iter().chain(&offer.more_files).map(|(name, _)| name);
    let scripts = files.chain(offer.scripts().map(|script| &script.name));
    let scripts = scripts.map(|name| format!("-e {name}"));
    scripts.chain(offer.runnable.iter().map(|module| format!("-m {module}"))).collect()
}

fn entry(
    name: String,
    program: Program,
    check: &Check,
    imports: Imports,
    before: &Before,
    tree: &mut Tree,
) -> Result<Entry, Error> {
    let program = match program {
        Program::Native(path) if before.is_nothing() => {
            return Ok(Entry::new(name, path.to_string(), Start::Native(path)));
        }
        other => other,
    };
    let (mut runs, script) = script(&name, &program, check, imports, before);
    if !before.arguments.is_empty() {
        runs = format!("{runs} {}", shell_words::join(&before.arguments));
    }
    boot::insert_shared(tree, imports, before);
    let place = EntryPath::new(&format!("{BOOT}/{name}.py"));
    let place = place.map_err(|_| Error::Malformed(name.clone()))?;
    tree.insert_file(place.clone(), Mode::Plain, script.into_bytes());
    Ok(Entry::new(name, runs, Start::Python(place)))
}

/// A description of what `program` runs, and the boot script of this name for it.
fn script(
    name: &str,
    program: &Program,
    check: &Check,
    imports: Imports,
    before: &Before,
) -> (String, String) {
    match program {
        Program::Native(path) => (path.to_string(), boot::native(path, before)),
        Program::Call { module, attr } => {
            (format!("{module}:{attr}"), boot::call(name, module, attr, imports, before))
        }
        Program::Module(module) => {
            (format!("-m {module}"), boot::module(name, module, imports, before))
        }
        Program::File(path) => {
            let leading = match check {
                Check::Script { imports, .. } => Some(imports.as_str()),
                _ => None,
            };
            (path.to_string(), boot::file(name, path, imports, leading, before))
        }
    }
}

/// The imports that a file of the application's own begins with. Where it cannot be read or parsed,
/// there are none; `None` if it isn't one of the application's.
pub(super) fn leading_imports(
    tree: &Tree,
    path: &EntryPath,
    scanner: &Scanner<'_>,
) -> Option<String> {
    let Some(Node::File { content, .. }) = tree.get(path) else { return None };
    let source = content.read().unwrap_or_default();
    let scan = scanner.scan(&source).ok();
    Some(scan.and_then(Scan::statements).map(|found| found.leading_code()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use snakecrate_base::error::Remedy as _;

    fn call(name: &str) -> Script {
        let target = Target::Call { module: format!("{name}.cli"), attr: "main".into() };
        Script { name: name.into(), target, graphical: false, extras: Vec::new() }
    }

    fn chosen(offer: &Offer<'_>, wanted: &[&str], module: Option<&str>) -> Vec<String> {
        let wanted: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
        let mut tree = Tree::default();
        let entries = choose(offer, &wanted, module, None, Imports::Plain, &mut tree).unwrap();
        entries.0.into_iter().map(|entry| format!("{} {}", entry.name, entry.runs)).collect()
    }

    #[test]
    fn by_default_the_applications_own_scripts_are_offered() {
        let (a, b, other) = (call("a"), call("b"), call("other"));
        let offer = Offer { own: vec![&b, &a], others: vec![&other], ..Offer::default() };
        assert_eq!(chosen(&offer, &[], None), ["a a.cli:main", "b b.cli:main"]);
        assert_eq!(chosen(&offer, &["other"], None), ["other other.cli:main"]);
        assert_eq!(chosen(&offer, &["x=other -v 'a b'"], None), ["x other.cli:main -v 'a b'"]);
        assert_eq!(
            chosen(&offer, &["x=a.b:c.d"], Some("p.__main__")),
            ["p -m p.__main__", "x a.b:c.d"]
        );
    }

    #[test]
    fn unknown_entries_are_answered_with_the_existing_ones() {
        let own = call("a");
        let offer = Offer { own: vec![&own], runnable: vec!["p".into()], ..Offer::default() };
        let error = choose(&offer, &["b".into()], None, None, Imports::Plain, &mut Tree::default())
            .unwrap_err();
        assert_eq!(error.remedy().unwrap(), "choose one with -e a, -m p");
        let none = Offer { source: "x".into(), ..Offer::default() };
        let error =
            choose(&none, &[], None, None, Imports::Plain, &mut Tree::default()).unwrap_err();
        assert_eq!(error.to_string(), "x has no entry point");
        let others = call("other");
        let library = Offer { source: "x".into(), others: vec![&others], ..Offer::default() };
        let error =
            choose(&library, &[], None, None, Imports::Plain, &mut Tree::default()).unwrap_err();
        let remedy = "name a function with -e NAME=MODULE:FUNCTION, or choose what it brings along with -e other";
        assert_eq!(error.remedy().unwrap(), remedy);
    }

    #[test]
    fn names_that_would_become_code_are_refused() {
        let offer = Offer::default();
        for bad in ["x=os;import:y", "x=a:b()", "x=a", "../x=a:b", "a/b=c:d"] {
            let wanted = [bad.to_owned()];
            assert!(
                choose(&offer, &wanted, None, None, Imports::Plain, &mut Tree::default()).is_err(),
                "{bad}"
            );
        }
        assert!(
            choose(&offer, &[], Some("a b"), None, Imports::Plain, &mut Tree::default()).is_err()
        );
    }
}
