//! Writing a distribution's files.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use snakecrate_platform::file::{permissions, symlink};

use super::{Error, at};
use crate::wheel::SHEBANG;
use snakecrate_base::tree::{Mode, Node, Tree};

/// The longest `#!` line that every kernel reads completely, in bytes, newline included.
const SHEBANG_LIMIT: usize = 127;

/// Writes the files of `tree` below `directory`. Scripts are run by `python`.
pub(super) fn tree(tree: &Tree, directory: &Path, python: &Path) -> Result<(), Error> {
    for (path, node) in tree.iter() {
        let target = directory.join(path.as_path());
        let parent = target.parent().unwrap_or(directory);
        fs::create_dir_all(parent).map_err(at(parent))?;
        // Two distributions may have the same file, such as a module of a namespace.
        if target.symlink_metadata().is_err() {
            put(node, &target, python).map_err(at(&target))?;
        }
    }
    Ok(())
}

fn put(node: &Node, target: &Path, python: &Path) -> io::Result<()> {
    let (mode, content) = match node {
        Node::Link(to) => return symlink(to.as_str(), target),
        Node::File { mode, content } => (mode, content),
    };
    if *mode == Mode::Script {
        fs::write(target, script(&content.read()?, python))?;
    } else {
        io::copy(&mut content.open()?, &mut File::create(target)?)?;
    }
    if mode.is_executable() {
        fs::set_permissions(target, permissions(0o755))?;
    }
    Ok(())
}

/// `text` with another first line. The launcher writes the same two forms (`stub/FORMAT.md`).
fn script(text: &[u8], python: &Path) -> Vec<u8> {
    let rest = text.strip_prefix(SHEBANG.as_bytes()).unwrap_or(text);
    let python = python.display().to_string();
    let line = if python.len() + 3 <= SHEBANG_LIMIT && !python.contains(' ') {
        format!("#!{python}")
    } else {
        format!("#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''")
    };
    [line.as_bytes(), rest].concat()
}
