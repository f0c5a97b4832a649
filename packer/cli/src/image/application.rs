//! The launcher and what it reads.
//!
//! ```text
//! /opt/snakecrate/bin/NAME                      → the launcher, for the application and each entry
//!                 env/bin/.snakecrate           the launcher, the same in every image
//!                 env/.snakecrate/launch        its plan: a ready environment (`stub/FORMAT.md`)
//!                 env/.snakecrate/manifest.json the archive's manifest
//!                 env/bin/ENTRY                 → the launcher
//! ```

use std::collections::HashSet;

use snakecrate_cache::environment::plan::StartedBy;
use snakecrate_cache::environment::ready::{LAUNCHER, ReadyEntry, ReadyPlan};
use snakecrate_cache::layout::{INTERPRETER, LAUNCH, MANIFEST};
use snakecrate_format::entry_path::EntryPath;
use snakecrate_format::manifest::{Manifest, Start};
use snakecrate_image::File;

use super::Error;
use super::place::{COMMANDS, ENVIRONMENT};
use crate::archive::Archive;
use crate::launchers;

/// The command that a container runs: it has the name of the application. If an entry has that name, it
/// is the default.
pub fn command(manifest: &Manifest) -> String {
    format!("{COMMANDS}/{}", manifest.name)
}

/// The layer with the launcher for the archive's target.
///
/// # Errors
///
/// This packer has none.
pub fn launcher(archive: &Archive) -> Result<Vec<File>, Error> {
    let target = archive.target()?;
    let bytes = launchers::launcher(target).ok_or(Error::NoLauncher(target.name))?;
    Ok(vec![File::executable(format!("{ENVIRONMENT}/{LAUNCHER}"), bytes)])
}

/// Paths in the environment where links to the launcher are: no distribution may have a file there.
pub fn links(manifest: &Manifest) -> HashSet<String> {
    let scripts = manifest.entries.iter().filter(|entry| !is_itself(&entry.start, &entry.name));
    scripts.map(|entry| format!("bin/{}", entry.name)).collect()
}

/// Whether the entry is the executable in its own place.
fn is_itself(start: &Start, name: &str) -> bool {
    matches!(start, Start::Native(path) if path.as_str() == format!("bin/{name}"))
}

/// What the launcher reads, and the links to it.
///
/// # Errors
///
/// The archive cannot be read, or has a hook for its first start.
pub fn files(archive: &Archive) -> Result<Vec<File>, Error> {
    let manifest = archive.manifest();
    if manifest.entries.iter().any(|entry| entry.first_run.is_some()) {
        return Err(Error::FirstRun(archive.path().to_owned()));
    }
    let plan = plan(manifest).encode();
    let text = archive.manifest_bytes()?;
    let mut files = vec![
        File::plain(format!("{ENVIRONMENT}/{LAUNCH}"), plan),
        File::plain(format!("{ENVIRONMENT}/{MANIFEST}"), text),
    ];
    let mut commands: Vec<_> =
        manifest.entries.iter().map(|entry| format!("{COMMANDS}/{}", entry.name)).collect();
    commands.push(command(manifest));
    commands.sort();
    commands.dedup();
    let target = |depth: &str| format!("{depth}{LAUNCHER}");
    files.extend(commands.into_iter().map(|path| File::link(path, target("../env/"))));
    let mut links: Vec<_> = links(manifest).into_iter().collect();
    links.sort();
    let link = |path| File::link(format!("{ENVIRONMENT}/{path}"), target("../"));
    files.extend(links.into_iter().map(link));
    Ok(files)
}

/// The launch plan. The interpreter names its C library itself, and the layer below has a loader where
/// native entries look for one, so the plan has none.
fn plan(manifest: &Manifest) -> ReadyPlan {
    let entry = |entry: &snakecrate_format::manifest::Entry| {
        let (by, path) = match &entry.start {
            Start::Python(path) => (StartedBy::Python, path.clone()),
            Start::Native(path) => (StartedBy::Native, path.clone()),
        };
        ReadyEntry { name: entry.name.clone(), by, path }
    };
    ReadyPlan {
        default: manifest.launch.default.clone().unwrap_or_default(),
        loader_variables: manifest.launch.loader_variables,
        interpreter: EntryPath::new(INTERPRETER).expect("it is a path"),
        loader: None,
        options: manifest.launch.options.clone(),
        programs: Vec::new(),
        entries: manifest.entries.iter().map(entry).collect(),
    }
}
