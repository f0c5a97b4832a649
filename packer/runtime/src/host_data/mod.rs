//! Data that applications expect on their host, for hosts that lack it: trust roots for TLS, time
//! zones, descriptions of terminals.
//!
//! ```text
//! share/cacert.pem      with `ssl`
//! share/tzdata.zip      with `zoneinfo`
//! share/terminfo/x/…    with `curses`
//! ```
//!
//! The host's data always comes first: it is newer, and its administrator chose it. A statement is
//! added to each of these modules of the standard library, so that it also searches the archive.
//! This costs nothing until the module is imported, and sets no variable that a child process of the
//! application could see.

pub mod terminals;
mod trust;
mod zones;

use snakecrate_format::entry_path::EntryPath;

use crate::error::Error;
use crate::trim::Trim;
use snakecrate_base::python::Interpreter;
use snakecrate_base::tree::{Content, Mode, Node, Tree};
use snakecrate_base::ui::Ui;

/// Adds to the runtime `tree` the data that its modules may miss on a host. `trim` may refuse it.
pub fn equip(tree: &mut Tree, interpreter: &Interpreter, trim: &Trim, ui: Ui) -> Result<(), Error> {
    let stdlib = interpreter.lib();
    trust::equip(tree, &stdlib, trim)?;
    zones::equip(tree, &stdlib, trim)?;
    terminals::equip(tree, interpreter, trim, ui)
}

/// Adds a module.
fn put(tree: &mut Tree, path: &str, source: &str) -> Result<(), Error> {
    tree.insert_file(EntryPath::new(path)?, Mode::Plain, source.as_bytes().to_vec());
    Ok(())
}

/// Adds a file, unless `trim` refuses it.
fn insert(
    tree: &mut Tree,
    trim: &Trim,
    path: &str,
    content: impl Into<Content>,
) -> Result<(), Error> {
    if trim.keeps(path) {
        tree.insert_file(EntryPath::new(path)?, Mode::Plain, content);
    }
    Ok(())
}

/// Changes the module at `path` of the tree; returns whether it exists.
fn change(
    tree: &mut Tree,
    path: &str,
    change: impl FnOnce(String) -> String,
) -> Result<bool, Error> {
    let path = EntryPath::new(path)?;
    let Some(Node::File { mode, content }) = tree.get(&path) else { return Ok(false) };
    let fail = |source| Error::Read { path: path.as_path().to_owned(), source };
    let bytes = content.read().map_err(fail)?;
    // The standard library is UTF-8, except for files that only tests read.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mode = *mode;
    tree.insert_file(path, mode, change(text).into_bytes());
    Ok(true)
}

/// The text of a module with statements added at its end, where they shift no line numbers.
fn appended(mut text: String, statements: &str) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str("\n\n# Added by Snakecrate.\n");
    text.push_str(statements);
    text
}

#[cfg(test)]
mod tests;
