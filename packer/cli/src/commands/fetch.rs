//! `fetch`: everything that a build needs, for a build without a network.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use confique::Layer as _;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Error, build, print, targets};
use crate::build::{Needs, interpreters, needs};
use crate::cli::BuildArgs;
use crate::settings::{Options, Settings};
use crate::source::Source;
use snakecrate_base::document::{self, Document};
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::{Count, Ui, table};

/// Everything that builds need, on this machine now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Fetched {
    /// One for each artifact and target.
    builds: Vec<FetchedBuild>,
}

/// The needs of one build.
#[derive(Debug, Serialize, JsonSchema)]
struct FetchedBuild {
    /// The interpreter.
    python: FetchedPython,
    /// The distributions.
    distributions: Vec<FetchedDistribution>,
}

/// An interpreter.
#[derive(Debug, Serialize, JsonSchema)]
struct FetchedPython {
    /// Its implementation: `cpython`.
    implementation: String,
    /// Its version.
    version: String,
    /// Its executable.
    executable: PathBuf,
}

/// A distribution.
#[derive(Debug, Serialize, JsonSchema)]
struct FetchedDistribution {
    /// Its name.
    name: String,
    /// Its version.
    version: String,
    /// Its file.
    path: PathBuf,
}

impl Document for Fetched {
    const NAME: &'static str = "fetch";
}

/// `snakecrate fetch`
pub(super) fn fetch(args: &BuildArgs, json: bool, ui: Ui) -> Result<(), Error> {
    let (source, artifacts) = build::resolve(args, &Options::empty())?;
    let builds = RefCell::new(Vec::new());
    let done = artifacts.iter().try_for_each(|artifact| {
        let settings = &artifact.settings;
        let pythons = interpreters(&source, settings, ui)?;
        targets::for_each(&pythons, ui, |python| {
            let fetched = FetchedBuild::new(&source, settings, python, ui)?;
            ui.step("Fetched", Count(fetched.distributions.len(), "distribution"));
            if json {
                builds.borrow_mut().push(fetched);
                return Ok(());
            }
            print(&fetched.text())
        })
    });
    if json {
        print(&document::text(&Fetched { builds: builds.into_inner() }))?;
    }
    done
}

impl FetchedBuild {
    fn new(
        source: &Source,
        settings: &Settings,
        python: &Interpreter,
        ui: Ui,
    ) -> Result<Self, Error> {
        let Needs { distributions, .. } = needs(source, settings, python, ui)?;
        let distributions = distributions.into_iter().map(|one| FetchedDistribution {
            name: one.name,
            version: one.version,
            path: one.path,
        });
        let python = FetchedPython {
            implementation: python.implementation.clone(),
            version: python.full_version.clone(),
            executable: python.executable.clone(),
        };
        Ok(Self { python, distributions: distributions.collect() })
    }

    fn text(&self) -> String {
        let mut rows = table(&["name", "version", "file"]);
        let executable = self.python.executable.display().to_string();
        rows.add_row([&self.python.implementation, &self.python.version, &executable]);
        for distribution in &self.distributions {
            let file = Path::new(distribution.path.file_name().unwrap_or_default());
            let file = file.to_string_lossy();
            rows.add_row([&distribution.name, &distribution.version, &*file]);
        }
        let lines = rows.to_string();
        let lines: Vec<&str> = lines.lines().map(str::trim_end).collect();
        lines.join("\n") + "\n"
    }
}
