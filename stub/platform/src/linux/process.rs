use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

pub(crate) fn replace_by(command: &mut Command) -> io::Error {
    command.exec()
}
