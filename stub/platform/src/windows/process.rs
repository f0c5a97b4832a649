use std::ffi::{OsStr, OsString, c_char, c_int};
use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, exit};

use crate::types::HIDING;

/// Takes the arguments from the system, since those of the C runtime aren't Unicode.
///
/// # Safety
///
/// This version has no requirements; other platforms have.
pub(crate) unsafe fn arguments(_count: c_int, _values: *const *const c_char) -> Vec<OsString> {
    std::env::args_os().collect()
}

/// Windows never gives a process more rights than its caller has without asking the user.
pub(crate) fn is_privileged() -> bool {
    false
}

pub(crate) fn random() -> usize {
    usize::try_from(RandomState::new().build_hasher().finish()).unwrap_or(0)
}

pub(crate) fn own_path() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// Windows does not let a running executable be replaced under its name.
pub(crate) fn open_own() -> io::Result<File> {
    File::open(own_path()?)
}

pub(crate) fn started_as() -> io::Result<PathBuf> {
    own_path()
}

pub(crate) fn execute(
    program: &Path,
    argv: &[OsString],
    variable: Option<(&str, &OsStr)>,
    removed: &[&str],
    hidden: &[&str],
) -> io::Error {
    replace_by(&mut command(program, argv, variable, removed, hidden))
}

pub(crate) fn run(
    program: &Path,
    argv: &[OsString],
    variable: (&str, &OsStr),
    removed: &[&str],
    hidden: &[&str],
) -> io::Result<ExitStatus> {
    command(program, argv, Some(variable), removed, hidden).status()
}

fn command(
    program: &Path,
    argv: &[OsString],
    variable: Option<(&str, &OsStr)>,
    removed: &[&str],
    hidden: &[&str],
) -> Command {
    let mut command = Command::new(program);
    command.args(argv.iter().skip(1));
    let is_hidden = |name: &str| hidden.iter().any(|start| name.starts_with(start));
    for (name, value) in std::env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        if text.strip_prefix(HIDING).is_some_and(is_hidden) {
            command.env_remove(&name);
        }
        if is_hidden(text) {
            command.env_remove(&name).env([HIDING, text].concat(), value);
        }
    }
    for name in removed {
        command.env_remove(name);
    }
    command.envs(variable);
    command
}

pub(crate) fn replace_by(command: &mut Command) -> io::Error {
    match command.status() {
        // On Windows even a process that another one ended has a status.
        Ok(status) => exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}

/// Does nothing, since Windows has no such mask.
pub(crate) fn set_mask(_mask: u32) -> u32 {
    0
}
