//! An archive is written and started before anything else is done with it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use snakecrate_base::below_app;
use snakecrate_base::ui::Ui;
use snakecrate_runtime::Called;

use super::Error;
use crate::archive::Aside;
use crate::build::Build;
use crate::proof::{self, Outcome, Proof};
use crate::settings::Settings;

/// The modules that a warning names.
const LISTED: usize = 6;

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

/// Warns of modules that functions import, where nothing has them and no command of the proof has called it.
pub(super) fn warn_of_modules(build: &Build, proof: &Proof, ui: Ui) {
    let loaded: BTreeSet<&str> = proof.loaded().collect();
    // A script is started as a file: only its imports were made.
    let is_loaded = |path: &str| loaded.contains(path) || is_script(path);
    let is_imported = |module: &str| proof.modules.contains_key(module);
    match &build.hints().lacking_in_functions(is_loaded, is_imported)[..] {
        [] => {}
        [(Called { module, path }, advice)] => {
            let file = shown(path);
            let what = format!("a function in {file} imports {module}: {}", advice.cause);
            ui.warn_with_help(what, &advice.remedy);
        }
        all => {
            let one = |(one, _): &(&Called, _)| format!("{} ({})", one.module, shown(&one.path));
            let mut listed: Vec<String> = all.iter().take(LISTED).map(one).collect();
            if all.len() > LISTED {
                listed.push(format!("and {} more", all.len() - LISTED));
            }
            let listed = listed.join(", ");
            let what =
                format!("functions import modules that no packed distribution has: {listed}");
            ui.warn_with_help(what, format_args!("for each: {}", build.hints().how_to_add));
        }
    }
}

/// Whether the file at `path` of an application stands beside its scripts.
fn is_script(path: &str) -> bool {
    below_app(path).is_some_and(|name| !name.contains('/'))
}

/// The path of a file of an application, below the directory that has the modules.
fn shown(path: &str) -> &str {
    let below = path.split_once("/site-packages/").map(|(_, below)| below);
    below.or_else(|| below_app(path)).unwrap_or(path)
}

/// The error about an archive that failed its proof, and is kept there.
pub(super) fn unproven(build: &Build, error: proof::Error, kept: Option<PathBuf>) -> Error {
    let advice = error.output().and_then(|output| build.hints().advice(output));
    Error::Proof { error: Box::new(error), advice, kept }
}
