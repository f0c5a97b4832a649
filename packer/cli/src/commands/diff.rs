//! `diff`: the differences between two archives.

use std::process::ExitCode;

use super::{Error, print};
use crate::archive::Archive;
use crate::cli::DiffArgs;
use crate::diff::{Difference, Index};
use crate::exit_status::DIFFERENT;

/// `snakecrate diff`
pub(super) fn diff(args: &DiffArgs) -> Result<ExitCode, Error> {
    let (old, new) = (Archive::open_any(&args.old)?, Archive::open_any(&args.new)?);
    let mut difference = Difference::new(&old, &new)?;
    let asked = if args.online {
        difference.look_up(&Index::new(args.index_url.as_deref()))
    } else {
        Ok(())
    };
    print(&if args.json { difference.json() } else { difference.text() })?;
    asked?;
    let is_reported = args.exit_code && !difference.equal;
    Ok(if is_reported { ExitCode::from(DIFFERENT) } else { ExitCode::SUCCESS })
}
