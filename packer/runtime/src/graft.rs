//! Libraries of this machine that the user wants in: those that a wheel needs and nobody provides.
//!
//! They go with all they need into the runtime's `lib`. The interpreter's `DT_RPATH` names it, and
//! the loader looks there for everything that was loaded later, but not for objects that have a
//! `DT_RUNPATH` of their own. For these a second copy goes into a directory of that path, in the
//! environment. No wheel's file is changed. Two copies do not meet: the loader knows a library by
//! its name, and takes what it has loaded first.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use snakecrate_format::entry_path::EntryPath;

use snakecrate_audit::is_libc;
use snakecrate_format::target::Target;

use super::libraries::{self, Host};
use super::{Error, relocate};
use snakecrate_base::tree::{Mode, Tree};
use snakecrate_base::ui::Ui;

/// Libraries by the name that something needs, and where they are on this machine.
#[derive(Debug, Default)]
pub struct Grafts(BTreeMap<String, PathBuf>);

impl Grafts {
    /// Finds the libraries `names`, and what they need.
    ///
    /// # Errors
    ///
    /// [`Error::Graft`]: one is not here, or needs one that is not, or is glibc's own.
    pub fn find(names: &[String], target: &'static Target, ui: Ui) -> Result<Self, Error> {
        let mut found = BTreeMap::new();
        if names.is_empty() {
            return Ok(Self::default());
        }
        let host = Host::of_this_machine(target);
        for name in names {
            let fail = |problem: String| Error::Graft { name: name.clone(), problem };
            if is_libc(name) {
                return Err(fail("it is a part of glibc".into()));
            }
            let path =
                host.library(name).ok_or_else(|| fail("it is not on this machine".into()))?;
            let closure = libraries::closure(&path, &[], &host)?;
            if let Some((by, missing)) = closure.missing.first() {
                return Err(fail(format!("{} needs {missing}, which is not here", by.display())));
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

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the library `name` is one.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Names, sizes and times of change: empty where there are none.
    ///
    /// # Errors
    ///
    /// One is not there any more.
    pub fn fingerprint(&self) -> Result<String, Error> {
        let one = |(name, path): (&String, &PathBuf)| {
            let fail = |source| Error::Read { path: path.clone(), source };
            let found = fs::metadata(path).map_err(fail)?;
            let (size, time, nanoseconds) = (found.len(), found.mtime(), found.mtime_nsec());
            Ok(format!("{name} {} {size} {time}.{nanoseconds}", path.display()))
        };
        Ok(self.0.iter().map(one).collect::<Result<Vec<_>, Error>>()?.join(","))
    }

    /// Puts them all into a runtime that does not have them.
    ///
    /// # Errors
    ///
    /// One cannot be read or is damaged.
    pub fn add_to_runtime(&self, tree: &mut Tree) -> Result<(), Error> {
        for name in self.0.keys() {
            let path = EntryPath::new(&format!("lib/{name}"))?;
            if tree.get(&path).is_none() {
                self.add_at(tree, path, name)?;
            }
        }
        Ok(())
    }

    /// Puts `name` at `path`.
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
