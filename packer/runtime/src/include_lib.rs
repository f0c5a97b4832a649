//! `--include-lib`: libraries of this machine that are bundled, because a wheel needs them.
//!
//! They are copied with all libraries that they need into the runtime's `lib`. The interpreter's
//! `DT_RPATH` names that directory, and the loader searches it for everything that is loaded later,
//! except for objects with a `DT_RUNPATH` of their own. For those, a second copy is put into a
//! directory of that path, in the environment. No file of a wheel is changed. The two copies never
//! clash: the loader identifies a library by its name and uses the one that it loaded first.

use std::collections::BTreeMap;
use std::path::PathBuf;

use snakecrate_audit::is_libc;
use snakecrate_base::python::Interpreter;
use snakecrate_base::tree::{Mode, Tree};
use snakecrate_base::ui::Ui;
use snakecrate_format::entry_path::EntryPath;

use crate::error::Error;
use crate::file_state::state;
use crate::libraries::{self, Host};
use crate::relocate;

/// Bundled libraries by name, with their paths on this machine.
#[derive(Debug, Default)]
pub struct IncludedLibs(BTreeMap<String, PathBuf>);

impl IncludedLibs {
    /// Finds the libraries `names` on the system of `interpreter`, and all libraries that they need.
    ///
    /// # Errors
    ///
    /// [`Error::Include`]: one isn't there, needs one that isn't, or is part of glibc.
    pub fn find(names: &[String], interpreter: &Interpreter, ui: Ui) -> Result<Self, Error> {
        let mut found = BTreeMap::new();
        if names.is_empty() {
            return Ok(Self::default());
        }
        let host = Host::of(interpreter);
        for name in names {
            let fail = |problem: String| Error::Include { name: name.clone(), problem };
            if is_libc(name) {
                return Err(fail("it is part of glibc".into()));
            }
            let path = host.library(name).ok_or_else(|| fail(format!("it isn't {host}")))?;
            let closure = libraries::closure(&path, &[], &host)?;
            if let Some((by, missing)) = closure.missing.first() {
                return Err(fail(format!("{} needs {missing}, which isn't {host}", by.display())));
            }
            ui.step("Including", format_args!("{}", path.display()));
            for (name, path) in &closure.libraries {
                ui.detail(format_args!("and {name}, which it needs: {}", path.display()));
            }
            found.extend(closure.libraries);
            found.insert(name.clone(), path);
        }
        Ok(Self(found))
    }

    /// Whether there are no libraries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the library `name` is among them.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Names, sizes and times of change; empty if there are no libraries.
    ///
    /// # Errors
    ///
    /// One has vanished.
    pub fn fingerprint(&self) -> Result<String, Error> {
        let one = |(name, path): (&String, &PathBuf)| {
            let fail = |source| Error::Read { path: path.clone(), source };
            Ok(format!("{name} {} {}", path.display(), state(path).map_err(fail)?))
        };
        Ok(self.0.iter().map(one).collect::<Result<Vec<_>, Error>>()?.join(","))
    }

    /// A tree with all of them in the runtime's `lib`, except those that it `has`.
    ///
    /// # Errors
    ///
    /// One cannot be read or is damaged.
    pub fn tree_without(&self, has: impl Fn(&str) -> bool) -> Result<Tree, Error> {
        let mut tree = Tree::default();
        for name in self.0.keys().filter(|name| !has(name)) {
            self.add_at(&mut tree, EntryPath::new(&format!("lib/{name}"))?, name)?;
        }
        Ok(tree)
    }

    /// Copies the library `name` to `path` of `tree`.
    ///
    /// # Errors
    ///
    /// It cannot be read or is damaged.
    pub fn add_at(&self, tree: &mut Tree, path: EntryPath, name: &str) -> Result<(), Error> {
        if let Some(file) = self.0.get(name) {
            tree.insert_file(path, Mode::Plain, relocate::library(file)?);
        }
        Ok(())
    }
}
