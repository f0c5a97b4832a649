//! `help`: what the variable can be, and what else concerns whoever runs an archive.

use super::{COMMANDS, Switch, Text, VARIABLE, print};
use crate::cache::root;
use crate::error::Error;

pub(super) fn run(switch: &Switch<'_>) -> Result<i32, Error> {
    let manifest = &switch.manifest;
    let program = switch.archive.file_name().unwrap_or_default().display();
    let mut text = Text::default();
    text.line(format_args!(
        "{}: a Python application in one executable file, packed by Snakecrate\n\n\
         Usage: {program} [ARGUMENTS]",
        switch.title(),
    ));
    if let [_, _, ..] = manifest.entries.as_slice() {
        let names: Vec<_> = manifest.entries.iter().map(|entry| entry.name.as_str()).collect();
        text.line(format_args!("Entries: {}", names.join(", ")));
        let how = match &manifest.launch.default {
            Some(name) => format!("A link to it of such a name starts that; else it is {name}."),
            None => "A link to it of such a name starts that, or the first argument.".into(),
        };
        text.line(format_args!("{how}"));
    }
    text.line(format_args!("\nInstead of starting it:"));
    for command in &COMMANDS {
        let how = format!("{VARIABLE}={} {program} {}", command.name, command.argument);
        text.line(format_args!("  {}\n      {}", how.trim_end(), command.help));
    }
    text.line(format_args!(
        "
It unpacks itself once, to the first of these that will do:"
    ));
    for path in root::candidates() {
        text.line(format_args!("  {}", path.display()));
    }
    text.line(format_args!("{} names another directory, and the only one.", root::VARIABLE));
    print(text.0)?;
    Ok(0)
}
