//! The launch plan: what a warm start reads instead of the manifest, and how an entry is chosen.
//!
//! Fields end in NUL bytes, since paths may hold any other:
//!
//! ```text
//! "snakecrate launch 2"  boot id  the environment's path  default entry or nothing
//! "only", "host" with what tells it from another, or the path of the environment's own loader
//! "hidden" or "seen", what the interpreter's loader makes of LD_* variables
//! number of options      options…
//! the runtime's path     seen from the environment
//! number of rows         then for each row of guards: its length, and as many bytes
//! then for each entry:   name  "python", "native" or "loaded"  path in the environment
//!                        its size or nothing
//! ```

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::env::INTERPRETER;
use crate::guard::{self, Row, Rows};
use crate::sys;
use snakecrate_format::entry_path::EntryPath;
use snakecrate_format::manifest::{Manifest, Start};

const HEADER: &[u8] = b"snakecrate launch 2";
const HIDDEN: &[u8] = b"hidden";
const SEEN: &[u8] = b"seen";

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
    loader_variables: bool,
    options: Vec<Vec<u8>>,
    /// The runtime's path, seen from the environment.
    pub runtime: PathBuf,
    /// See [`guard`].
    guards: Rows,
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
    /// Empty where it is not known from the listing: of links, and of scripts with a line of their
    /// own.
    size: Vec<u8>,
}

/// A program and its arguments.
#[derive(Debug, PartialEq, Eq)]
pub struct Command {
    /// The executable.
    pub program: PathBuf,
    /// The file that the entry is: the script that an interpreter is to run, or an executable.
    pub entry: PathBuf,
    /// How long that is.
    pub size: Option<u64>,
    /// What the names of variables begin with that are hidden from its loader and from Python, and
    /// that it gives their names back.
    pub hides: Vec<&'static str>,
    /// The arguments, the program's own name first.
    pub argv: Vec<OsString>,
}

/// From 3.11 on, `CPython` takes its executable's path from either of these, isolated or not, and
/// with the path the virtual environment whose code it runs (`Modules/getpath.py`). They are meant
/// for macOS.
const MISLEADING: [&str; 2] = ["PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__"];
/// What the names of the loader's variables begin with, of glibc's as of musl's.
const LOADER_VARIABLES: &str = "LD_";
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
    /// the kernel needs a loader for it, `size` how long a file is.
    pub fn new(
        manifest: &Manifest,
        home: &Path,
        c_library: Libc,
        guards: Rows,
        is_loaded: impl Fn(&EntryPath) -> bool,
        size: impl Fn(&EntryPath) -> Option<u64>,
    ) -> Self {
        let own = matches!(c_library, Libc::Own(_));
        let entry = |entry: &snakecrate_format::manifest::Entry| {
            let (how, path) = match &entry.start {
                Start::Python(path) => (How::Python, path),
                Start::Native(path) if own && is_loaded(path) => (How::Loaded, path),
                Start::Native(path) => (How::Native, path),
            };
            Planned {
                name: entry.name.clone().into_bytes(),
                how,
                path: path.as_str().as_bytes().to_vec(),
                size: size(path).map_or_else(Vec::new, |size| size.to_string().into_bytes()),
            }
        };
        Self {
            boot_id: sys::boot_id().unwrap_or_default().into_bytes(),
            home: home.to_owned(),
            c_library,
            default: manifest.launch.default.clone().unwrap_or_default().into_bytes(),
            loader_variables: manifest.launch.loader_variables,
            options: manifest.launch.options.iter().map(|o| o.clone().into_bytes()).collect(),
            runtime: guard::path_from_env(manifest.runtime()).into(),
            guards,
            entries: manifest.entries.iter().map(entry).collect(),
        }
    }

    /// The files that a start looks at, for one number of many: see [`guard`].
    pub fn guards(&self, random: usize) -> (Row<'_>, Row<'_>) {
        guard::chosen(&self.guards, random)
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
        let mut bytes = Vec::new();
        let mut put = |field: &[u8]| {
            bytes.extend_from_slice(field);
            bytes.push(0);
        };
        for field in [HEADER, &self.boot_id, home, &self.default, c_library] {
            put(field);
        }
        put(if self.loader_variables { SEEN } else { HIDDEN });
        put(count.as_bytes());
        self.options.iter().for_each(|option| put(option));
        put(self.runtime.as_os_str().as_encoded_bytes());
        put(self.guards.iter().len().to_string().as_bytes());
        for row in self.guards.iter() {
            // The length of a row is that of a field: its last NUL byte ends it.
            put(row.len().to_string().as_bytes());
            put(row);
        }
        for entry in &self.entries {
            put(&entry.name);
            How::ALL.iter().filter(|(_, how)| *how == entry.how).for_each(|(word, _)| put(word));
            put(&entry.path);
            put(&entry.size);
        }
        bytes
    }

    /// Reads a plan; `None` if it is not one.
    pub fn parse(bytes: Vec<u8>) -> Option<Self> {
        let mut fields = Fields(&bytes);
        if fields.next()? != HEADER {
            return None;
        }
        let boot_id = fields.next()?.to_vec();
        let home = sys::path_from_bytes(fields.next()?.to_vec());
        let default = fields.next()?.to_vec();
        let c_library = match fields.next()? {
            b"only" => Libc::Only,
            id if id.starts_with(b"host ") => Libc::Hosts(String::from_utf8(id.to_vec()).ok()?),
            loader if loader.starts_with(b"/") => Libc::Own(sys::path_from_bytes(loader.to_vec())),
            _ => return None,
        };
        let loader_variables = match fields.next()? {
            HIDDEN => false,
            SEEN => true,
            _ => return None,
        };
        let mut options = Vec::new();
        for _ in 0..fields.number()? {
            options.push(fields.next()?.to_vec());
        }
        let runtime = sys::path_from_bytes(fields.next()?.to_vec());
        let mut guards = Vec::new();
        for _ in 0..fields.number()? {
            let length = fields.number()?;
            let start = bytes.len() - fields.0.len();
            fields.take(length)?;
            guards.push(start..start + length);
        }
        let mut entries = Vec::new();
        while !fields.0.is_empty() {
            let name = fields.next()?.to_vec();
            let word = fields.next()?;
            let (_, how) = How::ALL.iter().find(|(text, _)| *text == word)?;
            let (path, size) = (fields.next()?.to_vec(), fields.next()?.to_vec());
            entries.push(Planned { name, how: *how, path, size });
        }
        if entries.is_empty() {
            return None;
        }
        let guards = Rows::new(bytes, guards)?;
        Some(Self {
            boot_id,
            home,
            c_library,
            default,
            loader_variables,
            options,
            runtime,
            guards,
            entries,
        })
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
        let size = number(&entry.size);
        match (entry.how, &self.c_library) {
            (How::Python, _) => {}
            (How::Loaded, Libc::Own(loader)) => return loaded(loader, path, size, arguments),
            _ => {
                let argv = arguments.to_vec();
                return Command { program: path.clone(), entry: path, size, hides: vec![], argv };
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
        let mut hides = Vec::new();
        if !self.loader_variables {
            hides.push(LOADER_VARIABLES);
        }
        if self.options.iter().any(|option| option == ISOLATED) {
            hides.extend(MISLEADING);
        }
        Command { program, entry: path, size, hides, argv }
    }
}

/// A native executable that the environment's own loader starts: its search path is the loader's
/// directory, without a variable that its children would inherit. (`ld.so(8)`, glibc 2.33.)
fn loaded(loader: &Path, path: PathBuf, size: Option<u64>, arguments: &[OsString]) -> Command {
    let libraries = loader.parent().unwrap_or(loader);
    let name = arguments.first().map_or_else(|| path.clone().into_os_string(), Clone::clone);
    let mut argv: Vec<OsString> = vec![loader.into(), "--library-path".into(), libraries.into()];
    argv.extend(["--argv0".into(), name, path.clone().into_os_string()]);
    argv.extend(arguments.iter().skip(1).cloned());
    Command { program: loader.to_owned(), entry: path, size, hides: vec![], argv }
}

/// The fields of a plan that are still to be read.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        self.take(self.0.iter().position(|&byte| byte == 0)?)
    }

    /// A field of a known length, which may have NUL bytes in it.
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (field, rest) = self.0.split_at_checked(length)?;
        self.0 = rest.strip_prefix(b"\0")?;
        Some(field)
    }

    fn number(&mut self) -> Option<usize> {
        number(self.next()?)?.try_into().ok()
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Whether it is more than a name.
fn has_slash(name: &OsStr) -> bool {
    name.as_encoded_bytes().contains(&b'/')
}

#[cfg(test)]
mod tests;
