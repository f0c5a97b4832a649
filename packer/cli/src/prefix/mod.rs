//! An archive as one merged prefix: runtime, distributions and application in one tree, as an installed
//! Python has them. Ready directories, images and packages are made of it.
//!
//! ```text
//! bin/python3.11  lib/python3.11/…        the runtime and its parts
//! lib/python3.11/site-packages/…  bin/…   distributions and the application
//! boot/…                                  the scripts that start its entries
//! libc/lib/…                              its own C library, if that is used
//! bin/.snakecrate                         the launcher
//! bin/ENTRY  →  .snakecrate               the entries
//! bin/python3                             → python3.11; with its own C library → the launcher
//! .snakecrate/{launch,manifest.json}
//! ```
//!
//! CPython finds its prefix from the place of its own executable, so there is no `pyvenv.cfg`, whose `home`
//! would be absolute. Debian's CPython looks for `dist-packages` unless it is in a virtual environment; a
//! `.pth` file there ([`debian`]) leads it to `site-packages`.
//!
//! Files are in groups, one for each component, which depend on the component alone (and on the place, if
//! that is fixed). So an image's layer may hold one group, and be the same in every image.

mod c_library;
mod debian;
mod error;
mod merge;
mod plan;
mod scripts;
mod unpack;
mod write;

use std::collections::BTreeSet;
use std::path::Path;

use snakecrate_base::tree::Content;
use snakecrate_base::ui::Ui;
use snakecrate_format::manifest::{Component, Kind};

use crate::archive::Archive;
pub use c_library::{LibcUse, uses_own};
pub use error::Error;
pub use write::write;

/// Where a prefix will be, and what it runs on.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// Its absolute path. `None`: it may be moved, and scripts find their interpreter with `/bin/sh`.
    pub place: Option<&'a str>,
    /// Whether it has the archive's own C library, and runs on it: see [`uses_own`].
    pub own_c_library: bool,
}

/// The files of a prefix.
#[derive(Debug)]
pub struct Prefix {
    /// The groups. Where two have a file of one path, all but one of them are [`shadowed`](File::shadowed).
    pub groups: Vec<Group>,
}

/// Files of one origin, sorted by path.
#[derive(Debug)]
pub struct Group {
    /// Where they are from.
    pub origin: Origin,
    /// The files. Paths are relative to the prefix.
    pub files: Vec<File>,
}

/// Where the files of a group are from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A component. Its files are the same in every prefix that has it, for one place.
    Component(Box<Component>),
    /// The launcher: the same for all prefixes of one version and target.
    Launcher,
    /// Links of entries and interpreters, launch plan, manifest: the application's own.
    Entries,
}

/// A file or link.
#[derive(Debug, Clone)]
pub struct File {
    /// Its path in the prefix.
    pub path: String,
    /// Its kind and contents.
    pub node: Node,
    /// Whether another group has the file that counts. An upper layer of an image may cover this one, so
    /// it can stay in its own; a directory has only one of them.
    pub shadowed: bool,
}

/// The kind and contents of a [`File`].
#[derive(Debug, Clone)]
pub enum Node {
    /// A regular file.
    File {
        /// Whether it may be executed: 0755, else 0644.
        executable: bool,
        /// Its bytes, on the disk or in memory.
        content: Content,
    },
    /// A symbolic link. Its target is relative and stays in the prefix.
    Link(String),
}

impl Prefix {
    /// Unpacks `archive` below `directory`, which is empty, and arranges its files. They are on the disk
    /// until the directory is removed.
    ///
    /// # Errors
    ///
    /// A damaged archive, one that cannot run from a prefix, a directory that cannot be written.
    pub fn unpack(
        archive: &Archive,
        settings: Settings<'_>,
        directory: &Path,
        ui: Ui,
    ) -> Result<Self, Error> {
        plan::check(archive)?;
        let unpacked = unpack::unpack(archive, settings, directory, ui)?;
        let start = plan::entries(archive, settings, &unpacked)?;
        let mut groups = unpacked.groups;
        groups.extend(start);
        merge::shadow(archive, &mut groups)?;
        Ok(Self { groups })
    }

    /// Its files, without those that another one covers.
    pub fn files(&self) -> impl Iterator<Item = &File> {
        self.groups.iter().flat_map(|group| &group.files).filter(|file| !file.shadowed)
    }

    /// The directories of these files; parents come first.
    pub fn directories(&self) -> BTreeSet<&str> {
        let parents =
            |file: &'_ File| -> Vec<_> { file.path.match_indices('/').map(|(at, _)| at).collect() };
        self.files().flat_map(|file| parents(file).into_iter().map(|at| &file.path[..at])).collect()
    }
}

impl Origin {
    /// The kind of the component.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Component(component) => Some(component.kind),
            Self::Launcher | Self::Entries => None,
        }
    }
}

impl File {
    fn new(path: impl Into<String>, node: Node) -> Self {
        Self { path: path.into(), node, shadowed: false }
    }

    fn bytes(path: impl Into<String>, executable: bool, bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(path, Node::File { executable, content: Content::from(bytes.into()) })
    }

    fn link(path: impl Into<String>, target: impl Into<String>) -> Self {
        Self::new(path, Node::Link(target.into()))
    }
}
