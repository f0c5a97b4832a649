//! This process: its arguments and its own file, and running another program in its place.

use std::ffi::{OsStr, OsString, c_char, c_int};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::imp;
pub use crate::types::HIDING;

/// The process's arguments, byte for byte.
///
/// # Safety
///
/// `count` and `values` are the `argc` and `argv` that the C runtime gave to `main`.
pub unsafe fn arguments(count: c_int, values: *const *const c_char) -> Vec<OsString> {
    // SAFETY: as the caller promises.
    unsafe { imp::process::arguments(count, values) }
}

/// Whether the system gave this process more rights than its caller has (setuid, setgid, file
/// capabilities).
pub fn is_privileged() -> bool {
    imp::process::is_privileged()
}

/// A random number that is fixed for this process. It takes no system call and isn't for secrets.
pub fn random() -> usize {
    imp::process::random()
}

/// The path of the running executable, links resolved.
pub fn own_path() -> io::Result<PathBuf> {
    imp::process::own_path()
}

/// Opens the running executable for reading, even if another file has its name by now.
pub fn open_own() -> io::Result<File> {
    imp::process::open_own()
}

/// The path by which the process was started: as the caller wrote it, or as it was found on the
/// `PATH`.
pub fn started_as() -> io::Result<PathBuf> {
    imp::process::started_as()
}

/// Replaces the process by `program`, and returns only if that fails. Signal mask, dispositions,
/// descriptors and limits stay as they are; the standard library's `exec` would reset two of them.
/// Where a process cannot be replaced, waits for the program and exits with its status.
///
/// The program gets this process's environment, with `variable` (a name and a value) set if
/// it is given, and without the variables that are called as in `removed`. Variables whose names
/// begin with one of `hidden` get a prefix ([`HIDING`]), which the program must remove.
pub fn execute(
    program: &Path,
    argv: &[OsString],
    variable: Option<(&str, &OsStr)>,
    removed: &[&str],
    hidden: &[&str],
) -> io::Error {
    imp::process::execute(program, argv, variable, removed, hidden)
}

/// Runs `program` in a child process and waits for its end. The child gets what a program that
/// [`execute`] starts would get.
///
/// Until then this process ignores the terminal's interrupt and quit signals, which the child gets,
/// too. If this process ends before the child, the child is asked to terminate.
pub fn run(
    program: &Path,
    argv: &[OsString],
    variable: (&str, &OsStr),
    removed: &[&str],
    hidden: &[&str],
) -> io::Result<ExitStatus> {
    imp::process::run(program, argv, variable, removed, hidden)
}

/// Runs `command` in the place of this process, and returns only if that fails. Where a process
/// cannot be replaced, waits for the command and exits with its status.
pub fn replace_by(command: &mut Command) -> io::Error {
    imp::process::replace_by(command)
}

/// Sets the permissions that new files of this process do not get, and returns the old ones.
pub fn set_mask(mask: u32) -> u32 {
    imp::process::set_mask(mask)
}
