//! An interpreter's runtime in pieces: a core that is the same for every application, and parts.
//!
//! A part has the files of a [`Part`] of the standard library and the libraries that only this part
//! needs. Libraries that several parts need, and the core doesn't, are parts of their own
//! (`libcrypto`, for `ssl` and `hashlib`). Which files a piece has depends on the interpreter alone, never
//! on the application, so the pieces of two applications are equal. `tkinter` is the exception to the
//! rule of shared libraries: it gets those that no other part needs, as it is rarely there.
//!
//! The paths of the pieces are disjoint. Together they are the tree that [`crate::harvest`] makes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use snakecrate_base::python::Interpreter;
use snakecrate_base::tree::Tree;
use snakecrate_base::ui::Ui;

use crate::error::Error;
use crate::harvest::{self, Copies};
use crate::host_data;
use crate::libraries::{Closure, Host};
use crate::parts::Part;
use crate::root::Root;
use crate::tcl::Tcl;
use crate::trim::{Policy, Trim};
use crate::walk::{Files, Walk};

/// The pieces of an interpreter's runtime, by the files that they are made from.
#[derive(Debug)]
pub struct Pieces<'a> {
    interpreter: &'a Interpreter,
    core: Copies,
    parts: BTreeMap<Part, Copies>,
    /// Libraries by the parts that share them.
    shared: BTreeMap<BTreeSet<Part>, BTreeMap<String, PathBuf>>,
    /// The libraries that each part needs beyond the core's: names.
    needed: BTreeMap<Part, BTreeSet<String>>,
    tcl: Option<Tcl>,
    ui: Ui,
}

/// A piece: the core, a part of the standard library, or libraries that several parts share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Piece {
    /// What every application gets.
    Core,
    /// A part.
    Part(Part),
    /// The libraries that exactly these parts need.
    Shared(BTreeSet<Part>),
}

impl<'a> Pieces<'a> {
    /// Finds the pieces for a runtime with the parts `wanted`.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or a library that one of these pieces needs is missing.
    pub fn find(
        interpreter: &'a Interpreter,
        wanted: &BTreeSet<Part>,
        ui: Ui,
    ) -> Result<Self, Error> {
        let stdlib = interpreter.lib();
        let root = Root::new(&interpreter.root);
        let system = Host::of(interpreter);
        let is_wanted = |part: Part| part != Part::Tkinter || wanted.contains(&part);
        let all: Vec<Part> = Part::all().filter(|part| is_wanted(*part)).collect();

        let trim = Trim::new(&with(&all), &stdlib)?;
        let mut files = harvest::installation(interpreter, &Walk { root: &root, trim: &trim })?;
        let tcl = if wanted.contains(&Part::Tkinter) { Tcl::of(interpreter) } else { None };
        let core = Trim::new(&with(&[]), &stdlib)?;
        let core = take(&mut files, |path| core.keeps(path));
        let core = Self::copies(interpreter, core, &system, None, ui)?;
        let (mut parts, mut needed) = (BTreeMap::new(), BTreeMap::new());
        for part in all {
            let trim = Trim::new(&with(&[part]), &stdlib)?;
            let mut own = take(&mut files, |path| trim.keeps(path));
            if part == Part::Tkinter {
                let walk = Walk { root: &root, trim: &trim };
                for (data, to) in tcl.iter().flat_map(Tcl::data) {
                    walk.add(data, &to, &mut own)?;
                }
            }
            let ui = wanted.contains(&part).then_some(ui);
            let copies = Self::copies_of_part(interpreter, own, &system, &core, ui)?;
            needed.insert(part, copies.libraries.keys().cloned().collect());
            parts.insert(part, copies);
        }
        let shared = share(&mut parts);
        if wanted.contains(&Part::Tkinter) && tcl.is_none() {
            harvest::warn_of_tkinter(interpreter, ui);
        }
        Ok(Self { interpreter, core, parts, shared, needed, tcl, ui })
    }

    /// The core's files with the libraries that they need.
    fn copies(
        interpreter: &Interpreter,
        files: Files,
        system: &Host,
        core: Option<&Copies>,
        ui: Ui,
    ) -> Result<Copies, Error> {
        let found = harvest::libraries_of(interpreter, &files, system)?;
        harvest::check_missing(&found, &files, system, ui)?;
        let mut libraries = found.libraries;
        libraries.retain(|name, _| core.is_none_or(|core| !core.libraries.contains_key(name)));
        Ok(Copies { files, libraries })
    }

    /// A part's files with the libraries that they need beyond those of `core`. Without `ui`, the part is
    /// not packed, and may lack libraries.
    fn copies_of_part(
        interpreter: &Interpreter,
        files: Files,
        system: &Host,
        core: &Copies,
        ui: Option<Ui>,
    ) -> Result<Copies, Error> {
        if let Some(ui) = ui {
            return Self::copies(interpreter, files, system, Some(core), ui);
        }
        let Closure { mut libraries, .. } =
            harvest::libraries_of(interpreter, &files, system).unwrap_or_default();
        libraries.retain(|name, _| !core.libraries.contains_key(name));
        Ok(Copies { files, libraries })
    }

    /// The pieces beside the core that a runtime with the parts `wanted` has. None is empty.
    pub fn parts(&self, wanted: &BTreeSet<Part>) -> Vec<Piece> {
        let needs = |libraries: &BTreeMap<String, PathBuf>| {
            let mut needed = wanted.iter().filter_map(|part| self.needed.get(part)).flatten();
            needed.any(|name| libraries.contains_key(name))
        };
        let parts = self.parts.iter().filter(|(part, copies)| {
            let is_empty = copies.files.is_empty() && copies.libraries.is_empty();
            !is_empty && (wanted.contains(part) || needs(&copies.libraries))
        });
        let shared = self.shared.iter().filter(|(_, libraries)| needs(libraries));
        let parts = parts.map(|(part, _)| Piece::Part(*part));
        parts.chain(shared.map(|(users, _)| Piece::Shared(users.clone()))).collect()
    }

    /// A name for `piece`: of the part, or of the first library. `None` for the core.
    pub fn name(&self, piece: &Piece) -> Option<String> {
        match piece {
            Piece::Core => None,
            Piece::Part(part) => Some(part.name().to_owned()),
            Piece::Shared(users) => {
                let library = self.shared.get(users)?.keys().next()?;
                let stem = library.split(".so").next().unwrap_or(library);
                Some(stem.to_lowercase().replace(['_', '.'], "-"))
            }
        }
    }

    /// The files of `piece`, relocatable.
    ///
    /// # Errors
    ///
    /// A file cannot be read or made relocatable.
    pub fn tree(&self, piece: &Piece) -> Result<Tree, Error> {
        let interpreter = self.interpreter;
        let (none, copies);
        match piece {
            Piece::Core => return harvest::core(interpreter, &self.core, self.ui),
            Piece::Part(part) => copies = self.parts.get(part),
            Piece::Shared(users) => {
                let libraries = self.shared.get(users).cloned().unwrap_or_default();
                none = Copies { files: Files::new(), libraries };
                copies = Some(&none);
            }
        }
        let mut tree = Tree::default();
        if let Some(copies) = copies {
            harvest::copy(interpreter, copies, &mut tree)?;
        }
        let stdlib = interpreter.lib();
        if let (Piece::Part(Part::Tkinter), Some(tcl)) = (piece, &self.tcl) {
            tcl.settle(&mut tree, &stdlib, &interpreter.stdlib)?;
        }
        let trim = Trim::new(&Policy::default(), &stdlib)?;
        host_data::equip(&mut tree, interpreter, &trim, self.ui)?;
        Ok(tree)
    }
}

/// The policy that keeps everything but the other parts.
fn with(parts: &[Part]) -> Policy {
    Policy {
        leave_out: Part::all().filter(|part| !parts.contains(part)).collect(),
        ..Policy::default()
    }
}

/// Removes from `files` those whose paths `is_taken`, and returns them.
fn take(files: &mut Files, is_taken: impl Fn(&str) -> bool) -> Files {
    let (taken, rest) =
        std::mem::take(files).into_iter().partition(|(path, _)| is_taken(path.as_str()));
    *files = rest;
    taken
}

/// Takes from `parts` the libraries that several need: by the parts that share them. `tkinter` only
/// keeps what no other part needs.
fn share(
    parts: &mut BTreeMap<Part, Copies>,
) -> BTreeMap<BTreeSet<Part>, BTreeMap<String, PathBuf>> {
    let mut users: BTreeMap<String, (PathBuf, BTreeSet<Part>)> = BTreeMap::new();
    for (part, copies) in parts.iter().filter(|(part, _)| **part != Part::Tkinter) {
        for (name, file) in &copies.libraries {
            let library =
                users.entry(name.clone()).or_insert_with(|| (file.clone(), BTreeSet::new()));
            library.1.insert(*part);
        }
    }
    let mut shared: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for (name, (file, users)) in users {
        for (part, copies) in parts.iter_mut() {
            if users.len() > 1 || !users.contains(part) {
                copies.libraries.remove(&name);
            }
        }
        if users.len() > 1 {
            shared.entry(users).or_default().insert(name, file);
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copies(libraries: &[&str]) -> Copies {
        let library = |name: &&str| ((*name).to_owned(), PathBuf::from(format!("/lib/{name}")));
        Copies { files: Files::new(), libraries: libraries.iter().map(library).collect() }
    }

    #[test]
    fn libraries_that_parts_share_are_parts_of_their_own() {
        let mut parts = BTreeMap::from([
            (Part::Ssl, copies(&["libcrypto.so.3", "libssl.so.3"])),
            (Part::Hashlib, copies(&["libcrypto.so.3"])),
            (Part::Curses, copies(&["libtinfo.so.6", "libncursesw.so.6"])),
            (Part::Readline, copies(&["libreadline.so.8", "libtinfo.so.6"])),
            (Part::Tkinter, copies(&["libX11.so.6", "libcrypto.so.3", "libreadline.so.8"])),
        ]);
        let shared = share(&mut parts);
        let names = |libraries: &BTreeMap<String, PathBuf>| {
            libraries.keys().cloned().collect::<Vec<_>>().join(" ")
        };
        let shared: Vec<_> =
            shared.iter().map(|(users, libraries)| (users.len(), names(libraries))).collect();
        assert_eq!(shared, [(2, "libtinfo.so.6".into()), (2, "libcrypto.so.3".into())]);
        let own: Vec<_> =
            parts.iter().map(|(part, copies)| (part.name(), names(&copies.libraries))).collect();
        let own: Vec<_> = own.iter().map(|(part, names)| (*part, names.as_str())).collect();
        assert_eq!(
            own,
            [
                ("curses", "libncursesw.so.6"),
                ("hashlib", ""),
                ("readline", "libreadline.so.8"),
                ("ssl", "libssl.so.3"),
                ("tkinter", "libX11.so.6"),
            ]
        );
    }
}
