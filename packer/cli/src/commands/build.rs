//! `build` and `run`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::{env, fs};

use confique::Layer as _;
use snakecrate_format::size::Size;

use super::Error;
use super::artifacts::{self, Artifact};
use super::limits;
use super::only_proven;
use super::proving::{started, unproven, warn_of_modules};
use super::targets::{self, Files, make_directories};
use crate::archive::Aside;
use crate::build::{self, Build};
use crate::build_cache::BuildCache;
use crate::cli::{BuildArgs, run_defaults};
use crate::proof::{self, Outcome};
use crate::provenance::{self, Parameters};
use crate::report::Report;
use crate::settings::{self, Layer, LibcChoice, Options, RuntimeChoice, Settings};
use crate::source::Source;
use snakecrate_base::host::{Way, way_of_archive};
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::{Ui, warnings};
use snakecrate_format::target::Target;

/// `snakecrate build`
pub(super) fn build(args: &BuildArgs, ui: Ui) -> Result<(), Error> {
    let (source, artifacts) = resolve(args, &Options::empty())?;
    artifacts.iter().try_for_each(|artifact| build_artifact(&source, artifact, ui))
}

fn build_artifact(source: &Source, artifact: &Artifact, ui: Ui) -> Result<(), Error> {
    let settings = &artifact.settings;
    let of_artifact = artifact.name.as_deref();
    make_directories(settings)?;
    for_each(source, artifact, ui, |build, pythons, target, warnings| {
        let name = of_artifact.unwrap_or(build.name());
        let files = match pythons {
            1 => Files::of_one(name, settings),
            _ => Files::of_several(name, target, settings)?,
        };
        let parameters = || Parameters::new(source, of_artifact, &artifact.layers);
        let parameters = settings.provenance.as_ref().map(|_| parameters()).transpose()?;
        write(build, settings, &files, parameters, warnings, ui)
    })
}

/// Prepares the archive of `artifact` for each of its targets, and gives it to `work` with the number
/// of targets, its own, and the warnings about it so far.
pub(super) fn for_each(
    source: &Source,
    artifact: &Artifact,
    ui: Ui,
    work: impl Fn(Build, usize, &'static Target, &dyn Fn() -> Vec<String>) -> Result<(), Error>,
) -> Result<(), Error> {
    let settings = &artifact.settings;
    let since = warnings().len();
    build::check_launchers(settings)?;
    let pythons = build::interpreters(source, settings, ui)?;
    let common = warnings().split_off(since);
    targets::for_each(&pythons, ui, |python| {
        let since = warnings().len();
        let build = prepare(source, settings, python, ui)?;
        let warnings = || [common.clone(), warnings().split_off(since)].concat();
        work(build, pythons.len(), python.target, &warnings)
    })
}

/// Prepares an archive; one with `--only-proven` twice. The second speaks.
fn prepare(
    source: &Source,
    settings: &Settings,
    python: &Interpreter,
    ui: Ui,
) -> Result<Build, Error> {
    if !settings.only_proven {
        return Ok(Build::prepare(source, settings, python, None, ui)?);
    }
    let whole = Build::prepare(source, settings, python, None, ui.mute())?;
    only_proven::reduced(whole, source, settings, python, ui)
}

/// The fate of an archive that is over its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// It stays with another suffix, as one whose proof failed.
    Kept,
    /// It goes with the directory that it is in.
    Removed,
}

/// Writes the archive beside `output`, proves it, and checks its limits. Entries that cannot be offered are
/// left out.
pub(super) fn prove(
    build: &mut Build,
    settings: &Settings,
    output: &Path,
    refused: Refused,
    ui: Ui,
) -> Result<(Aside, Result<Outcome, proof::Error>), Error> {
    let (aside, proven) = started(build, settings, output, ui)?;
    if let Ok(Outcome::Proven(proof)) = &proven {
        warn_of_modules(build, proof, ui);
        ui.step("Proven", proof);
    }
    if proven.is_ok() {
        match limits::check(aside.path(), output, settings, ui) {
            Err(error) if error.is_about_size() && refused == Refused::Kept => {
                let kept = failed(output);
                aside.publish_as(&kept).map_err(crate::build::Error::from)?;
                return Err(Error::OverBudget { error: Box::new(error), kept });
            }
            checked => checked?,
        }
    }
    Ok((aside, proven))
}

/// Keeps an archive that failed its proof as `output` with another suffix, if looking into it may help.
pub(super) fn keep(
    aside: Aside,
    proven: &Result<Outcome, proof::Error>,
    output: &Path,
) -> Result<Option<PathBuf>, Error> {
    let is_useful = proven.as_ref().is_err_and(proof::Error::is_about_archive);
    let kept = is_useful.then(|| failed(output));
    if let Some(kept) = &kept {
        aside.publish_as(kept).map_err(crate::build::Error::from)?;
    }
    Ok(kept)
}

/// Writes the archive, proves it, and reports about it.
fn write(
    mut build: Build,
    settings: &Settings,
    files: &Files,
    parameters: Option<Parameters>,
    warnings: &dyn Fn() -> Vec<String>,
    ui: Ui,
) -> Result<(), Error> {
    let output = &files.archive;
    let (aside, proven) = prove(&mut build, settings, output, Refused::Kept, ui)?;
    let report = |path: &Path| match &files.report {
        Some(file) => Report::new(&build, path, proven.as_ref(), warnings())?.write(file),
        None => Ok(()),
    };
    if proven.is_err() {
        let kept = keep(aside, &proven, output)?;
        kept.as_deref().map_or(Ok(()), report)?;
        return Err(unproven(&build, proven.expect_err("it failed"), kept));
    }
    let written = aside.publish().map_err(crate::build::Error::from)?;
    forget_failed(output);
    report(output)?;
    if let (Some(file), Some(parameters)) = (&files.provenance, parameters) {
        provenance::write(&build, output, parameters, file)?;
    }
    let entries: Vec<_> = build.entries().collect();
    ui.step(
        "Built",
        format_args!("{} ({}; {})", output.display(), Size(written.length), entries.join(", ")),
    );
    Ok(())
}

/// Removes an archive that failed its proof or its budget: a leftover of an earlier build would be taken for the last
/// one's.
pub(super) fn forget_failed(output: &Path) {
    let _ = fs::remove_file(failed(output));
}

/// The name of an archive that failed its proof or its budget.
fn failed(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".failed");
    name.into()
}

/// `snakecrate run`: replaces this process, and returns only if that fails.
pub(super) fn run(args: &BuildArgs, arguments: &[OsString], ui: Ui) -> Error {
    let archive = match built(args, ui) {
        Ok(archive) => archive,
        Err(error) => return error,
    };
    let source = execute(&archive, arguments);
    Error::Start { path: archive, source }
}

/// Builds the archive unless the cache has one with the same contents.
pub(super) fn built(args: &BuildArgs, ui: Ui) -> Result<PathBuf, Error> {
    let (source, artifacts) = resolve(args, &run_defaults())?;
    let settings = artifacts::only(artifacts, "one command runs one of them")?.settings;
    // Nobody puts a runtime file beside an archive in the cache.
    let settings = Settings { runtime: RuntimeChoice::Inside, ..settings };
    build::check_launchers(&settings)?;
    let pythons = build::interpreters(&source, &settings, ui)?;
    let [python] = &*pythons else {
        return Err(Error::SeveralTargets(pythons.iter().map(|python| python.target).collect()));
    };
    let has_c_library = settings.libc != LibcChoice::Host;
    if let Way::None(why) = way_of_archive(python.target, has_c_library) {
        return Err(Error::Foreign { target: python.target, why });
    }
    let build = Build::prepare(&source, &settings, python, None, ui)?;
    let directory = BuildCache::open().map_err(crate::build::Error::from)?.archive(&build.key());
    let archive = directory.join(build.name());
    if !archive.is_file() {
        let made = fs::create_dir_all(&directory);
        made.map_err(|source| Error::Cache { what: "write to", path: directory, source })?;
        build.write(&archive)?;
    }
    Ok(archive)
}

/// The source, and its settings: flags over `[tool.snakecrate]` over the command's defaults.
pub(super) fn resolve(
    args: &BuildArgs,
    defaults: &Options,
) -> Result<(Source, Vec<Artifact>), Error> {
    let package = args.options.package.as_ref();
    let of_root = match package {
        Some(_) => None,
        None => {
            settings::in_directory(Path::new(&args.source)).map_err(crate::build::Error::from)?
        }
    };
    let of_root = of_root.filter(|root| root.common.package.is_some());
    let source = match package.or(of_root.as_ref().and_then(|root| root.common.package.as_ref())) {
        Some(name) => Source::detect_member(&args.source, name)?,
        None => Source::detect(&args.source)?,
    };
    let file = settings::options_of(&source).map_err(crate::build::Error::from)?;
    let mut artifacts = artifacts::all(&args.options, args.artifact.as_deref(), file, defaults)?;
    if let Some(root) = of_root {
        // The file of the member has the other options.
        let package = Options { package: root.common.package, ..Options::empty() };
        let layer = Layer::file(package, &Arc::new(root.document), None);
        for artifact in &mut *artifacts {
            artifact.layers.push(layer.clone());
        }
    }
    Ok((source, artifacts))
}

/// Replaces this process by the archive; returns only if that fails.
fn execute(archive: &Path, arguments: &[OsString]) -> std::io::Error {
    let mut command = Command::new(archive);
    command.args(arguments);
    // The variable is set if the packer itself runs from an archive. Otherwise nothing is changed, so
    // the environment is passed on byte for byte.
    if env::var_os("SNAKECRATE_ARCHIVE").is_some() {
        command.env_remove("SNAKECRATE_ARCHIVE");
    }
    snakecrate_platform::process::replace_by(&mut command)
}
