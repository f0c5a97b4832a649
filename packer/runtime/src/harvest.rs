//! From an interpreter to a tree that runs from any directory of any host.
//!
//! ```text
//! bin/python3.12                the executable; python3 and python are links to it
//! lib/python3.12/…              standard library
//! lib/python3.12/lib-dynload/…  extension modules
//! lib/libpython3.12.so.1.0      and the other libraries that these need
//! share/…                       data that hosts may lack, see [`crate::host_data`]
//! ```
//!
//! Nothing else is copied from the original's `lib`. The executable of a python-build-standalone
//! contains libpython, so its `libpython3.12.so.1.0` is left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use snakecrate_base::python::Interpreter;
use snakecrate_base::tree::{Content, Mode, Node, Tree};
use snakecrate_base::ui::Ui;
use snakecrate_format::entry_path::{EntryPath, LinkTarget};

use crate::error::Error;
use crate::libraries::{self, Closure, Host};
use crate::parts::Part;
use crate::root::Root;
use crate::tcl::Tcl;
use crate::trim::{Policy, Trim};
use crate::walk::{Files, Walk};
use crate::{host_data, relocate, sanitise};

/// Copies `interpreter` into a trimmed, relocatable runtime.
///
/// # Errors
///
/// A file cannot be read or made relocatable, or a library that the interpreter needs is missing.
pub fn harvest(interpreter: &Interpreter, policy: &Policy, ui: Ui) -> Result<Tree, Error> {
    let stdlib = interpreter.lib();
    let trim = Trim::new(policy, &stdlib)?;
    let root = Root::new(&interpreter.root);
    let walk = Walk { root: &root, trim: &trim };
    let mut files = installation(interpreter, &walk)?;
    let tkinter = !policy.leaves_out(Part::Tkinter);
    let tcl = if tkinter { Tcl::of(interpreter) } else { None };
    for (data, to) in tcl.iter().flat_map(Tcl::data) {
        walk.add(data, &to, &mut files)?;
    }
    if tkinter && tcl.is_none() {
        warn_of_tkinter(interpreter, ui);
    }
    let system = Host::of(interpreter);
    let found = libraries_of(interpreter, &files, &system)?;
    check_missing(&found, &files, &system, ui)?;
    let mut tree = core(interpreter, &Copies { files, libraries: found.libraries }, ui)?;
    if let Some(tcl) = tcl {
        tcl.settle(&mut tree, &stdlib, &interpreter.stdlib)?;
    }
    host_data::equip(&mut tree, interpreter, &trim, ui)?;
    Ok(tree)
}

/// Files to copy into a tree.
#[derive(Debug)]
pub(crate) struct Copies {
    pub(crate) files: Files,
    /// Libraries by the names that they are needed by.
    pub(crate) libraries: BTreeMap<String, PathBuf>,
}

/// The files of the installation that `walk` takes, without those of Tcl.
pub(crate) fn installation(interpreter: &Interpreter, walk: &Walk<'_>) -> Result<Files, Error> {
    let stdlib = interpreter.lib();
    let mut files = Files::new();
    walk.add(&interpreter.stdlib, &stdlib, &mut files)?;
    walk.add(&interpreter.dynload, &format!("{stdlib}/lib-dynload"), &mut files)?;
    let include = format!("include/python{}", interpreter.name_version());
    walk.add(&interpreter.prefix.join(&include), &include, &mut files)?;
    Ok(files)
}

/// The libraries that the interpreter and the modules among `files` need.
pub(crate) fn libraries_of(
    interpreter: &Interpreter,
    files: &Files,
    system: &Host,
) -> Result<Closure, Error> {
    libraries::closure(&interpreter.executable, &modules(files), system)
}

/// Fails if a library is missing without which other libraries don't work; warns of modules that lack
/// one.
pub(crate) fn check_missing(
    found: &Closure,
    files: &Files,
    system: &Host,
    ui: Ui,
) -> Result<(), Error> {
    let modules = modules(files);
    for (path, name) in &found.missing {
        if !modules.contains(path) {
            let (path, name) = (path.clone(), name.clone());
            return Err(Error::Library { path, name, place: system.to_string() });
        }
        // The module doesn't work there either; on a host it may.
        ui.warn(format_args!("{} needs {name}, which isn't {system}", path.display()));
    }
    Ok(())
}

fn modules(files: &Files) -> Vec<PathBuf> {
    files.iter().filter(|(path, _)| is_module(path)).map(|(_, file)| file.clone()).collect()
}

pub(crate) fn warn_of_tkinter(interpreter: &Interpreter, ui: Ui) {
    let path = interpreter.executable.display();
    ui.warn(format_args!("tkinter does not work in {path}, so it won't work in the archive"));
}

/// A tree with the interpreter's executable and these files.
pub(crate) fn core(interpreter: &Interpreter, copies: &Copies, ui: Ui) -> Result<Tree, Error> {
    let stdlib = interpreter.lib();
    let executable = interpreter.program();
    let mut tree = Tree::default();
    let file = relocate::executable(&interpreter.executable)?;
    tree.insert_file(EntryPath::new(&executable)?, Mode::Executable, file);
    copy(interpreter, copies, &mut tree)?;
    // Python derives its prefix from this directory, even if all modules are built in, and an archive
    // has no empty directories.
    let dynload = format!("{stdlib}/lib-dynload/");
    if !tree.iter().any(|(path, _)| path.as_str().starts_with(&dynload)) {
        let keep = EntryPath::new(&format!("{dynload}.keep"))?;
        tree.insert_file(keep, Mode::Plain, Vec::new());
    }
    for alias in ["bin/python3", "bin/python"] {
        link(&mut tree, alias, &executable["bin/".len()..])?;
    }
    // A Python that was built for lib64 (Fedora) looks for its library there.
    if interpreter.stdlib.parent().is_some_and(|parent| parent.ends_with("lib64")) {
        link(&mut tree, "lib64", "lib")?;
    }
    ui.detail(format_args!("{} files from {}", tree.len(), interpreter.executable.display()));
    Ok(tree)
}

/// Adds the files to `tree`, relocatable.
pub(crate) fn copy(
    interpreter: &Interpreter,
    Copies { files, libraries }: &Copies,
    tree: &mut Tree,
) -> Result<(), Error> {
    let libraries = libraries.iter().map(|(name, file)| (format!("lib/{name}"), file.clone()));
    let files = files.iter().map(|(path, file)| (path.clone(), file.clone()));
    let prepared: Vec<(String, Content)> = files
        .chain(libraries)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|(path, file)| {
            let content = if is_module(&path) || !path.starts_with(&interpreter.lib()) {
                relocate::library(&file)?
            } else {
                sanitise::text(&path, &file, interpreter)?
            };
            Ok((path, content))
        })
        .collect::<Result<_, Error>>()?;
    for (path, content) in prepared {
        tree.insert_file(EntryPath::new(&path)?, Mode::Plain, content);
    }
    Ok(())
}

/// Whether the file at `path` of the tree is an extension module.
fn is_module(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "so")
}

fn link(tree: &mut Tree, at: &str, target: &str) -> Result<(), Error> {
    let at = EntryPath::new(at)?;
    let target = LinkTarget::new(&at, target)?;
    tree.insert(at, Node::Link(target));
    Ok(())
}
