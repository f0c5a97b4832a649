//! `help`: show the commands, the entries and the places for the cache.

use snakecrate_cache::places::{self, candidates};

use super::invocation::Invocation;
use super::list::COMMANDS;
use super::report::{Text, print};
use crate::error::Error;
use crate::request::VARIABLE;

/// Prints the help.
pub fn run(invocation: &Invocation<'_>) -> Result<i32, Error> {
    let manifest = &invocation.manifest;
    let program = invocation.archive.file_name().unwrap_or_default().display();
    let mut text = Text::default();
    text.line(format_args!(
        "{}: a Python application in one executable file, packed by Snakecrate\n\n\
         Usage: {program} [ARGUMENTS]",
        invocation.title(),
    ));
    if manifest.entries.len() > 1 {
        let names: Vec<_> = manifest.entries.iter().map(|entry| entry.name.as_str()).collect();
        text.line(format_args!("Entries: {}", names.join(", ")));
        let other = match &manifest.launch.default {
            Some(name) => format!("; the default is {name}"),
            None => ", or name the entry in the first argument".into(),
        };
        text.line(format_args!("Symlink this file to an entry's name to run that entry{other}."));
    }
    text.line(format_args!("\nCommands that run instead of the application:"));
    let disabled = &manifest.launch.disabled_commands;
    for command in COMMANDS.iter().filter(|one| !disabled.iter().any(|name| name == one.name)) {
        let how = format!("{VARIABLE}={} {program} {}", command.name, command.argument);
        text.line(format_args!("  {}\n      {}", how.trim_end(), command.help));
    }
    text.line(format_args!("\nThe first start unpacks the file to the first usable directory:"));
    for path in candidates() {
        text.line(format_args!("  {}", path.display()));
    }
    if let Some(shared) = places::of_all_users() {
        let shared = shared.display();
        text.line(format_args!("It is not unpacked if root has done that in {shared}."));
    }
    text.line(format_args!("Set {} to use another directory and no other.", places::VARIABLE));
    if let Some(publisher) = manifest.publisher() {
        text.line(format_args!(
            "\nFor help, contact {publisher}, with the output of {VARIABLE}=report."
        ));
    }
    print(text.0)?;
    Ok(0)
}
