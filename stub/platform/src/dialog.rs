//! Programs that show a window to the user, started by their paths.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use crate::imp;

/// Whether the user has a display, and standard error isn't a terminal.
pub fn is_useful() -> bool {
    imp::dialog::is_useful()
}

/// Starts `program` in a session of its own and leaves it alone. It gets this process's environment,
/// and no open file of it.
pub fn leave(program: &Path, argv: &[OsString]) -> io::Result<()> {
    imp::dialog::leave(program, argv)
}

/// Starts `program` likewise, runs until it ends, and ignores its status.
pub fn wait(program: &Path, argv: &[OsString]) -> io::Result<()> {
    imp::dialog::wait(program, argv)
}

/// A program that is killed when this is dropped, or when the thread that has started it ends.
#[derive(Debug)]
pub struct Dialog(imp::dialog::Dialog);

impl Dialog {
    /// Starts `program` in a session of its own. It gets this process's environment, a standard input
    /// for [`Dialog::send`], and no open file of this process.
    pub fn start(program: &Path, argv: &[OsString]) -> io::Result<Self> {
        imp::dialog::Dialog::start(program, argv).map(Self)
    }

    /// Writes to its standard input without waiting. Text for a program that does not read is lost.
    pub fn send(&self, text: &str) {
        self.0.send(text);
    }
}
