//! The inputs of a build: an interpreter and wheels.

use std::path::Path;

use super::selection::selection;
use super::{Error, Needs, groups};
use crate::build_cache::BuildCache;
use crate::lock::{self, Selection};
use crate::resolve::{self, Fetched, Inputs};
use crate::settings::Settings;
use crate::source::Source;
use crate::wheel::normalize;
use crate::wheelhouse;
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::Ui;
use snakecrate_runtime::discover::{self, Request, Spec};

/// The interpreter, and the wheels of all distributions: those that the lock file selects, else those
/// that uv resolves.
pub(super) fn all(
    source: &Source,
    settings: &Settings,
    cache: &BuildCache,
    ui: Ui,
) -> Result<Needs, Error> {
    let python = interpreter(source, settings, cache, ui)?;
    let selection = match &settings.wheelhouse {
        Some(_) => None,
        None => selection(source, settings, &python, ui)?,
    };
    let distributions = distributions(source, settings, &python, selection.as_ref(), cache, ui)?;
    let (lock, overridden) = selection.map(Selection::into_parts).unzip();
    Ok(Needs { python, distributions, overridden: overridden.unwrap_or_default(), lock })
}

/// The interpreter to pack; it also resolves and compiles.
fn interpreter(
    source: &Source,
    settings: &Settings,
    cache: &BuildCache,
    ui: Ui,
) -> Result<Interpreter, Error> {
    let target = snakecrate_base::host::target().ok_or(Error::NoTarget)?;
    let request = Request {
        target,
        spec: settings.python.as_deref().map(Spec::parse).transpose()?,
        requires_python: source.requires_python()?.map(|specifiers| specifiers.to_string()),
        offline: settings.offline,
        mirror: settings.python_mirror.clone(),
        directories: cache.pythons(),
    };
    let interpreter = discover::find(&request, ui)?;
    let path = interpreter.executable.display();
    ui.step("Using", format_args!("CPython {} at {path}", interpreter.full_version));
    Ok(interpreter)
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
    } else if matches!(source, Source::Script { .. }) {
        // They are the roots of the lock.
        inputs.requirements.clear();
    }
    inputs.requirements.extend(settings.with.iter().cloned());
    inputs.files.clone_from(&settings.requirements);
    let options = resolve::Options {
        index_url: settings.index_url.clone(),
        find_links: settings.find_links.clone(),
        offline: settings.offline,
        no_index: false,
        no_binary: settings.no_binary.clone(),
        only_binary: settings.only_binary.clone(),
        constraints: settings.constraints.clone(),
        overrides: settings.overrides.clone(),
        cache: cache.clone(),
    };
    let Some(selection) = selection else {
        if inputs.is_empty() {
            return Ok(Vec::new());
        }
        return Ok(resolve::resolve(interpreter, &inputs, &options, ui)?);
    };
    inputs.constraints = selection.constraints();
    Ok(resolve::resolve_pins(interpreter, &selection.pins()?, &inputs, &options, ui)?)
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
        (None, _) => {
            if let Some(name) = extras.into_iter().next() {
                return Err(lock::Error::Unknown { kind: "extra", name, known: Vec::new() }.into());
            }
        }
    }
    Ok(inputs)
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
    let mut wheels = wheelhouse::wheels(directory, interpreter, ui)?;
    let named = source.name().map(|name| normalize(&name));
    match source {
        Source::Script { .. } => return Ok(wheels),
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
        Source::Project { .. } | Source::Wheel { .. } => {}
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
