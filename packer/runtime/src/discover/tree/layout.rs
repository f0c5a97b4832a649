//! The directories of an interpreter that isn't run.

use std::fs;
use std::path::{Path, PathBuf};

use snakecrate_format::target::Target;

use crate::discover::error::Error;
use crate::root::Root;

/// The places of an installation on this machine.
#[derive(Debug)]
pub(in crate::discover) struct Layout {
    /// The executable, links resolved.
    pub(in crate::discover) executable: PathBuf,
    /// `/`, or the root of the unpacked system that the installation is in.
    pub(in crate::discover) root: PathBuf,
    /// The prefix.
    pub(in crate::discover) prefix: PathBuf,
    /// The standard library's directory.
    pub(in crate::discover) stdlib: PathBuf,
}

/// The root of the unpacked system that `path` is in; `None` if it is in none.
///
/// An unpacked system has its loader at the loader's place. Without a C library, the parent of `usr`
/// is taken for one.
pub(in crate::discover) fn system_root(path: &Path, target: &Target) -> Option<PathBuf> {
    let parent = fs::canonicalize(path.parent()?).ok()?;
    let loader = target.glibc.as_ref().map(|glibc| glibc.loader.trim_start_matches('/'));
    let has_loader = |directory: &&Path| {
        loader.is_some_and(|loader| {
            let root = Root::new(*directory);
            root.has_file(&root.place(loader))
        })
    };
    // `/usr/lib64` is the same directory as `/lib64` on most systems.
    let may_be_root =
        |directory: &&Path| *directory != Path::new("/") && !directory.ends_with("usr");
    parent.ancestors().filter(may_be_root).find(has_loader).map(Path::to_owned)
}

/// The parent of the `usr` that `path` is in, unless that is this machine's.
fn parent_of_usr(path: &Path) -> Option<PathBuf> {
    let usr = path.ancestors().find(|directory| directory.ends_with("usr"))?;
    usr.parent().filter(|parent| *parent != Path::new("/")).map(Path::to_owned)
}

impl Layout {
    /// The installation whose executable is at `path`.
    pub(in crate::discover) fn of(path: &Path, target: &Target) -> Result<Self, Error> {
        let no = |problem| Error::NoPython { path: path.to_owned(), problem };
        let fail = |source| Error::Read { path: path.to_owned(), source };
        let parent = path.parent().unwrap_or(Path::new("."));
        let parent = fs::canonicalize(parent).map_err(fail)?;
        let named = parent.join(path.file_name().ok_or_else(|| no("isn't a file"))?);
        let root = system_root(&named, target).or_else(|| parent_of_usr(&named));
        let root = Root::new(root.unwrap_or_else(|| PathBuf::from("/")));
        let executable = root.resolve(&named).map_err(fail)?;
        let prefix = executable.parent().and_then(Path::parent);
        let prefix = prefix.ok_or_else(|| no("isn't in the `bin` of an installation"))?.to_owned();
        let stdlib = stdlib(&prefix, &executable, &root);
        let stdlib = stdlib.ok_or_else(|| no("has no standard library beside its `bin`"))?;
        Ok(Self { executable, root: root.path().to_owned(), prefix, stdlib })
    }
}

/// `lib/python3.12` or Fedora's `lib64/python3.12`: the one that the executable is named for, else the
/// only one.
fn stdlib(prefix: &Path, executable: &Path, root: &Root) -> Option<PathBuf> {
    let name = executable.file_name()?.to_str()?;
    let libraries = ["lib", "lib64"].map(|library| prefix.join(library));
    let is_stdlib = |path: &PathBuf| root.has_file(&path.join("os.py"));
    let named = libraries.iter().map(|library| library.join(name)).find(is_stdlib);
    let found = named.or_else(|| {
        let versions = libraries.iter().flat_map(|library| fs::read_dir(library).into_iter());
        let mut paths = versions.flatten().flatten().map(|entry| entry.path());
        let is_version = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("python3.") || name.starts_with("pypy3.")
        };
        let first = paths.by_ref().find(|path| is_version(path) && is_stdlib(path));
        first.filter(|_| !paths.any(|path| is_version(&path) && is_stdlib(&path)))
    })?;
    root.resolve(&found).ok()
}
