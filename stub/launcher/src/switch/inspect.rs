//! `inspect`: what is inside, and where it is unpacked.

use super::{Switch, Text, print, roots};
use crate::cache::ENVS;
use crate::error::Error;
use crate::warm::Env;
use snakecrate_format::size::Size;

pub(super) fn run(switch: &Switch<'_>) -> Result<i32, Error> {
    if switch.flag("--json")? {
        print(switch.payload.manifest_bytes()?)?;
        return Ok(0);
    }
    let manifest = &switch.manifest;
    let mut text = Text::default();
    let mut line = |label: &str, value: std::fmt::Arguments<'_>| {
        text.line(format_args!("{label:<11}{value}"));
    };
    let sum = |of: fn(&snakecrate_format::manifest::Component) -> u64| {
        manifest.components.iter().map(of).fold(0, u64::saturating_add)
    };
    let python = &manifest.python;
    line("name", format_args!("{}", switch.title()));
    line("target", format_args!("{}", manifest.target));
    line("python", format_args!("{} {}", python.implementation, python.version));
    let size = switch.payload.record().archive_length;
    line("archive", format_args!("{} ({})", switch.archive.display(), Size(size)));
    line("contents", format_args!("{} in {} files", Size(sum(|c| c.bytes)), sum(|c| c.files)));
    line("digest", format_args!("{}", switch.payload.record().manifest_digest));
    let key = switch.key();
    let mut unpacked = false;
    for root in roots() {
        let path = root.path_of(ENVS, &key);
        match Env::open(&root, &key) {
            Ok(_) => line("unpacked", format_args!("{}", path.display())),
            Err(crate::warm::Cold::Suspect(..)) => {
                line(
                    "unpacked",
                    format_args!("{} (to be checked at its next start)", path.display()),
                );
            }
            Err(_) => continue,
        }
        unpacked = true;
    }
    if !unpacked {
        line("unpacked", format_args!("nowhere yet"));
    }
    for entry in &manifest.entries {
        let default = manifest.launch.default.as_ref() == Some(&entry.name);
        let mark = if default { " (default)" } else { "" };
        line("entry", format_args!("{} = {}{mark}", entry.name, entry.runs));
    }
    for c in &manifest.components {
        let (kind, size) = (c.kind.as_str(), Size(c.bytes));
        line(
            kind,
            format_args!("{} {}, {size}, {} files, {}", c.name, c.version, c.files, c.digest.key()),
        );
    }
    print(text.0)?;
    Ok(0)
}
