//! The inputs of a build: an interpreter and wheels.

use super::{Error, Needs};
use crate::build_cache::BuildCache;
use crate::resolve::{self, Fetched, Inputs};
use crate::settings::Settings;
use crate::source::Source;
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::Ui;
use snakecrate_runtime::discover::{self, Request, Spec};

/// The interpreter, and the wheels of all distributions.
pub(super) fn all(
    source: &Source,
    settings: &Settings,
    cache: &BuildCache,
    ui: Ui,
) -> Result<Needs, Error> {
    let python = interpreter(source, settings, cache, ui)?;
    let distributions = distributions(source, settings, &python, cache, ui)?;
    Ok(Needs { python, distributions })
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
    cache: &BuildCache,
    ui: Ui,
) -> Result<Vec<Fetched>, Error> {
    let mut inputs = Inputs::of(source);
    inputs.requirements.extend(settings.with.iter().cloned());
    inputs.files.clone_from(&settings.requirements);
    if inputs.is_empty() {
        return Ok(Vec::new());
    }
    let options = resolve::Options {
        index_url: settings.index_url.clone(),
        find_links: settings.find_links.clone(),
        offline: settings.offline,
        no_binary: settings.no_binary.clone(),
        only_binary: settings.only_binary.clone(),
        constraints: settings.constraints.clone(),
        overrides: settings.overrides.clone(),
        cache: cache.clone(),
    };
    Ok(resolve::resolve(interpreter, &inputs, &options, ui)?)
}
