//! The user's own commands: entries with arguments that have to succeed.

use super::record::Record;
use super::surroundings::Surroundings;
use super::{Cause, Error, Proof};
use crate::settings::CommandLine;

/// Fails if a command names none of the `entries`.
pub(super) fn check(commands: &[CommandLine], entries: &[&str]) -> Result<(), Error> {
    match commands.iter().find(|command| !entries.contains(&command.name())) {
        Some(command) => Err(Error::UnknownEntry {
            name: command.name().to_owned(),
            entries: entries.iter().map(|&name| name.to_owned()).collect(),
        }),
        None => Ok(()),
    }
}

/// Runs the commands one after the other; `python` is the name of the interpreter.
pub(super) fn prove(
    surroundings: &Surroundings<'_>,
    commands: &[CommandLine],
    python: &str,
    proof: &mut Proof,
) -> Result<(), Error> {
    let record = if commands.is_empty() { None } else { Record::begin(surroundings, python)? };
    for command in commands {
        let ended = surroundings.run(command.name(), |start| {
            start.args(command.arguments());
        })?;
        let cause = match ended.status {
            Some(status) if status.success() => {
                if !record.as_ref().is_some_and(|record| record.take(proof)) {
                    proof.unrecorded.push(command.to_string());
                }
                proof.commands.push(command.to_string());
                continue;
            }
            Some(status) => {
                let is_silent = ended.stderr.trim().is_empty();
                let output = if is_silent { ended.stdout } else { ended.stderr };
                Cause::Ended { status, output }
            }
            None => Cause::TooLong(surroundings.limit()),
        };
        return Err(Error::Command { command: command.to_string(), cause });
    }
    Ok(())
}
