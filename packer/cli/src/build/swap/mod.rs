//! A finished archive with other components: `snakecrate swap`.
//!
//! ```text
//! archive ─→ contents: facts, native code, entries ────────────────────┐
//! new interpreter, wheels, application, C library, packed as by a build ┴→ checks ─→ plan ─→ archive
//! ```
//!
//! It is a build in which most components are packed already: they are copied from the archive as they
//! are stored. An archive doesn't know the settings that made it, so they are read from its contents:
//! the parts of the standard library that it has, the form of its bytecode, its entries.
//!
//! The interpreter of this machine, packed as for a runtime file, stands in for the runtime of an archive
//! that has none: for the audit and the proof.

mod app;
mod attachments;
mod c_library;
mod contents;
mod entries;
mod external;
mod interpreter;
mod layers;
mod parts;
mod plan;
mod requirements;
mod runtime;
mod wheels;

use std::path::PathBuf;

use snakecrate_base::ui::Ui;
use snakecrate_format::manifest::{Choice, Manifest};
use snakecrate_runtime::Workers;

use super::Build;
use super::launch::optimization_of;
use super::pack::Work;
use super::requires::Overrides;
use super::swap_error::Error;
use crate::archive::Archive;
use crate::build_cache::BuildCache;
use crate::launchers::launcher;
use crate::settings::{LibcChoice, RuntimeChoice, Settings};
use crate::source::Source;
use contents::Contents;

/// The components to replace in an archive, or to add to it.
#[derive(Debug)]
pub struct Swap<'a> {
    /// The archive.
    pub archive: &'a Archive,
    /// Whether the runtime is replaced by that of the interpreter that the settings name.
    pub python: bool,
    /// Whether the C library is replaced by the one that the settings choose.
    pub libc: bool,
    /// New wheels.
    pub wheels: &'a [PathBuf],
    /// The source of a new application.
    pub app: Option<&'a Source>,
    /// The settings; those that the archive decides are ignored.
    pub settings: &'a Settings,
}

impl Build {
    /// Does all the work except writing.
    ///
    /// # Errors
    ///
    /// The archive is damaged, a new component does not fit it, or cannot be packed.
    pub fn swapped(swap: &Swap<'_>, ui: Ui) -> Result<Self, super::Error> {
        check(swap, ui)?;
        let manifest = swap.archive.manifest();
        let target = swap.archive.target()?;
        let launcher = launcher(target).ok_or(super::Error::NoLauncher { target: target.name })?;
        let cache = BuildCache::open()?;
        cache.remove_abandoned();
        let python = interpreter::choose(swap, target, &cache, ui)?;
        let old = Contents::read(swap.archive, &python, swap.python)?;
        old.check_bytecode(&python)?;
        let settings =
            Settings { sourceless: old.is_sourceless(&python), ..settings(swap, manifest) };
        let unpacked = cache.unpacking()?;
        let workers = Workers::new(&python);
        let overrides = match swap.app {
            Some(source) => Overrides::of(source, &settings),
            None => Overrides::default(),
        };
        let work = Work::new(&settings, &python, &workers, &cache, unpacked.path(), overrides, ui)?;
        let planned = work.swapped(swap, old, &cache)?;
        // An entry that does not start is a failure: the archive had it.
        Ok(Self { named_entries: true, ..Self::of(planned, launcher, &settings) })
    }
}

/// Refuses to replace what is in a runtime file, and warns of what the new archive will not have.
fn check(swap: &Swap<'_>, ui: Ui) -> Result<(), Error> {
    let archive = swap.archive;
    let path = archive.path();
    for (is_given, option) in [(swap.python, "--python"), (swap.libc, "--libc")] {
        if is_given && archive.manifest().is_without_runtime() {
            return Err(Error::External { path: path.to_owned(), option });
        }
    }
    if archive.record().signature.is_some() {
        ui.warn_with_help(
            format_args!("{} is signed, and the new archive is not", path.display()),
            "sign it again",
        );
    }
    let more = archive.length().saturating_sub(archive.record().archive_length);
    if more > 0 {
        ui.warn(format_args!(
            "the new archive lacks {more} bytes that were appended to {}",
            path.display()
        ));
    }
    Ok(())
}

/// The settings of a build that would make the archive, as far as its manifest shows them.
fn settings(swap: &Swap<'_>, manifest: &Manifest) -> Settings {
    let launch = &manifest.launch;
    let is_disabled = |name: &str| launch.disabled_commands.iter().any(|one| one == name);
    let libc = match manifest.c_library.as_ref().map(|library| library.choice) {
        _ if swap.libc => swap.settings.libc,
        // That of the runtime file.
        _ if manifest.is_without_runtime() => LibcChoice::Auto,
        None => LibcChoice::Host,
        Some(Choice::Auto) => LibcChoice::Auto,
        Some(Choice::Bundled) => LibcChoice::Bundled,
    };
    Settings {
        isolated: launch.options.iter().any(|option| option == "-I"),
        python_options: launch.options.clone(),
        optimize: optimization_of(&launch.options),
        loader_variables: Some(launch.loader_variables),
        interpreter_access: !is_disabled("python"),
        keep_days: launch.keep_days,
        libc,
        runtime: if manifest.is_without_runtime() {
            RuntimeChoice::External
        } else {
            RuntimeChoice::Inside
        },
        ..swap.settings.clone()
    }
}
