//! `fetch`: everything that a build needs, for a build without a network.

use confique::Layer as _;

use super::{Error, build, print, targets};
use crate::build::{Needs, interpreters, needs};
use crate::cli::BuildArgs;
use crate::settings::{Options, Settings};
use crate::source::Source;
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::{Count, Ui, table};

/// `snakecrate fetch`
pub(super) fn fetch(args: &BuildArgs, ui: Ui) -> Result<(), Error> {
    let (source, artifacts) = build::resolve(args, &Options::empty())?;
    artifacts.iter().try_for_each(|artifact| {
        let settings = &artifact.settings;
        let pythons = interpreters(&source, settings, ui)?;
        targets::for_each(&pythons, ui, |python| fetch_one(&source, settings, python, ui))
    })
}

fn fetch_one(
    source: &Source,
    settings: &Settings,
    python: &Interpreter,
    ui: Ui,
) -> Result<(), Error> {
    let Needs { distributions, .. } = needs(source, settings, python, ui)?;
    ui.step("Fetched", Count(distributions.len(), "distribution"));
    let mut rows = table(&["name", "version", "file"]);
    let executable = python.executable.display().to_string();
    rows.add_row([&python.implementation, &python.full_version, &executable]);
    for distribution in &distributions {
        let file = distribution.path.file_name().unwrap_or_default().to_string_lossy();
        rows.add_row([&distribution.name, &distribution.version, &*file]);
    }
    let lines = rows.to_string();
    let lines: Vec<&str> = lines.lines().map(str::trim_end).collect();
    print(&(lines.join("\n") + "\n"))
}
