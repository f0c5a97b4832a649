//! Choosing the entry to start, and making the command for it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use snakecrate_cache::environment::plan::{LaunchPlan, LibcInUse, PlannedEntry, StartedBy};
use snakecrate_cache::layout::INTERPRETER;
use snakecrate_platform::paths::os_string_from_bytes;

/// Variables, meant for macOS, that set the executable's path of `CPython` 3.11 and newer, even of
/// an isolated one. That path selects the virtual environment whose code runs
/// (`Modules/getpath.py`).
const MISLEADING: [&str; 2] = ["PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__"];
/// The beginning of the names of the loader's variables, with glibc and with musl.
const LOADER_VARIABLES: &str = "LD_";
/// The option of an isolated interpreter.
const ISOLATED: &[u8] = b"-I";

/// A program and its arguments.
#[derive(Debug, PartialEq, Eq)]
pub struct Command {
    /// The executable.
    pub program: PathBuf,
    /// The entry's file: the script that an interpreter runs, or an executable.
    pub entry: PathBuf,
    /// The expected size of that file in bytes, if it is known.
    pub size: Option<u64>,
    /// The beginnings of names of variables to hide from the loader and from Python. The boot
    /// script restores them.
    pub hides: Vec<&'static str>,
    /// The arguments, the program's own name first.
    pub argv: Vec<OsString>,
    /// The hook to run before, if it has not run yet.
    pub first_run: Option<Box<Hook>>,
}

/// A first-run hook: a script that runs once, before the entry's first start.
#[derive(Debug, PartialEq, Eq)]
pub struct Hook {
    /// The path of its script in the environment.
    pub script: Vec<u8>,
    /// The command that runs it.
    pub command: Command,
}

/// The archive has several entries, and none was chosen.
#[derive(Debug, PartialEq, Eq)]
pub struct NoEntry {
    /// The names of all entries.
    pub names: Vec<String>,
    /// The first argument, which isn't the name of an entry; `None` if there is none.
    pub unknown: Option<OsString>,
}

/// The command for these arguments, of which the first is the archive's name.
///
/// The first rule that applies chooses the entry: the only entry; the one that the archive's name
/// names (the archive may be a link or a copy); the default; the one that the next argument names,
/// which then takes the place of the archive's name.
///
/// If the archive was looked up on the `PATH`, Python gets the path where it was `found` as the
/// program's name, as a script with a `#!` line would. Programs that start themselves again need
/// that path.
pub fn choose(plan: &LaunchPlan, arguments: &[OsString], found: &Path) -> Result<Command, NoEntry> {
    let entries = &plan.entries;
    let name = |at: usize| entries[at].name.as_slice();
    if let Some((at, skipped)) = pick(entries.len(), &name, &plan.default, arguments) {
        return Ok(command(plan, &entries[at], &arguments[skipped..], found));
    }
    let name = |entry: &PlannedEntry| String::from_utf8_lossy(&entry.name).into_owned();
    let unknown = arguments.get(1).cloned();
    Err(NoEntry { names: entries.iter().map(name).collect(), unknown })
}

/// The entry that these arguments choose, by its number, and how many arguments come before its own. There
/// are `count` entries, each with a `name`.
pub fn pick<'a>(
    count: usize,
    name: &dyn Fn(usize) -> &'a [u8],
    default: &[u8],
    arguments: &[OsString],
) -> Option<(usize, usize)> {
    let find = |wanted: &[u8]| (0..count).find(|&at| name(at) == wanted);
    let find_os = |wanted: &OsStr| find(wanted.as_encoded_bytes());
    if count == 1 {
        return Some((0, 0));
    }
    let by_own_name = arguments.first().and_then(|name| find_os(Path::new(name).file_name()?));
    if let Some(at) = by_own_name.or_else(|| find(default)) {
        return Some((at, 0));
    }
    arguments.get(1).and_then(|first| find_os(first)).map(|at| (at, 1))
}

fn command(
    plan: &LaunchPlan,
    entry: &PlannedEntry,
    arguments: &[OsString],
    found: &Path,
) -> Command {
    let size = entry.size;
    let path = || plan.home.join(os_string_from_bytes(entry.path.clone()));
    let command = match (entry.by, &plan.c_library) {
        (StartedBy::Python, _) => python(plan, entry, &entry.path, size, arguments, found),
        (StartedBy::Loaded, LibcInUse::Own(loader)) => loaded(loader, path(), size, arguments),
        _ => {
            let argv = arguments.to_vec();
            Command { program: path(), entry: path(), size, hides: vec![], argv, first_run: None }
        }
    };
    let hook = entry.first_run.as_ref().map(|(script, size)| {
        let name = arguments.get(..1).unwrap_or_default();
        let command = python(plan, entry, script, *size, name, found);
        Box::new(Hook { script: script.clone(), command })
    });
    Command { first_run: hook, ..command }
}

/// The command for a `script` of an entry, which the interpreter runs.
fn python(
    plan: &LaunchPlan,
    entry: &PlannedEntry,
    script: &[u8],
    size: Option<u64>,
    arguments: &[OsString],
    found: &Path,
) -> Command {
    let text = |bytes: &[u8]| os_string_from_bytes(bytes.to_vec());
    let path = plan.home.join(text(script));
    let program = plan.home.join(INTERPRETER);
    let mut argv = vec![program.clone().into_os_string()];
    argv.extend(options(plan));
    argv.push(path.clone().into_os_string());
    match arguments {
        // A caller may leave out even the program's name.
        [] => argv.push(text(&entry.name)),
        [name, rest @ ..] => {
            let is_looked_up = !has_slash(name) && found.file_name() == Some(name);
            argv.push(if is_looked_up { found.into() } else { name.clone() });
            argv.extend_from_slice(rest);
        }
    }
    Command { program, entry: path, size, hides: hides(plan), argv, first_run: None }
}

/// The options of the interpreter.
pub(crate) fn options(plan: &LaunchPlan) -> impl Iterator<Item = OsString> {
    plan.options.iter().map(|option| os_string_from_bytes(option.clone()))
}

/// The beginnings of names of variables to hide from the interpreter.
pub(crate) fn hides(plan: &LaunchPlan) -> Vec<&'static str> {
    let mut hides = Vec::new();
    if !plan.loader_variables {
        hides.push(LOADER_VARIABLES);
    }
    if plan.options.iter().any(|option| option == ISOLATED) {
        hides.extend(MISLEADING);
    }
    hides
}

/// The command for a native executable that the environment's own loader starts. An option sets the
/// search path to the loader's directory; child processes would inherit a variable. (`ld.so(8)`,
/// glibc 2.33.)
pub(crate) fn loaded(
    loader: &Path,
    path: PathBuf,
    size: Option<u64>,
    arguments: &[OsString],
) -> Command {
    let libraries = loader.parent().unwrap_or(loader);
    let name = arguments.first().map_or_else(|| path.clone().into_os_string(), Clone::clone);
    let mut argv: Vec<OsString> = vec![loader.into(), "--library-path".into(), libraries.into()];
    argv.extend(["--argv0".into(), name, path.clone().into_os_string()]);
    argv.extend(arguments.iter().skip(1).cloned());
    let (program, entry, hides) = (loader.to_owned(), path, vec![]);
    Command { program, entry, size, hides, argv, first_run: None }
}

fn has_slash(name: &OsStr) -> bool {
    name.as_encoded_bytes().contains(&b'/')
}

#[cfg(test)]
mod tests {
    use snakecrate_cache::environment::guards::Rows;
    use snakecrate_format::entry_path::EntryPath;
    use snakecrate_format::manifest::{Entry, Start, sample::sample};

    use super::*;

    fn plan(names: &[&str], default: Option<&str>) -> LaunchPlan {
        let mut manifest = sample();
        let entry = |name: &&str| {
            let start = Start::Python(EntryPath::new(&format!("boot/{name}.py")).unwrap());
            Entry::new(*name, "", start)
        };
        manifest.entries = names.iter().map(entry).collect();
        manifest.launch.default = default.map(Into::into);
        let (home, rows) = (Path::new("/c/env"), Rows::default());
        LaunchPlan::new(&manifest, home, LibcInUse::Only, rows, |_| true, &[])
    }

    fn argv(plan: &LaunchPlan, arguments: &[&str]) -> Result<Vec<String>, NoEntry> {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let command = choose(plan, &arguments, Path::new("/found/a"))?;
        Ok(command.argv.into_iter().map(|a| a.into_string().unwrap()).collect())
    }

    #[test]
    fn the_only_entry_runs_under_any_name() {
        let expected = ["/c/env/bin/python3", "-I", "/c/env/boot/a.py", "./x", "b"];
        assert_eq!(argv(&plan(&["a"], None), &["./x", "b"]).unwrap(), expected);
        assert_eq!(argv(&plan(&["a"], None), &[]).unwrap()[3], "a");
    }

    #[test]
    fn a_name_from_the_path_is_where_it_was_found() {
        let only = plan(&["a"], None);
        assert_eq!(argv(&only, &["a", "x"]).unwrap()[3..], ["/found/a", "x"]);
        assert_eq!(argv(&only, &["./a"]).unwrap()[3..], ["./a"]);
        assert_eq!(argv(&only, &["given"]).unwrap()[3..], ["given"]);
    }

    #[test]
    fn of_several_the_name_then_the_default_then_the_first_argument_decide() {
        let run = |default, arguments: &[&str]| argv(&plan(&["a", "b"], default), arguments);
        assert_eq!(run(None, &["/x/b", "a"]).unwrap()[2..], ["/c/env/boot/b.py", "/x/b", "a"]);
        assert_eq!(run(Some("a"), &["x", "b"]).unwrap()[2..], ["/c/env/boot/a.py", "x", "b"]);
        assert_eq!(run(None, &["x", "b", "1"]).unwrap()[2..], ["/c/env/boot/b.py", "b", "1"]);
        let none = |unknown: Option<&str>| NoEntry {
            names: vec!["a".into(), "b".into()],
            unknown: unknown.map(Into::into),
        };
        assert_eq!(run(None, &["x"]), Err(none(None)));
        assert_eq!(run(None, &["x", "c"]), Err(none(Some("c"))));
    }

    #[test]
    fn a_hook_gets_the_archives_name_and_no_arguments() {
        let mut plan = plan(&["a"], None);
        plan.entries[0].first_run = Some((b"boot/first.py".to_vec(), Some(7)));
        let command = choose(&plan, &["./x".into(), "b".into()], Path::new("")).unwrap();
        let Hook { script, command } = *command.first_run.unwrap();
        assert_eq!((script.as_slice(), command.size), (&b"boot/first.py"[..], Some(7)));
        assert_eq!(command.argv, ["/c/env/bin/python3", "-I", "/c/env/boot/first.py", "./x"]);
    }

    #[test]
    fn a_native_entry_gets_the_users_own_arguments() {
        let mut plan = plan(&["ruff"], None);
        plan.entries[0].by = StartedBy::Native;
        plan.entries[0].path = b"bin/ruff".to_vec();
        let arguments = ["ruff".into(), "check".into()];
        let command = choose(&plan, &arguments, Path::new("/found/ruff")).unwrap();
        assert_eq!(command.program, Path::new("/c/env/bin/ruff"));
        assert_eq!(command.argv, ["ruff", "check"]);
    }

    #[test]
    fn its_own_loader_starts_a_native_entry() {
        let mut plan = plan(&["ruff"], None);
        plan.c_library = LibcInUse::Own("/c/lib/ld.so".into());
        plan.entries[0].by = StartedBy::Loaded;
        plan.entries[0].path = b"bin/ruff".to_vec();
        let command = choose(&plan, &["./ruff".into(), "x".into()], Path::new("")).unwrap();
        assert_eq!(command.program, Path::new("/c/lib/ld.so"));
        assert_eq!(
            command.argv[1..],
            ["--library-path", "/c/lib", "--argv0", "./ruff", "/c/env/bin/ruff", "x"]
        );
    }
}
