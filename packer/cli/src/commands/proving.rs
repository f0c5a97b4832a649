//! An archive is written and started before anything else is done with it.

use std::path::{Path, PathBuf};

use snakecrate_base::ui::Ui;

use super::Error;
use crate::archive::Aside;
use crate::build::Build;
use crate::proof::{self, Outcome};
use crate::settings::Settings;

/// Writes the archive beside `output`, and proves it. Entries that cannot be offered are left out.
pub(super) fn started(
    build: &mut Build,
    settings: &Settings,
    output: &Path,
    ui: Ui,
) -> Result<(Aside, Result<Outcome, proof::Error>), Error> {
    loop {
        let aside = build.write_aside(output)?;
        match proof::prove(aside.path(), build, &settings.proof, ui) {
            Ok(Outcome::Withhold(entries)) => build.withhold(&entries, ui),
            proven => return Ok((aside, proven)),
        }
    }
}

/// The error about an archive that failed its proof, and is kept there.
pub(super) fn unproven(build: &Build, error: proof::Error, kept: Option<PathBuf>) -> Error {
    let advice = error.output().and_then(|output| build.hints().advice(output));
    Error::Proof { error: Box::new(error), advice, kept }
}
