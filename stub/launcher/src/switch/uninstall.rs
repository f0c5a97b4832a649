//! `uninstall`: what was unpacked and no other archive uses goes away.

use super::{NOT_WELL, Switch, Text, in_cache, print, roots};
use crate::cache::uninstall::{Uninstalled, uninstall};
use crate::error::Error;
use snakecrate_format::size::Size;

pub(super) fn run(switch: &Switch<'_>) -> Result<i32, Error> {
    switch.no_arguments()?;
    let (mut text, mut status) = (Text::default(), 0);
    for root in roots() {
        let done = uninstall(&root, &switch.key(), &switch.manifest).map_err(in_cache(&root))?;
        let path = root.path().display();
        match done {
            Uninstalled::Nothing => {}
            Uninstalled::InUse => {
                status = NOT_WELL;
                text.line(format_args!("{path}: left alone, since it is running"));
            }
            Uninstalled::Removed { trees, bytes, kept } => {
                let others = match kept {
                    0 => String::new(),
                    kept => format!("; {kept} are used by other archives"),
                };
                let bytes = Size(bytes);
                text.line(format_args!("{path}: removed {trees} trees, {bytes}{others}"));
            }
        }
    }
    if text.0.is_empty() {
        text.line(format_args!("{} is unpacked nowhere", switch.title()));
    }
    print(text.0)?;
    Ok(status)
}
