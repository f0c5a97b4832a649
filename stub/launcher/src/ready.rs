//! A ready environment: a complete prefix that `snakecrate extract --env` or an image wrote. The
//! launcher in it has no archive.
//!
//! Its entries are links to the launcher, which finds its launch plan from its own place:
//!
//! ```text
//! <home>/.snakecrate/launch          snakecrate_cache::environment::ready
//! <home>/bin/.snakecrate             the launcher
//! <home>/bin/<entry>             →   .snakecrate
//! ```
//!
//! With its own C library, `bin/python3` is such a link, too: the kernel would look for the loader of
//! programs at an absolute path, and the environment may be moved. Nothing is written or checked.

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use snakecrate_cache::environment::plan::{LaunchPlan, LibcInUse};
use snakecrate_cache::environment::ready::ReadyPlan;
use snakecrate_cache::layout::{INTERPRETER, LAUNCH, MANIFEST};
use snakecrate_format::manifest::{Feature, Manifest};
use snakecrate_platform::{paths, process};

use crate::entry_choice::{Command, choose, loaded};
use crate::error::Error;
use crate::request::VARIABLE;
use crate::start::warm::ARCHIVE_VARIABLE;

/// The names in `bin` that start the interpreter.
const INTERPRETERS: [&str; 2] = ["python3", "python"];

/// Replaces the process by what `arguments` choose in the ready environment of this launcher, whose
/// path is `own`. Returns `None` if it is in none.
pub fn start(own: &Path, arguments: &[OsString]) -> Result<Option<Infallible>, Error> {
    let Some((home, bytes)) = find(own) else { return Ok(None) };
    let damaged = |source| Error::Ready { path: home.clone(), source };
    let plan = ReadyPlan::parse(&bytes);
    let plan = plan.ok_or_else(|| damaged(io::ErrorKind::InvalidData.into()))?;
    if let Some(word) = std::env::var_os(VARIABLE).filter(|word| !word.is_empty()) {
        return Err(Error::ReadyCommand(word));
    }
    let found = process::started_as().unwrap_or_default();
    let (command, name) = command(&plan, &home, arguments, &found)?;
    let archive = name.map(|name| home.join("bin").join(name));
    let variable = archive.as_ref().map(|path| (ARCHIVE_VARIABLE, path.as_os_str()));
    let Command { program, argv, hides, .. } = command;
    let source = process::execute(&program, &argv, variable, &[VARIABLE], &hides);
    Err(if source.kind() == io::ErrorKind::NotFound && !program.exists() {
        damaged(source)
    } else {
        Error::Execute { path: program, source }
    })
}

/// The environment that the launcher at `own` is in, and its launch plan.
fn find(own: &Path) -> Option<(PathBuf, Vec<u8>)> {
    // Where the system does not tell a process its own path, `own` may be a link beside the launcher.
    let home = own.parent()?.parent()?;
    Some((home.to_owned(), fs::read(home.join(LAUNCH)).ok()?))
}

/// The manifest of the ready environment that the launcher at `own` is in.
pub fn manifest(own: &Path) -> Option<Manifest> {
    let (home, _) = find(own)?;
    Manifest::parse(&fs::read(home.join(MANIFEST)).ok()?, u64::MAX, Feature::LAUNCHER).ok()
}

/// The command for these arguments, and the name of the entry if it starts one. The launcher was
/// `found` at that path.
fn command(
    plan: &ReadyPlan,
    home: &Path,
    arguments: &[OsString],
    found: &Path,
) -> Result<(Command, Option<OsString>), Error> {
    let called = arguments.first().and_then(|name| Path::new(name).file_name());
    let is_interpreter = |name: &OsStr| INTERPRETERS.iter().any(|interpreter| name == *interpreter);
    let program = |name: &OsStr| plan.programs.iter().find(|program| *program.name == *name);
    let launch = plan.at(home);
    if let LibcInUse::Own(loader) = &launch.c_library {
        // A caller may choose any `argv[0]`; the path is what it executes. Of a script with a `#!`
        // line, the path is the script's, and the name the interpreter's.
        let names = [called.filter(|name| is_interpreter(name)), found.file_name(), called];
        for name in names.into_iter().flatten() {
            if is_interpreter(name) {
                return Ok((interpreter(plan, &launch, loader, arguments.get(1..)), None));
            }
            if let Some(program) = program(name) {
                let path = home.join(program.path.as_path());
                return Ok((loaded(loader, path, None, arguments), None));
            }
        }
    }
    let command = choose(&launch, arguments, found).map_err(Error::NoEntry)?;
    let is_chosen = |path: &[u8]| command.entry == home.join(paths::path_from_bytes(path.to_vec()));
    let name = launch.entries.iter().find(|entry| is_chosen(&entry.path));
    let name = name.map(|entry| paths::os_string_from_bytes(entry.name.clone()));
    let is_python = command.program == home.join(INTERPRETER);
    let command = match &launch.c_library {
        LibcInUse::Own(loader) if is_python => Command {
            hides: command.hides.clone(),
            ..interpreter(plan, &launch, loader, command.argv.get(1..))
        },
        _ => command,
    };
    Ok((command, name))
}

/// The command for the interpreter with these arguments, started by the environment's own loader. It
/// finds itself at `bin/python3`, so its child processes start the same way.
fn interpreter(
    plan: &ReadyPlan,
    launch: &LaunchPlan,
    loader: &Path,
    arguments: Option<&[OsString]>,
) -> Command {
    let home = &launch.home;
    let mut libraries = OsString::new();
    for directory in plan.libraries(home) {
        if !libraries.is_empty() {
            libraries.push(":");
        }
        libraries.push(directory);
    }
    let entry = home.join(plan.interpreter.as_path());
    let argv: [OsString; 6] = [
        loader.into(),
        "--library-path".into(),
        libraries,
        "--argv0".into(),
        home.join(INTERPRETER).into(),
        entry.clone().into(),
    ];
    let argv = argv.into_iter().chain(arguments.unwrap_or_default().iter().cloned()).collect();
    let program = loader.to_owned();
    Command { program, entry, size: None, hides: vec![], argv, first_run: None }
}

#[cfg(test)]
mod tests {
    use snakecrate_cache::environment::plan::StartedBy;
    use snakecrate_cache::environment::ready::{Program, ReadyEntry};
    use snakecrate_format::entry_path::EntryPath;

    use super::*;

    fn path(text: &str) -> EntryPath {
        EntryPath::new(text).unwrap()
    }

    fn plan(loader: Option<&str>) -> ReadyPlan {
        let entry = |name: &str, by, at: &str| ReadyEntry { name: name.into(), by, path: path(at) };
        let program = || Program { name: "ruff".into(), path: path("libexec/ruff") };
        ReadyPlan {
            default: "http".into(),
            loader_variables: false,
            interpreter: path("bin/python3.12"),
            loader: loader.map(path),
            options: vec!["-I".into()],
            programs: loader.iter().map(|_| program()).collect(),
            entries: vec![
                entry("http", StartedBy::Python, "boot/http.py"),
                entry("lint", StartedBy::Python, "boot/lint.py"),
            ],
        }
    }

    fn chosen(plan: &ReadyPlan, found: &str, arguments: &[&str]) -> (Vec<String>, Option<String>) {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let (command, name) = command(plan, Path::new("/e"), &arguments, Path::new(found)).unwrap();
        let argv = command.argv.into_iter().map(|text| text.into_string().unwrap()).collect();
        (argv, name.map(|name| name.into_string().unwrap()))
    }

    #[test]
    fn an_entry_is_chosen_by_the_name_of_its_link() {
        let (argv, name) = chosen(&plan(None), "/e/bin/lint", &["lint", "x"]);
        assert_eq!(argv, ["/e/bin/python3", "-I", "/e/boot/lint.py", "/e/bin/lint", "x"]);
        assert_eq!(name.as_deref(), Some("lint"));
        let (argv, name) = chosen(&plan(None), "/usr/bin/python3", &["python3"]);
        assert_eq!(argv[2], "/e/boot/http.py", "python3 is a link to the interpreter itself");
        assert_eq!(name.as_deref(), Some("http"));
    }

    const LOADER: [&str; 6] = [
        "/e/libc/lib/ld.so",
        "--library-path",
        "/e/lib:/e/libc/lib",
        "--argv0",
        "/e/bin/python3",
        "/e/bin/python3.12",
    ];

    #[test]
    fn its_own_loader_starts_the_interpreter_of_an_entry() {
        let (argv, name) = chosen(&plan(Some("libc/lib/ld.so")), "/e/bin/http", &["http", "x"]);
        assert_eq!(argv[..6], LOADER);
        assert_eq!(argv[6..], ["-I", "/e/boot/http.py", "/e/bin/http", "x"]);
        assert_eq!(name.as_deref(), Some("http"));
    }

    #[test]
    fn the_interpreter_is_known_by_its_name_or_its_path() {
        let plan = plan(Some("libc/lib/ld.so"));
        for (found, name) in [
            ("/e/bin/python3", "/e/bin/python3"),
            ("/e/bin/python3", "worker"),
            ("/e/bin/python3", "http"),
            ("/home/a/ruff", "/e/bin/python3"),
            ("/e/bin/python", "python"),
        ] {
            let (argv, entry) = chosen(&plan, found, &[name, "-c", "1"]);
            assert_eq!(argv[..6], LOADER, "{found} {name}");
            assert_eq!(argv[6..], ["-c", "1"]);
            assert_eq!(entry, None);
        }
    }

    #[test]
    fn a_program_wins_over_an_entry_that_executes_it() {
        let plan = plan(Some("libc/lib/ld.so"));
        for name in ["ruff", "lint"] {
            let (argv, entry) = chosen(&plan, "/e/bin/ruff", &[name, "check"]);
            let wanted = ["--argv0", name, "/e/libexec/ruff", "check"];
            assert_eq!((&argv[3..], entry), (&wanted.map(str::to_owned)[..], None));
        }
        assert_eq!(chosen(&plan, "/e/bin/lint", &["lint"]).1.as_deref(), Some("lint"));
    }
}
