//! This process: what it was started as and with, and running another program in its place.

use std::ffi::{OsStr, OsString, c_char, c_int};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// A number that two processes share only by chance, without a system call.
pub fn random() -> usize {
    imp::process::random()
}

/// The path of the running executable, links resolved.
pub fn own_path() -> io::Result<PathBuf> {
    imp::process::own_path()
}

/// The running executable, open for reading: that very file, even if another has its name by now.
pub fn open_own() -> io::Result<File> {
    imp::process::open_own()
}

/// The path that the system was given: as the caller wrote it, or as it was found on the `PATH`.
pub fn started_as() -> io::Result<PathBuf> {
    imp::process::started_as()
}

/// Replaces the process by `program`. Signal mask, dispositions, descriptors and limits stay what
/// they were: the standard library's `exec` would reset two of them. Where a process cannot be
/// replaced, waits for the program and exits with its status.
///
/// The environment is the process's own with a variable set to a value. Variables whose names
/// begin with one of `hidden` get a prefix ([`HIDING`]), which the program is to take off. Returns
/// the error.
pub fn execute(
    program: &Path,
    argv: &[OsString],
    variable: (&str, &OsStr),
    hidden: &[&str],
) -> io::Error {
    imp::process::execute(program, argv, variable, hidden)
}

/// Runs `command` in the place of this process, and returns only if that fails. Where a process
/// cannot be replaced, waits for the command and exits with its status.
pub fn replace_by(command: &mut Command) -> io::Error {
    imp::process::replace_by(command)
}

/// Sets which permissions new files of this process do not get; returns those of before.
pub fn set_mask(mask: u32) -> u32 {
    imp::process::set_mask(mask)
}
