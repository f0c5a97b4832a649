//! `uninstall`: remove the unpacked files that no other archive uses.

use snakecrate_cache::inventory::{EnvInfo, made_from};
use snakecrate_cache::last_errors;
use snakecrate_cache::uninstall::{Uninstalled, uninstall};
use snakecrate_format::manifest::Manifest;
use snakecrate_format::size::Size;

use super::desktop;
use super::invocation::{ALL_USERS, Invocation, roots};
use super::report::{NOT_WELL, Text, in_cache, print};
use crate::error::Error;

pub fn run(invocation: &Invocation<'_>) -> Result<i32, Error> {
    let all_users = invocation.flag(ALL_USERS)?;
    let record = invocation.payload.record();
    let (mut text, mut status) = (Text::default(), 0);
    for root in roots(all_users) {
        let path = root.path().display();
        // Whoever cannot write there removes nothing below, either.
        let _ = last_errors::forget(&root, &record.manifest_digest.to_string());
        let mut remove = |key: &str, manifest: &Manifest| {
            match uninstall(&root, key, manifest).map_err(in_cache(&root))? {
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
            Ok::<_, Error>(())
        };
        if record.runtime.is_some() {
            // One environment for each runtime file that it was started with.
            for key in made_from(&root, &record.manifest_digest).map_err(in_cache(&root))? {
                if let Ok(EnvInfo { manifest: Some(manifest), .. }) = EnvInfo::read(&root, &key) {
                    remove(&key, &manifest)?;
                }
            }
        }
        // Components may be left of environments that are gone.
        remove(&invocation.key(), &invocation.manifest)?;
    }
    // Another archive's files stay.
    if !all_users && status == 0 {
        let _ = desktop::remove_files(invocation, &mut text);
    }
    if text.0.is_empty() {
        text.line(format_args!("{} is not unpacked", invocation.title()));
    }
    print(text.0)?;
    Ok(status)
}
