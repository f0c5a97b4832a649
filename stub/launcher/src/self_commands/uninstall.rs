//! `uninstall`: remove the unpacked files that no other archive uses.

use std::io;

use snakecrate_cache::inventory::{EnvInfo, made_from};
use snakecrate_cache::root::Root;
use snakecrate_cache::uninstall::{Uninstalled, uninstall};
use snakecrate_format::manifest::Manifest;
use snakecrate_format::size::Size;

use super::invocation::{ALL_USERS, Invocation, roots};
use super::report::{NOT_WELL, Text, in_cache, print};
use crate::error::Error;

pub fn run(invocation: &Invocation<'_>) -> Result<i32, Error> {
    let all_users = invocation.flag(ALL_USERS)?;
    let (mut text, mut status) = (Text::default(), 0);
    for root in roots(all_users) {
        let path = root.path().display();
        for (key, manifest) in environments(invocation, &root).map_err(in_cache(&root))? {
            let done = uninstall(&root, &key, &manifest);
            match done.map_err(in_cache(&root))? {
                Uninstalled::Nothing => {}
                Uninstalled::InUse => {
                    status = NOT_WELL;
                    text.line(format_args!("{path}: in use, not removed"));
                }
                Uninstalled::Removed { trees, bytes, kept } => {
                    let others = match kept {
                        0 => String::new(),
                        kept => format!("; kept {kept} that other archives use"),
                    };
                    let bytes = Size(bytes);
                    text.line(format_args!("{path}: removed {trees} trees, {bytes}{others}"));
                }
            }
        }
    }
    if text.0.is_empty() {
        text.line(format_args!("{} is not unpacked", invocation.title()));
    }
    print(text.0)?;
    Ok(status)
}

/// The environments of the archive: with a runtime file, one for each that it was started with.
fn environments(invocation: &Invocation<'_>, root: &Root) -> io::Result<Vec<(String, Manifest)>> {
    let own = (invocation.key(), invocation.manifest.clone());
    let record = invocation.payload.record();
    if record.runtime.is_none() {
        return Ok(vec![own]);
    }
    let with_manifest = |key: String| {
        let manifest = EnvInfo::read(root, &key).ok()?.manifest?;
        Some((key, manifest))
    };
    let keys = made_from(root, &record.manifest_digest)?;
    // Last, since its components may be left of environments that are gone.
    Ok(keys.into_iter().filter_map(with_manifest).chain([own]).collect())
}
