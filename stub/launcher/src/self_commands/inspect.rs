//! `inspect`: show the contents and where they are unpacked.

use std::fmt;

use snakecrate_cache::layout::ENVS;
use snakecrate_format::manifest::{Component, Manifest};
use snakecrate_format::size::Size;

use super::invocation::{Invocation, all_roots};
use super::report::{Text, print};
use crate::error::Error;
use crate::start::attempt::NotStarted;
use crate::start::warm::Env;

pub fn run(invocation: &Invocation<'_>) -> Result<i32, Error> {
    if invocation.flag("--json")? {
        print(invocation.payload.manifest_bytes()?)?;
        return Ok(0);
    }
    let manifest = &invocation.manifest;
    let mut text = Text::default();
    let mut line = |label: &str, value: fmt::Arguments<'_>| text.field(label, value);
    let sum = |number: fn(&Component) -> u64| {
        manifest.components.iter().map(number).fold(0, u64::saturating_add)
    };
    let python = &manifest.python;
    line("name", format_args!("{}", invocation.title()));
    line("target", format_args!("{}", manifest.target));
    line("python", format_args!("{} {}", python.implementation, python.version));
    text.runtime(&invocation.runtime);
    let mut line = |label: &str, value: fmt::Arguments<'_>| text.field(label, value);
    let size = Size(invocation.payload.record().archive_length);
    line("archive", format_args!("{} ({size})", invocation.archive.display()));
    line("contents", format_args!("{} in {} files", Size(sum(|c| c.bytes)), sum(|c| c.files)));
    line("digest", format_args!("{}", invocation.payload.record().manifest_digest));
    let key = invocation.key();
    let mut unpacked = false;
    for root in all_roots() {
        let check = match Env::open(&root, &key) {
            Ok(_) => "",
            Err(NotStarted::Suspect(_)) => " (the next start checks it)",
            Err(_) => continue,
        };
        line("unpacked", format_args!("{}{check}", root.path_of(ENVS, &key).display()));
        unpacked = true;
    }
    if !unpacked {
        line("unpacked", format_args!("no"));
    }
    contents(manifest, &mut text);
    print(text.0)?;
    Ok(0)
}

/// Adds a line for each entry and each component.
pub fn contents(manifest: &Manifest, text: &mut Text) {
    for entry in &manifest.entries {
        let default = manifest.launch.default.as_ref() == Some(&entry.name);
        let mark = if default { " (default)" } else { "" };
        text.field("entry", format_args!("{} = {}{mark}", entry.name, entry.runs));
    }
    for c in &manifest.components {
        let (kind, size) = (c.kind.as_str(), Size(c.bytes));
        text.field(
            kind,
            format_args!("{} {}, {size}, {} files, {}", c.name, c.version, c.files, c.digest.key()),
        );
    }
}
