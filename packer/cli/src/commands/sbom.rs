//! `inspect --sbom`.

use std::path::Path;

use snakecrate_sbom::{cyclonedx, spdx};

use super::{Error, print};
use crate::archive::Archive;
use crate::bill;
use crate::cli::SbomFormat;

/// Prints the bill of materials of the archive `file`.
pub(super) fn sbom(file: &Path, format: SbomFormat) -> Result<(), Error> {
    let bill = bill::of(&Archive::open_any(file)?)?;
    let document = match format {
        SbomFormat::Cyclonedx => cyclonedx(&bill),
        SbomFormat::Spdx => spdx(&bill),
    };
    print(&String::from_utf8_lossy(&document))
}
