//! The launcher and what it reads.

use std::path::Path;

use snakecrate_cache::environment::guards::Rows;
use snakecrate_cache::environment::plan::{LaunchPlan, LibcInUse};
use snakecrate_cache::layout::{LAUNCH, MANIFEST};
use snakecrate_format::entry_path::EntryPath;
use snakecrate_format::manifest::{CLibrary, Manifest};
use snakecrate_image::File;

use super::Error;
use super::place::{C_LIBRARY, COMMANDS, ENVIRONMENT, absolute};
use crate::archive::Archive;

/// The name of the launcher: that of the application. If an entry has that name, it is the default.
pub fn launcher(manifest: &Manifest) -> &str {
    &manifest.name
}

/// The launcher, links to it named like the entries, and its launch plan.
///
/// # Errors
///
/// The archive cannot be read.
pub fn files(archive: &Archive, library: &CLibrary) -> Result<Vec<File>, Error> {
    let manifest = archive.manifest();
    let name = launcher(manifest);
    let mut files = vec![File::executable(format!("{COMMANDS}/{name}"), archive.launcher()?)];
    let others = manifest.entries.iter().filter(|entry| entry.name != name);
    files.extend(others.map(|entry| File::link(format!("{COMMANDS}/{}", entry.name), name)));
    let loader = absolute(&format!("{C_LIBRARY}/{}", library.loader));
    let own = LibcInUse::Own(loader.into());
    let home = absolute(ENVIRONMENT);
    let is_loaded = |_: &EntryPath| true;
    let rows = Rows::default();
    let mut plan = LaunchPlan::new(manifest, Path::new(&home), own, rows, is_loaded, |_| None);
    plan.boot_id.clear();
    plan.runtime = "../runtime".into();
    files.push(File::plain(format!("{ENVIRONMENT}/{LAUNCH}"), plan.encode()));
    let text = serde_json::to_vec(manifest).unwrap_or_default();
    files.push(File::plain(format!("{ENVIRONMENT}/{MANIFEST}"), text));
    Ok(files)
}
