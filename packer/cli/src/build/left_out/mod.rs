//! The modules that `--only-proven` leaves out, for whoever misses one: an archive explains its error.

use snakecrate_base::tree::{Mode, Tree};
use snakecrate_format::entry_path::{BadPath, EntryPath};

use crate::footprint::Footprint;

/// What installs [`FINDER`].
const PATH_FILE: &str = "_snakecrate-left-out.pth";
/// The module that explains, without its end.
const MODULE: &str = "_snakecrate_left_out";
/// It is imported in every interpreter of the environment.
const FINDER: &str = include_str!("finder.py");
/// The dotted names of the modules, one a line.
const NAMES: &str = "_snakecrate_left_out.txt";

/// Adds what explains a missing module to the files of the application. `site` is the directory of
/// distributions.
pub(super) fn explain(footprint: &Footprint, site: &str, tree: &mut Tree) -> Result<(), BadPath> {
    if footprint.missing().is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = footprint.missing().iter().map(String::as_str).collect();
    let files = [
        (PATH_FILE.to_owned(), format!("import {MODULE}\n")),
        (format!("{MODULE}.py"), FINDER.replace("@NAMES@", NAMES)),
        (NAMES.to_owned(), names.join("\n") + "\n"),
    ];
    for (name, text) in files {
        let place = EntryPath::new(&format!("{site}/{name}"))?;
        tree.insert_file(place, Mode::Plain, text.into_bytes());
    }
    Ok(())
}
