//! This process: what it was started as and with, and running another program in its place.

use std::io;
use std::process::Command;

use crate::imp;

/// Runs `command` in the place of this process, and returns only if that fails. Where a process
/// cannot be replaced, waits for the command and exits with its status.
pub fn replace_by(command: &mut Command) -> io::Error {
    imp::process::replace_by(command)
}
