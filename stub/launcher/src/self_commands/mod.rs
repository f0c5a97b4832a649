//! `SNAKECRATE=COMMAND ./app`: commands of the archive itself, for people who have no other tool.
//!
//! `python` and `run` replace the process; the application's entry is not started. Results of the
//! others go to standard output. Only `repair` prints to standard error, so that an application may
//! run it without changing its own output.

mod bug_report;
mod desktop;
mod extract;
mod help;
mod info;
mod inspect;
mod invocation;
mod list;
mod prepare;
mod repair;
mod report;
mod uninstall;
mod verify;

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use snakecrate_format::manifest::Feature;
use snakecrate_format::payload::Payload;
use snakecrate_format::record::BootRecord;
use snakecrate_platform::file::SharedFile;
use snakecrate_platform::process;

use crate::error::Error;
use crate::request::{Request, VARIABLE};
use crate::start::start;
use invocation::Invocation;
use list::{COMMANDS, Command};

/// The command that the variable names; `None` if it is not set, or empty.
pub fn requested() -> Option<OsString> {
    std::env::var_os(VARIABLE).filter(|word| !word.is_empty())
}

/// Runs the command `word` and returns the exit status.
pub fn run(
    word: &OsStr,
    record: BootRecord,
    arguments: &[OsString],
    archive: PathBuf,
) -> Result<i32, Error> {
    let Some(command) = COMMANDS.iter().find(|text| word == text.name) else {
        return Err(Error::NoCommand {
            word: word.to_owned(),
            names: COMMANDS.iter().map(|text| text.name).collect(),
        });
    };
    let file =
        process::open_own().map_err(|source| Error::Open { path: archive.clone(), source })?;
    let payload = Payload::new(SharedFile(file), record)?;
    let manifest = payload.manifest(Feature::LAUNCHER)?;
    if manifest.launch.disabled_commands.iter().any(|name| name == command.name) {
        return Err(Error::Disabled(command.name));
    }
    let arguments = arguments.get(1..).unwrap_or_default();
    let invocation = Invocation::new(arguments, archive, payload, manifest)?;
    match command.command {
        Command::Help => help::run(&invocation),
        Command::Inspect => inspect::run(&invocation),
        Command::Info => info::run(&invocation),
        Command::Report => bug_report::run(&invocation),
        Command::Python => {
            match start(record, Request::Interpreter(arguments), &invocation.archive)? {}
        }
        Command::Run => {
            let (name, rest) = arguments.split_first().ok_or(Error::NoName)?;
            match start(record, Request::Script(name, rest), &invocation.archive)? {}
        }
        Command::Prepare => prepare::run(&invocation.with_runtime()?),
        Command::Verify => verify::run(&invocation),
        Command::Repair => repair::run(&invocation.with_runtime()?),
        Command::Extract => extract::run(&invocation),
        Command::DesktopInstall => desktop::install(&invocation.with_runtime()?),
        Command::DesktopRemove => desktop::remove(&invocation),
        Command::Uninstall => uninstall::run(&invocation),
    }
}
