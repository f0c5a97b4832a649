//! The inputs of a build for one target: wheels.

use std::path::Path;

use super::selection::selection;
use super::{Error, Needs, groups};
use crate::build_cache::{self, BuildCache};
use crate::installed;
use crate::lock::{self, Selection};
use crate::resolve::{self, Fetched, Inputs, Locked, LockedSource, Place};
use crate::settings::Settings;
use crate::source::{Folder, Source};
use crate::wheel::normalize;
use crate::wheelhouse;
use snakecrate_base::python::Interpreter;
use snakecrate_base::timings;
use snakecrate_base::ui::Ui;

/// The wheels of all distributions for an interpreter: those that the lock file selects, else those
/// that uv resolves.
pub(super) fn all(
    source: &Source,
    settings: &Settings,
    python: &Interpreter,
    cache: &BuildCache,
    ui: Ui,
) -> Result<Needs, Error> {
    let _stage = timings::begin("requirements");
    let selection = match &settings.wheelhouse {
        Some(_) => None,
        None => selection(source, settings, python, ui)?,
    };
    let distributions = distributions(source, settings, python, selection.as_ref(), cache, ui)?;
    let (lock, overridden) = selection.map(Selection::into_parts).unzip();
    Ok(Needs { distributions, overridden: overridden.unwrap_or_default(), lock })
}

/// The wheels of all distributions, in the build cache.
fn distributions(
    source: &Source,
    settings: &Settings,
    interpreter: &Interpreter,
    selection: Option<&Selection>,
    cache: &BuildCache,
    ui: Ui,
) -> Result<Vec<Fetched>, Error> {
    if let Some(directory) = &settings.wheelhouse {
        return from_wheelhouse(directory, source, settings, interpreter, cache, ui);
    }
    let mut inputs = inputs(source, settings)?;
    if selection.is_none() {
        groups::add(source, &settings.group, &mut inputs)?;
    } else if matches!(source, Source::Script { .. } | Source::Folder(_)) {
        // They are the roots of the lock.
        inputs.requirements.clear();
        inputs.files.clear();
    }
    if let (Source::Folder(folder), None) = (source, selection) {
        inputs.requirements.extend(extras(folder, settings)?);
    }
    inputs.requirements.extend(settings.with.iter().cloned());
    if !settings.requirements.is_empty() {
        inputs.files.clone_from(&settings.requirements);
    }
    let options = options(settings, cache);
    if let Source::Environment { directory } = source {
        return of_environment(directory, settings, interpreter, &options, ui);
    }
    let Some(selection) = selection else {
        if inputs.is_empty() {
            return Ok(Vec::new());
        }
        return Ok(resolve::resolve(interpreter, &inputs, &options, ui)?);
    };
    inputs.constraints = selection.constraints();
    Ok(resolve::resolve_pins(interpreter, &selection.pins()?, &inputs, &options, ui)?)
}

/// The options of a resolution.
pub(super) fn options(settings: &Settings, cache: &BuildCache) -> resolve::Options {
    resolve::Options {
        index_url: settings.index_url.clone(),
        find_links: settings.find_links.clone(),
        offline: settings.offline,
        no_index: false,
        no_binary: settings.no_binary.clone(),
        only_binary: settings.only_binary.clone(),
        constraints: settings.constraints.clone(),
        overrides: settings.overrides.clone(),
        cache: cache.clone(),
    }
}

/// The inputs of `source` with the wanted extras.
fn inputs(source: &Source, settings: &Settings) -> Result<Inputs, Error> {
    let mut inputs = Inputs::of(source);
    let extras: Vec<String> = settings.extra.iter().map(|extra| normalize(extra)).collect();
    match (&mut inputs.local, source) {
        (Some(local), _) => {
            local.extras.extend(extras);
            local.all_extras = settings.all_extras;
        }
        (None, Source::Requirement { name, .. }) if settings.all_extras => {
            return Err(lock::Error::AllExtras(name.clone()).into());
        }
        (None, Source::Requirement { name, .. }) if !extras.is_empty() => {
            inputs.requirements.push(format!("{name}[{}]", extras.join(",")));
        }
        // A lock may know more extras than the project's table.
        (None, Source::Folder(_) | Source::Environment { .. }) => {}
        (None, _) => {
            if let Some(name) = extras.into_iter().next() {
                return Err(lock::Error::Unknown { kind: "extra", name, known: Vec::new() }.into());
            }
        }
    }
    Ok(inputs)
}

/// The requirements of the wanted extras of a folder.
fn extras(folder: &Folder, settings: &Settings) -> Result<Vec<String>, Error> {
    let wanted: Vec<String> = if settings.all_extras {
        folder.extras.keys().cloned().collect()
    } else {
        settings.extra.iter().map(|extra| normalize(extra)).collect()
    };
    let of = |name: String| {
        let known = || folder.extras.keys().cloned().collect();
        let found = folder.extras.get(&name).cloned();
        found.ok_or_else(|| lock::Error::Unknown { kind: "extra", name, known: known() })
    };
    let all: Result<Vec<_>, lock::Error> = wanted.into_iter().map(of).collect();
    Ok(all?.concat())
}

/// The distributions of a virtual environment. Projects that it has as editable installations are
/// built.
fn of_environment(
    directory: &Path,
    settings: &Settings,
    interpreter: &Interpreter,
    options: &resolve::Options,
    ui: Ui,
) -> Result<Vec<Fetched>, Error> {
    let more = [
        (!settings.with.is_empty(), "--with"),
        (!settings.requirements.is_empty(), "--requirements"),
        (!settings.extra.is_empty() || settings.all_extras, "extras"),
        (!settings.group.is_empty(), "groups"),
    ];
    if let Some((_, what)) = more.iter().find(|(is_given, _)| *is_given) {
        return Err(installed::Error::More(what).into());
    }
    let cache = &options.cache;
    let failed = |source| build_cache::Error { path: cache.path().to_owned(), source };
    let out = cache.temporary_directory().map_err(failed)?;
    let contents = installed::contents(directory, interpreter, out.path(), ui)?;
    let mut wheels = contents.wheels;
    for wheel in &mut wheels {
        wheel.path = cache.keep_wheel(&wheel.path, &wheel.sha256).map_err(failed)?;
    }
    let editable = contents.editable.into_iter().map(|(name, path)| Locked {
        name,
        version: None,
        source: LockedSource::Place(Place::Directory(path)),
    });
    let editable: Vec<Locked> = editable.collect();
    if !editable.is_empty() {
        let none = Inputs::default();
        wheels.extend(resolve::resolve_pins(interpreter, &editable, &none, options, ui)?);
    }
    wheels.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(wheels)
}

/// The wheels of `--wheelhouse`. The user's own wheel is added; a project that has no wheel there is
/// built, with the directory as the only source of its build requirements.
fn from_wheelhouse(
    directory: &Path,
    source: &Source,
    settings: &Settings,
    interpreter: &Interpreter,
    cache: &BuildCache,
    ui: Ui,
) -> Result<Vec<Fetched>, Error> {
    wheelhouse::check(settings)?;
    let mut wheels = wheelhouse::wheels(directory, interpreter, &settings.target, ui)?;
    let named = source.name().map(|name| normalize(&name));
    match source {
        Source::Script { .. } | Source::Folder(_) | Source::Zipapp { .. } => return Ok(wheels),
        Source::Requirement { name, .. } if wheels.iter().any(|wheel| wheel.name == *name) => {
            return Ok(wheels);
        }
        Source::Requirement { name, .. } => {
            let (directory, name) = (directory.to_owned(), name.clone());
            return Err(wheelhouse::Error::Absent { directory, name }.into());
        }
        Source::Project { .. } if named.is_some_and(|n| wheelhouse::mark_own(&mut wheels, &n)) => {
            return Ok(wheels);
        }
        Source::Environment { .. } => {
            return Err(installed::Error::More("the wheels of a --wheelhouse").into());
        }
        Source::Project { .. } | Source::Sdist { .. } | Source::Wheel { .. } => {}
    }
    let options = resolve::Options {
        find_links: vec![directory.to_string_lossy().into_owned()],
        offline: true,
        no_index: true,
        cache: cache.clone(),
        ..resolve::Options::default()
    };
    let own = resolve::resolve_pins(interpreter, &[], &Inputs::of(source), &options, ui)?;
    wheels.retain(|wheel| own.iter().all(|own| own.name != wheel.name));
    wheels.extend(own);
    wheels.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(wheels)
}
