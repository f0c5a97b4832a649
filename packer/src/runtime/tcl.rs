//! The scripts of Tcl and Tk, without which `tkinter` does not start.

use std::path::PathBuf;

use crate::python::Interpreter;

/// Directories of the build machine, and what they are in the tree.
pub fn data(_interpreter: &Interpreter) -> Vec<(PathBuf, String)> {
    Vec::new()
}
