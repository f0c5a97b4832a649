//! The launch plan: what a warm start reads instead of the manifest, and how an entry is chosen.
//!
//! Fields end in NUL bytes, since paths may hold any other:
//!
//! ```text
//! "snakecrate launch 1"  boot id  the environment's path  default entry or nothing
//! "only", "host" with what tells it from another, or the path of the environment's own loader
//! number of options      options…
//! then for each entry:   name  "python", "native" or "loaded"  path in the environment
//! ```

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::entry_path::EntryPath;
use crate::env::INTERPRETER;
use crate::manifest::{Manifest, Start};
use crate::sys;

const HEADER: &[u8] = b"snakecrate launch 1";

/// What a warm start knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// When the environment was made, or checked last.
    pub boot_id: Vec<u8>,
    /// Where the environment was meant to be: it holds its own path in many places.
    pub home: PathBuf,
    /// The C library it runs on.
    pub c_library: Libc,
    default: Vec<u8>,
    options: Vec<Vec<u8>>,
    entries: Vec<Planned>,
}

/// The C library that an environment runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Libc {
    /// The host's; the archive brings none.
    Only,
    /// The host's, as long as it is the one that was looked at: see
    /// [`crate::c_library::host_id`].
    Hosts(String),
    /// The archive's own, which has its loader there.
    Own(PathBuf),
}

/// How an entry is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// By the interpreter.
    Python,
    /// By the kernel.
    Native,
    /// By the environment's own loader.
    Loaded,
}

impl How {
    const ALL: [(&'static [u8], Self); 3] =
        [(b"python", Self::Python), (b"native", Self::Native), (b"loaded", Self::Loaded)];
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Planned {
    name: Vec<u8>,
    how: How,
    path: Vec<u8>,
}

/// A program and its arguments.
#[derive(Debug, PartialEq, Eq)]
pub struct Command {
    /// The executable.
    pub program: PathBuf,
    /// The script that an interpreter is to run.
    pub script: Option<PathBuf>,
    /// The arguments, the program's own name first.
    pub argv: Vec<OsString>,
    /// Variables that it must not see.
    pub dropped: &'static [&'static str],
}

/// From 3.11 on, `CPython` takes its executable's path from either of these, isolated or not, and
/// with the path the virtual environment whose code it runs (`Modules/getpath.py`). They are meant
/// for macOS.
const MISLEADING: [&str; 2] = ["PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__"];
/// The option of an isolated interpreter.
const ISOLATED: &[u8] = b"-I";

/// No entry was named, and there are several.
#[derive(Debug, PartialEq, Eq)]
pub struct NoEntry {
    /// The names of all entries.
    pub names: Vec<String>,
    /// The argument that names none of them.
    pub unknown: Option<OsString>,
}

impl Plan {
    /// The plan for an environment at `home`. `is_loaded` tells of an executable in it whether
    /// the kernel needs a loader for it.
    pub fn new(
        manifest: &Manifest,
        home: &Path,
        c_library: Libc,
        is_loaded: impl Fn(&EntryPath) -> bool,
    ) -> Self {
        let own = matches!(c_library, Libc::Own(_));
        let entry = |entry: &crate::manifest::Entry| {
            let (how, path) = match &entry.start {
                Start::Python(path) => (How::Python, path),
                Start::Native(path) if own && is_loaded(path) => (How::Loaded, path),
                Start::Native(path) => (How::Native, path),
            };
            Planned {
                name: entry.name.clone().into_bytes(),
                how,
                path: path.as_str().as_bytes().to_vec(),
            }
        };
        Self {
            boot_id: sys::boot_id().unwrap_or_default().into_bytes(),
            home: home.to_owned(),
            c_library,
            default: manifest.launch.default.clone().unwrap_or_default().into_bytes(),
            options: manifest.launch.options.iter().map(|o| o.clone().into_bytes()).collect(),
            entries: manifest.entries.iter().map(entry).collect(),
        }
    }

    /// The plan as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let count = self.options.len().to_string();
        let home = self.home.as_os_str().as_encoded_bytes();
        let c_library = match &self.c_library {
            Libc::Only => &b"only"[..],
            Libc::Hosts(id) => id.as_bytes(),
            Libc::Own(loader) => loader.as_os_str().as_encoded_bytes(),
        };
        let mut fields = vec![HEADER, &self.boot_id, home, &self.default, c_library];
        fields.push(count.as_bytes());
        fields.extend(self.options.iter().map(Vec::as_slice));
        for entry in &self.entries {
            fields.push(&entry.name);
            fields
                .extend(How::ALL.iter().find(|(_, how)| *how == entry.how).map(|(word, _)| *word));
            fields.push(&entry.path);
        }
        fields.into_iter().flat_map(|field| field.iter().chain(b"\0")).copied().collect()
    }

    /// Reads a plan; `None` if it is not one.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut fields = bytes.strip_suffix(b"\0")?.split(|&b| b == 0).map(<[u8]>::to_vec);
        if fields.next()? != HEADER {
            return None;
        }
        let boot_id = fields.next()?;
        let home = sys::path_from_bytes(fields.next()?);
        let default = fields.next()?;
        let c_library = match fields.next()? {
            word if word == b"only" => Libc::Only,
            id if id.starts_with(b"host ") => Libc::Hosts(String::from_utf8(id).ok()?),
            loader if loader.starts_with(b"/") => Libc::Own(sys::path_from_bytes(loader)),
            _ => return None,
        };
        let count: usize = std::str::from_utf8(&fields.next()?).ok()?.parse().ok()?;
        let options: Vec<_> = fields.by_ref().take(count).collect();
        let mut entries = Vec::new();
        while let Some(name) = fields.next() {
            let word = fields.next()?;
            let (_, how) = How::ALL.iter().find(|(text, _)| *text == word)?;
            entries.push(Planned { name, how: *how, path: fields.next()? });
        }
        let whole = options.len() == count && !entries.is_empty();
        whole.then_some(Self { boot_id, home, c_library, default, options, entries })
    }

    /// What to execute for these arguments.
    ///
    /// The only entry; or the one that the archive's own name says (a link, a copy); or the
    /// default; or the one that the first argument says, which then counts as the name.
    ///
    /// A name that was looked up on the `PATH` is for Python the path where it was `found`, as it
    /// is for a script that the kernel starts by its `#!` line: programs that start themselves
    /// again go by it.
    pub fn command(&self, arguments: &[OsString], found: &Path) -> Result<Command, NoEntry> {
        let find =
            |name: &OsStr| self.entries.iter().find(|entry| entry.name == name.as_encoded_bytes());
        let named = || arguments.first().and_then(|name| find(Path::new(name).file_name()?));
        let default = || self.entries.iter().find(|entry| entry.name == self.default);
        if let [only] = self.entries.as_slice() {
            return Ok(self.start(only, arguments, found));
        }
        if let Some(entry) = named().or_else(default) {
            return Ok(self.start(entry, arguments, found));
        }
        let unknown = match arguments.get(1) {
            Some(first) => match find(first) {
                Some(entry) => return Ok(self.start(entry, &arguments[1..], found)),
                None => Some(first.clone()),
            },
            None => None,
        };
        let name = |entry: &Planned| String::from_utf8_lossy(&entry.name).into_owned();
        Err(NoEntry { names: self.entries.iter().map(name).collect(), unknown })
    }

    fn start(&self, entry: &Planned, arguments: &[OsString], found: &Path) -> Command {
        let text = |bytes: &[u8]| sys::path_from_bytes(bytes.to_vec()).into_os_string();
        let path = self.home.join(text(&entry.path));
        match (entry.how, &self.c_library) {
            (How::Python, _) => {}
            (How::Loaded, Libc::Own(loader)) => return loaded(loader, path, arguments),
            _ => {
                let argv = arguments.to_vec();
                return Command { program: path, script: None, argv, dropped: &[] };
            }
        }
        let program = self.home.join(INTERPRETER);
        let mut argv = vec![program.clone().into_os_string()];
        argv.extend(self.options.iter().map(|option| text(option)));
        argv.push(path.clone().into_os_string());
        match arguments {
            // A caller may leave even the name out.
            [] => argv.push(text(&entry.name)),
            [name, rest @ ..] => {
                let looked_up = found.file_name() == Some(name);
                argv.push(if looked_up && !has_slash(name) { found.into() } else { name.clone() });
                argv.extend_from_slice(rest);
            }
        }
        let isolated = self.options.iter().any(|option| option == ISOLATED);
        let dropped: &[_] = if isolated { &MISLEADING } else { &[] };
        Command { program, script: Some(path), argv, dropped }
    }
}

/// A native executable that the environment's own loader starts: its search path is the loader's
/// directory, without a variable that its children would inherit. (`ld.so(8)`, glibc 2.33.)
fn loaded(loader: &Path, path: PathBuf, arguments: &[OsString]) -> Command {
    let libraries = loader.parent().unwrap_or(loader);
    let name = arguments.first().map_or_else(|| path.clone().into_os_string(), Clone::clone);
    let mut argv: Vec<OsString> = vec![loader.into(), "--library-path".into(), libraries.into()];
    argv.extend(["--argv0".into(), name, path.into_os_string()]);
    argv.extend(arguments.iter().skip(1).cloned());
    Command { program: loader.to_owned(), script: None, argv, dropped: &[] }
}

/// Whether it is more than a name.
fn has_slash(name: &OsStr) -> bool {
    name.as_encoded_bytes().contains(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry_path::EntryPath;
    use crate::manifest::{Entry, tests::sample};

    fn plan(names: &[&str], default: Option<&str>) -> Plan {
        let mut manifest = sample();
        let entry = |name: &&str| Entry {
            name: (*name).into(),
            runs: String::new(),
            start: Start::Python(EntryPath::new(&format!("boot/{name}.py")).unwrap()),
        };
        manifest.entries = names.iter().map(entry).collect();
        manifest.launch.default = default.map(Into::into);
        Plan::new(&manifest, Path::new("/c/env"), Libc::Only, |_| true)
    }

    fn argv(plan: &Plan, arguments: &[&str]) -> Result<Vec<String>, NoEntry> {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let command = plan.command(&arguments, Path::new("/found/a"))?;
        Ok(command.argv.into_iter().map(|a| a.into_string().unwrap()).collect())
    }

    #[test]
    fn a_plan_survives_the_round_trip() {
        let plan = plan(&["a", "b"], Some("b"));
        assert_eq!(Plan::parse(&plan.encode()), Some(plan));
    }

    #[test]
    fn cut_and_foreign_plans_are_none() {
        let bytes = plan(&["a", "b"], None).encode();
        for length in 0..bytes.len() {
            let cut = Plan::parse(&bytes[..length]);
            // A cut behind a whole entry leaves a whole plan: plans are renamed into place.
            assert!(cut.is_none_or(|cut| cut.entries.len() == 1), "{length}");
        }
        assert_eq!(Plan::parse(b"something else\0"), None);
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
    fn a_native_entry_gets_the_users_own_arguments() {
        let mut plan = plan(&["ruff"], None);
        plan.entries[0].how = How::Native;
        plan.entries[0].path = b"bin/ruff".to_vec();
        let command =
            plan.command(&["ruff".into(), "check".into()], Path::new("/found/ruff")).unwrap();
        assert_eq!(command.program, Path::new("/c/env/bin/ruff"));
        assert_eq!(command.argv, ["ruff", "check"]);
    }

    #[test]
    fn on_a_c_library_of_its_own_the_loader_starts_a_native_entry() {
        let mut manifest = sample();
        let ruff = EntryPath::new("bin/ruff").unwrap();
        let start = Start::Native(ruff);
        manifest.entries = vec![Entry { name: "ruff".into(), runs: String::new(), start }];
        let loaded = |is_loaded| {
            let own = Libc::Own("/c/lib/ld.so".into());
            let plan = Plan::new(&manifest, Path::new("/c/env"), own, |_| is_loaded);
            assert_eq!(Plan::parse(&plan.encode()), Some(plan.clone()));
            plan.command(&["./ruff".into(), "x".into()], Path::new("")).unwrap()
        };
        let command = loaded(true);
        assert_eq!(command.program, Path::new("/c/lib/ld.so"));
        assert_eq!(
            command.argv[1..],
            ["--library-path", "/c/lib", "--argv0", "./ruff", "/c/env/bin/ruff", "x"]
        );
        assert_eq!(loaded(false).program, Path::new("/c/env/bin/ruff"), "a static one");
    }
}
