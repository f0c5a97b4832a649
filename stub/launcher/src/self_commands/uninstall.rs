//! `uninstall`: remove the unpacked files that no other archive uses.

use snakecrate_cache::uninstall::{Uninstalled, uninstall};
use snakecrate_format::size::Size;

use super::invocation::{ALL_USERS, Invocation, roots};
use super::report::{NOT_WELL, Text, in_cache, print};
use crate::error::Error;

pub fn run(invocation: &Invocation<'_>) -> Result<i32, Error> {
    let all_users = invocation.flag(ALL_USERS)?;
    let (mut text, mut status) = (Text::default(), 0);
    for root in roots(all_users) {
        let done = uninstall(&root, &invocation.key(), &invocation.manifest);
        let path = root.path().display();
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
    if text.0.is_empty() {
        text.line(format_args!("{} is not unpacked", invocation.title()));
    }
    print(text.0)?;
    Ok(status)
}
