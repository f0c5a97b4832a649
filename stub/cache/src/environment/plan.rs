//! The launch plan: what a warm start reads instead of the manifest.
//!
//! Each field ends with a NUL byte, the only byte that a path cannot contain:
//!
//! ```text
//! "snakecrate launch 3"  boot id  the environment's path  default entry or nothing
//! "only", "host" with its identity, or the path of the environment's own loader
//! "hidden" or "seen": whether the interpreter's loader sees LD_* variables
//! number of options      options…
//! the runtime's path     relative to the environment
//! number of rows         then for each row of guards: its length, and as many bytes
//! then for each entry:   name  "python", "native" or "loaded"  path in the environment
//!                        its size or nothing      its first-run hook or nothing      that one's size
//! ```

use std::path::{Path, PathBuf};

use snakecrate_format::entry_path::EntryPath;
use snakecrate_format::listing::Item;
use snakecrate_format::manifest::{Entry, Manifest, Start};
use snakecrate_platform::{host, paths};

use super::guards::{self, Row, Rows};
use super::runtime;

const HEADER: &[u8] = b"snakecrate launch 3";
pub(super) const HIDDEN: &[u8] = b"hidden";
pub(super) const SEEN: &[u8] = b"seen";

/// The launch plan of an environment: all that a warm start needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchPlan {
    /// The boot id of when the environment was made; empty if the system has none.
    pub boot_id: Vec<u8>,
    /// The environment's absolute path. Many of its files contain it, so it cannot be moved.
    pub home: PathBuf,
    /// The C library that it runs on.
    pub c_library: LibcInUse,
    /// The name of the default entry; empty if there is none.
    pub default: Vec<u8>,
    /// Whether the interpreter's loader sees `LD_*` variables.
    pub loader_variables: bool,
    /// Options of the interpreter.
    pub options: Vec<Vec<u8>>,
    /// The runtime's path relative to the environment.
    pub runtime: PathBuf,
    /// The rows of [`guards`].
    guards: Rows,
    /// The entries; at least one.
    pub entries: Vec<PlannedEntry>,
}

/// The C library that an environment runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LibcInUse {
    /// The host's; the archive bundles none.
    Only,
    /// The host's, as long as it has this identity, a text that begins with `host `.
    Hosts(String),
    /// The archive's own, whose loader has this absolute path.
    Own(PathBuf),
}

/// The program that starts an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartedBy {
    /// The interpreter.
    Python,
    /// The kernel.
    Native,
    /// The environment's own loader.
    Loaded,
}

impl StartedBy {
    pub(super) const ALL: [(&'static [u8], Self); 3] =
        [(b"python", Self::Python), (b"native", Self::Native), (b"loaded", Self::Loaded)];
}

/// An entry in a launch plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedEntry {
    /// Its name.
    pub name: Vec<u8>,
    /// The program that starts it.
    pub by: StartedBy,
    /// The path of its file in the environment.
    pub path: Vec<u8>,
    /// The size of its file in bytes. `None` for links, and for scripts, whose first line differs
    /// from the listing's.
    pub size: Option<u64>,
    /// The script that runs before its first start: its path and size, as above.
    pub first_run: Option<(Vec<u8>, Option<u64>)>,
}

impl LaunchPlan {
    /// The plan for an environment at `home`. `is_loaded` returns whether an executable of the
    /// environment needs a loader; `items` are the files of application and wheels.
    pub fn new(
        manifest: &Manifest,
        home: &Path,
        c_library: LibcInUse,
        guards: Rows,
        is_loaded: impl Fn(&EntryPath) -> bool,
        items: &[&Item],
    ) -> Self {
        let size = |path: &EntryPath| items.iter().find(|item| item.path == *path)?.plain_size();
        let own = matches!(c_library, LibcInUse::Own(_));
        let entry = |entry: &Entry| {
            let (by, script) = match &entry.start {
                Start::Python(path) => (StartedBy::Python, path),
                Start::Native(path) if own && is_loaded(path) => (StartedBy::Loaded, path),
                Start::Native(path) => (StartedBy::Native, path),
            };
            let path = bytecode(script, manifest, items).map_or(script, |item| &item.path);
            PlannedEntry {
                name: entry.name.clone().into_bytes(),
                by,
                path: path.as_str().as_bytes().to_vec(),
                size: size(path),
                first_run: entry
                    .first_run
                    .as_ref()
                    .map(|hook| (hook.as_str().as_bytes().to_vec(), size(hook))),
            }
        };
        Self {
            boot_id: host::boot_id().unwrap_or_default().into_bytes(),
            home: home.to_owned(),
            c_library,
            default: manifest.launch.default.clone().unwrap_or_default().into_bytes(),
            loader_variables: manifest.launch.loader_variables,
            options: manifest.launch.options.iter().map(|o| o.clone().into_bytes()).collect(),
            runtime: runtime::path_from_env(manifest).into(),
            guards,
            entries: manifest.entries.iter().map(entry).collect(),
        }
    }

    /// The plan of a [ready environment](super::ready) at `home`, which has no guards.
    pub(super) fn without_guards(
        home: &Path,
        c_library: LibcInUse,
        default: Vec<u8>,
        loader_variables: bool,
        options: Vec<Vec<u8>>,
        entries: Vec<PlannedEntry>,
    ) -> Self {
        let (boot_id, runtime, guards) = (Vec::new(), PathBuf::new(), Rows::default());
        let home = home.to_owned();
        Self {
            boot_id,
            home,
            c_library,
            default,
            loader_variables,
            options,
            runtime,
            guards,
            entries,
        }
    }

    /// The guards that a start with this random number looks at: see [`guards::chosen`].
    pub fn guards(&self, random: usize) -> (Row<'_>, Row<'_>) {
        guards::chosen(&self.guards, random)
    }

    /// The plan as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let home = self.home.as_os_str().as_encoded_bytes();
        let c_library = match &self.c_library {
            LibcInUse::Only => &b"only"[..],
            LibcInUse::Hosts(id) => id.as_bytes(),
            LibcInUse::Own(loader) => loader.as_os_str().as_encoded_bytes(),
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
        put(self.options.len().to_string().as_bytes());
        self.options.iter().for_each(|option| put(option));
        put(self.runtime.as_os_str().as_encoded_bytes());
        put(self.guards.iter().len().to_string().as_bytes());
        for row in self.guards.iter() {
            // A row is read as a field of this length, since it contains NUL bytes.
            put(row.len().to_string().as_bytes());
            put(row);
        }
        for entry in &self.entries {
            put(&entry.name);
            StartedBy::ALL.iter().filter(|(_, by)| *by == entry.by).for_each(|(word, _)| put(word));
            let (hook, hook_size) = match &entry.first_run {
                Some((path, size)) => (path.as_slice(), *size),
                None => (&[][..], None),
            };
            for (path, size) in [(entry.path.as_slice(), entry.size), (hook, hook_size)] {
                put(path);
                put(size.map_or_else(String::new, |size| size.to_string()).as_bytes());
            }
        }
        bytes
    }

    /// Reads a plan; `None` if it isn't one.
    pub fn parse(bytes: Vec<u8>) -> Option<Self> {
        let path = |field: &[u8]| paths::path_from_bytes(field.to_vec());
        let mut fields = Fields(&bytes);
        if fields.next()? != HEADER {
            return None;
        }
        let boot_id = fields.next()?.to_vec();
        let home = path(fields.next()?);
        let default = fields.next()?.to_vec();
        let c_library = match fields.next()? {
            b"only" => LibcInUse::Only,
            id if id.starts_with(b"host ") => {
                LibcInUse::Hosts(String::from_utf8(id.to_vec()).ok()?)
            }
            loader => Some(path(loader)).filter(|p| p.is_absolute()).map(LibcInUse::Own)?,
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
        let runtime = path(fields.next()?);
        let mut guards = Vec::new();
        for _ in 0..fields.number()? {
            let length = fields.number()?;
            let start = bytes.len() - fields.0.len();
            fields.take(length)?;
            guards.push(start..start + length);
        }
        let mut entries = Vec::new();
        while !fields.0.is_empty() {
            entries.push(fields.entry()?);
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
}

/// The fields of a plan that are still to be read.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn next(&mut self) -> Option<&'a [u8]> {
        self.take(self.0.iter().position(|&byte| byte == 0)?)
    }

    /// A field of a known length, which may contain NUL bytes.
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (field, rest) = self.0.split_at_checked(length)?;
        self.0 = rest.strip_prefix(b"\0")?;
        Some(field)
    }

    pub(super) fn number(&mut self) -> Option<usize> {
        number(self.next()?)?.try_into().ok()
    }

    fn entry(&mut self) -> Option<PlannedEntry> {
        let name = self.next()?.to_vec();
        let word = self.next()?;
        let (_, by) = StartedBy::ALL.iter().find(|(text, _)| *text == word)?;
        let (path, size) = self.script()?;
        let first_run = Some(self.script()?).filter(|(path, _)| !path.is_empty());
        Some(PlannedEntry { name, by: *by, path, size, first_run })
    }

    /// A path and a size.
    fn script(&mut self) -> Option<(Vec<u8>, Option<u64>)> {
        Some((self.next()?.to_vec(), number(self.next()?)))
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The bytecode of the boot script at `path` among `items`, which the interpreter starts without compiling
/// anything.
fn bytecode<'a>(path: &EntryPath, manifest: &Manifest, items: &[&'a Item]) -> Option<&'a Item> {
    let (directory, stem) = (path.parent()?, path.as_str().strip_suffix(".py")?);
    let name = &stem[directory.len()..];
    // The tag begins with the implementation's name: see PEP 3147.
    let start = format!("{directory}/__pycache__{name}.{}-", manifest.python.implementation);
    items.iter().find(|item| item.path.as_str().starts_with(&start)).copied()
}

#[cfg(test)]
mod tests {
    use snakecrate_format::digest::FileDigest;
    use snakecrate_format::listing::{Mode, Node};
    use snakecrate_format::manifest::sample::sample;

    use super::*;

    fn item(path: &str) -> Item {
        let (path, digest) = (EntryPath::new(path).unwrap(), FileDigest::of(b""));
        Item { path, node: Node::File { mode: Mode::Plain, size: 99, digest } }
    }

    fn plan() -> LaunchPlan {
        let mut manifest = sample();
        let entry = |name: &str| {
            Entry::new(name, "", Start::Python(EntryPath::new(&format!("boot/{name}.py")).unwrap()))
        };
        manifest.entries = ["a", "b"].map(entry).into();
        manifest.entries[1].first_run = EntryPath::new("boot/first.py").ok();
        manifest.launch.default = Some("b".into());
        let guards = Rows::new(b"7\0a/b\x000\0c\0".to_vec(), vec![0..10, 10..10]).unwrap();
        let (home, there) = (Path::new("/c/env"), item("boot/a.py"));
        LaunchPlan::new(&manifest, home, LibcInUse::Only, guards, |_| true, &[&there])
    }

    #[test]
    fn a_plan_survives_the_round_trip() {
        let mut plan = plan();
        for c_library in [
            LibcInUse::Only,
            LibcInUse::Hosts("host 1 2".into()),
            LibcInUse::Own("/c/lib/ld.so".into()),
        ] {
            plan.c_library = c_library;
            assert_eq!(LaunchPlan::parse(plan.encode()), Some(plan.clone()));
        }
    }

    #[test]
    fn cut_and_foreign_plans_are_none() {
        let bytes = plan().encode();
        for length in 0..bytes.len() {
            let cut = LaunchPlan::parse(bytes[..length].to_vec());
            // A cut after an entry leaves a valid plan. It cannot happen: plans are renamed into
            // place.
            assert!(cut.is_none_or(|cut| cut.entries.len() == 1), "{length}");
        }
        assert_eq!(LaunchPlan::parse(b"something else\0".to_vec()), None);
    }

    #[test]
    fn a_boot_script_starts_from_its_bytecode() {
        let (mut manifest, mut planned) = (sample(), Vec::new());
        let start = Start::Python(EntryPath::new("boot/a.b.py").unwrap());
        manifest.entries = vec![Entry::new("a.b", "", start)];
        let bytecode = "boot/__pycache__/a.b.cpython-312.opt-1.pyc";
        for there in [bytecode, "boot/__pycache__/a.b.x.cpython-312.pyc"] {
            let (home, rows, there) = (Path::new("/c/env"), Rows::default(), item(there));
            let plan = LaunchPlan::new(&manifest, home, LibcInUse::Only, rows, |_| true, &[&there]);
            let PlannedEntry { path, size, .. } = &plan.entries[0];
            planned.push((String::from_utf8(path.clone()).unwrap(), *size));
        }
        assert_eq!(planned, [(bytecode.to_owned(), Some(99)), ("boot/a.b.py".to_owned(), None)]);
    }

    #[test]
    fn only_executables_that_need_a_loader_are_loaded() {
        let mut manifest = sample();
        let start = Start::Native(EntryPath::new("bin/ruff").unwrap());
        manifest.entries = vec![Entry::new("ruff", "", start)];
        for (libc, is_loaded, by) in [
            (LibcInUse::Own("/c/ld.so".into()), true, StartedBy::Loaded),
            (LibcInUse::Own("/c/ld.so".into()), false, StartedBy::Native),
            (LibcInUse::Only, true, StartedBy::Native),
        ] {
            let rows = Rows::default();
            let home = Path::new("/c/env");
            let plan = LaunchPlan::new(&manifest, home, libc, rows, |_| is_loaded, &[]);
            assert_eq!(plan.entries[0].by, by);
        }
    }
}
