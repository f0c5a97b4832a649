//! `size`: where the bytes of an archive go.

use std::path::Path;

use snakecrate_size::{Measured, Opened, measure};

use super::{Error, print};
use crate::archive::Archive;
use crate::cli::SizeArgs;

/// `snakecrate size`
pub(super) fn size(args: &SizeArgs) -> Result<(), Error> {
    let measured = measured(&args.file)?;
    print(&if args.json { measured.json() } else { measured.text() })
}

/// Measures the archive at `path`.
fn measured(path: &Path) -> Result<Measured, Error> {
    let archive = Archive::open_any(path)?;
    Ok(measure(Opened {
        path,
        length: archive.length(),
        payload: archive.payload(),
        manifest: archive.manifest(),
    })?)
}
