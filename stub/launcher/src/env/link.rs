//! Linking files of components into an environment.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use snakecrate_cache::signs_of_life::Pulse;
use snakecrate_format::listing::{Item, Listing, Mode, Node};
use snakecrate_platform::directory::Directory;
use snakecrate_platform::error::{ignore_existing, is_no_hard_link};
use snakecrate_platform::file;

use super::shebang::with_interpreter;

/// The bytes that progress counts for a file in an environment, which has no bytes of its own.
pub const LINKED: u64 = 3 << 10;
/// The longest script with a `#!python` line, in bytes.
const MAX_SCRIPT: u64 = 16 << 20;

/// Each path of the layers once, with the index of the first layer that has it.
pub fn winners<'a>(layers: &[&'a Listing]) -> Vec<(usize, &'a Item)> {
    let items = |(layer, listing): (usize, &&'a Listing)| {
        listing.items().iter().map(move |item| (layer, item)).collect::<Vec<_>>()
    };
    let mut seen = BTreeSet::new();
    let mut all: Vec<_> = layers.iter().enumerate().flat_map(items).collect();
    all.retain(|(_, item)| seen.insert(item.path.as_str()));
    all
}

/// The directories of the runtime that no link can stand for: those with an executable, whose `$ORIGIN`
/// would be the component's, and those with a link that leads out of them.
pub fn fixed_directories<'a>(layers: &[&'a Listing]) -> BTreeSet<&'a str> {
    let mut fixed = BTreeSet::new();
    for item in layers.iter().flat_map(|listing| listing.items()) {
        let is_fixed = match &item.node {
            Node::File { mode, .. } => mode.is_executable(),
            Node::Link(target) => target.as_str().starts_with("../"),
        };
        if is_fixed {
            fixed.extend(above(item.path.as_str()));
        }
    }
    fixed
}

/// The topmost directories that belong to one of the layers alone, each with its index, if they `may` be
/// links. One link stands for each.
pub fn whole_directories<'a>(
    layers: &[&'a Listing],
    may: &dyn Fn(usize, &str) -> bool,
) -> Vec<(&'a str, usize)> {
    let (mut seen, mut mixed) = (BTreeSet::new(), BTreeSet::new());
    for listing in layers {
        mixed
            .extend(listing.directories().into_iter().filter(|directory| !seen.insert(*directory)));
    }
    let (mut whole, mut owned) = (BTreeSet::new(), Vec::new());
    for (layer, listing) in layers.iter().enumerate() {
        // A directory comes before those in it.
        for directory in listing.directories() {
            let is_free = !mixed.contains(directory) && !is_below(&whole, directory);
            if is_free && may(layer, directory) {
                whole.insert(directory);
                owned.push((directory, layer));
            }
        }
    }
    owned
}

/// Whether `path` is one of the `directories` or below one.
pub fn is_below(directories: &BTreeSet<&str>, path: &str) -> bool {
    directories.contains(path) || above(path).any(|directory| directories.contains(directory))
}

/// The directories that lead to `path`.
fn above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}

/// Puts files of components into an environment: hard links where the file system has them, else
/// copies.
pub struct Linker<'a> {
    env: &'a Directory,
    interpreter: &'a [u8],
    can_link: AtomicBool,
    pulse: &'a Pulse<'a>,
}

impl<'a> Linker<'a> {
    /// A linker for the environment in `env`. `interpreter` is the path that the environment's
    /// interpreter will have after publishing. `pulse` counts [`LINKED`] for each file.
    pub fn new(env: &'a Directory, interpreter: &'a [u8], pulse: &'a Pulse<'a>) -> Self {
        Self { env, interpreter, can_link: AtomicBool::new(true), pulse }
    }

    /// Puts the file or link `item` of the component in `from` at the same path.
    pub fn put(&self, from: &Directory, item: &Item) -> io::Result<()> {
        let path = item.path.as_str();
        let done = match &item.node {
            Node::Link(target) => self.env.symlink(target.as_str(), path),
            Node::File { mode: Mode::Script, .. } => self.write_script(from, path),
            Node::File { mode, .. } => self.link(from, path, mode.is_executable()),
        };
        self.pulse.add(LINKED);
        // Every path comes once, so what exists already is a directory of another layer.
        ignore_existing(done)
    }

    fn link(&self, from: &Directory, path: &str, executable: bool) -> io::Result<()> {
        if self.can_link.load(Ordering::Relaxed) {
            match from.hard_link(path, self.env, path) {
                Err(error) if is_no_hard_link(&error) => {
                    self.can_link.store(false, Ordering::Relaxed);
                }
                other => return other,
            }
        }
        let mut source = from.open_file(path)?;
        let mut copy = self.env.create_file(path, if executable { 0o555 } else { 0o444 })?;
        io::copy(&mut source, &mut copy)?;
        file::close(copy)
    }

    /// Writes a copy of a script with the environment's interpreter in its first line.
    fn write_script(&self, from: &Directory, path: &str) -> io::Result<()> {
        let script = from.read(path, MAX_SCRIPT)?;
        self.env.write_new(path, &with_interpreter(&script, self.interpreter), 0o555)
    }
}

#[cfg(test)]
mod tests {
    use snakecrate_format::digest::FileDigest;
    use snakecrate_format::entry_path::EntryPath;

    use super::*;

    #[test]
    fn a_directory_of_one_layer_alone_is_whole() {
        let node = |mode| Node::File { mode, size: 0, digest: FileDigest::of(b"") };
        let item = |text: &&str| {
            let mode = if text.ends_with('!') { Mode::Executable } else { Mode::Plain };
            Item { path: EntryPath::new(text).unwrap(), node: node(mode) }
        };
        let listing = |paths: &[&str]| Listing::new(paths.iter().map(item).collect()).unwrap();
        let layers = [
            &listing(&["bin/python!", "lib/py/email/mime/x", "lib/py/email/y", "lib/py/os", "z/a"]),
            &listing(&["lib/py/ssl", "lib/py/sqlite3/a", "share/x"]),
        ];
        let fixed = fixed_directories(&layers);
        let whole = whole_directories(&layers, &|_, directory| !fixed.contains(directory));
        let expected = [("lib/py/email", 0), ("lib/py/sqlite3", 1), ("share", 1), ("z", 0)];
        assert_eq!(whole.iter().copied().collect::<BTreeSet<_>>(), expected.into());
        let whole = whole.into_iter().map(|(directory, _)| directory).collect();
        assert!(is_below(&whole, "lib/py/email/mime/x") && is_below(&whole, "z"));
        assert!(!is_below(&whole, "lib/py/emails") && !is_below(&whole, "lib/py"));
    }

    #[test]
    fn the_first_layer_has_a_path_that_several_have() {
        let listing = |paths: &[&str]| {
            let node = |text: &str| Node::File {
                mode: Mode::Plain,
                size: 0,
                digest: FileDigest::of(text.as_bytes()),
            };
            let item = |text: &&str| Item { path: EntryPath::new(text).unwrap(), node: node(text) };
            Listing::new(paths.iter().map(item).collect()).unwrap()
        };
        let layers = [&listing(&["b", "d/x"]), &listing(&["a", "b"]), &listing(&["a", "d/x", "e"])];
        let found = winners(&layers);
        let found: Vec<_> =
            found.iter().map(|(layer, item)| (*layer, item.path.as_str())).collect();
        assert_eq!(found, [(0, "b"), (0, "d/x"), (1, "a"), (2, "e")]);
    }
}
