//! `swap`: other components in a finished archive.

use std::path::{Path, PathBuf};

use confique::Layer as _;
use snakecrate_base::error::Remedy;
use snakecrate_base::ui::{Ui, warnings};
use snakecrate_format::manifest::Kind;
use snakecrate_format::size::Size;

use super::{artifacts, build, proving};
use crate::archive::Archive;
use crate::build::{Build, Swap};
use crate::cli::{BuildArgs, SwapArgs};
use crate::diff::{Change, ComponentChange, Difference};
use crate::report::Report;
use crate::settings::{Options, Settings};

/// Why nothing was replaced.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An option of a build that a swap has no use for.
    #[error(
        "`{0}` is an option of the build of an archive, and cannot be changed in a finished one"
    )]
    Option(String),
    /// The output is the archive.
    #[error("{} is the archive itself", .0.display())]
    Same(PathBuf),
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Option(_) => "leave it out, or build anew from the source".into(),
            Self::Same(_) => "name another file with -o: `snakecrate diff` compares the two".into(),
        })
    }
}

/// `snakecrate swap`
pub(super) fn swap(args: &SwapArgs, ui: Ui) -> Result<(), super::Error> {
    if let Some(option) = args.meaningless().map_err(super::Error::Option)? {
        return Err(Error::Option(option).into());
    }
    let archive = Archive::open(&args.archive)?;
    let app = args.app.as_ref().map(|source| source_of(source, args)).transpose()?;
    let settings = match &app {
        Some((_, settings)) => settings.clone(),
        None => Settings::resolve([args.options.clone()]),
    };
    let output = args.options.output.clone().unwrap_or_default();
    if is_same(&args.archive, &output) {
        return Err(Error::Same(output).into());
    }
    let since = warnings().len();
    let swap = Swap {
        archive: &archive,
        python: args.options.python.is_some(),
        libc: args.options.libc.is_some(),
        wheels: &args.wheel,
        app: app.as_ref().map(|(source, _)| source),
        settings: &settings,
    };
    let build = Build::swapped(&swap, ui)?;
    write(build, &archive, &settings, &output, since, ui)
}

/// The source of the new application, and the settings for it: flags over its file. Which components
/// are replaced is for the flags alone.
fn source_of(
    source: &str,
    args: &SwapArgs,
) -> Result<(crate::source::Source, Settings), super::Error> {
    let args_of_build =
        BuildArgs { source: source.to_owned(), artifact: None, options: args.options.clone() };
    let (source, artifacts) = build::resolve(&args_of_build, &Options::empty())?;
    let settings = artifacts::only(artifacts, "an archive has one application")?.settings;
    let flags = Settings::resolve([args.options.clone()]);
    let settings = Settings { python: flags.python, report: flags.report, ..settings };
    Ok((source, settings))
}

/// Writes the archive, proves it, and reports what changed.
fn write(
    mut build: Build,
    old: &Archive,
    settings: &Settings,
    output: &Path,
    since: usize,
    ui: Ui,
) -> Result<(), super::Error> {
    let (aside, proven) = build::prove(&mut build, settings, output, build::Refused::Kept, ui)?;
    let report = |path: &Path| {
        let difference = Difference::new(old, &Archive::open(path)?)?;
        if let Some(file) = &settings.report {
            let warnings = warnings().split_off(since);
            let report = Report::new(&build, path, proven.as_ref(), warnings)?;
            report.with_changes(&difference).write(file)?;
        }
        Ok::<_, super::Error>(difference)
    };
    if proven.is_err() {
        let kept = build::keep(aside, &proven, output)?;
        kept.as_deref().map(report).transpose()?;
        return Err(proving::unproven(&build, proven.expect_err("it failed"), kept));
    }
    let written = aside.publish().map_err(crate::build::Error::from)?;
    build::forget_failed(output);
    say(&report(output)?.components, ui);
    ui.step("Written", format_args!("{} ({})", output.display(), Size(written.length)));
    Ok(())
}

/// Names the components that changed. Parts of the runtime go with it.
fn say(changes: &[ComponentChange], ui: Ui) {
    let is_swapped = |one: &&ComponentChange| one.change == Change::Changed;
    let is_part = |one: &&ComponentChange| one.kind == Kind::Part && is_swapped(one);
    let parts: Vec<&str> = changes.iter().filter(is_part).map(|one| &*one.name).collect();
    for change in changes.iter().filter(|one| !is_part(one)) {
        let parts = match change.kind {
            Kind::Runtime if !parts.is_empty() => format!(" with {}", parts.join(", ")),
            _ => String::new(),
        };
        ui.step(verb(change.change), format_args!("{}{parts}", text(change)));
    }
}

fn verb(change: Change) -> &'static str {
    match change {
        Change::Added => "Added",
        Change::Removed => "Removed",
        Change::Changed => "Swapped",
    }
}

/// `wheel click 8.1.7 -> 8.1.8`
fn text(change: &ComponentChange) -> String {
    let version = |side: &Option<crate::diff::Side>| side.as_ref().map(|side| side.version.clone());
    let versions = match (version(&change.old), version(&change.new)) {
        (Some(old), Some(new)) if old != new => format!("{old} -> {new}"),
        (old, new) => new.or(old).unwrap_or_default(),
    };
    format!("{} {} {versions}", change.kind.as_str(), change.name)
}

/// Whether both paths lead to one file.
fn is_same(archive: &Path, output: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(archive).is_some_and(|archive| real(output) == Some(archive))
}
