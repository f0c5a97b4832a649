//! `build --dry-run`: what would be packed.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::path::PathBuf;

use confique::Layer as _;
use schemars::JsonSchema;
use serde::Serialize;
use snakecrate_base::document::{self, Document};
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::{Ui, table};
use snakecrate_format::manifest::Entry;
use snakecrate_format::size::Size;

use super::artifacts::Artifact;
use super::targets::{self, Files, archive_of_several};
use super::{Error, build, print};
use crate::archive::marks;
use crate::build::{Build, Outline, check_launchers, interpreters};
use crate::cli::BuildArgs;
use crate::resolve::{Fetched, Material, Origin};
use crate::settings::{LibcChoice, Options, RuntimeChoice};
use crate::source::Source;

/// What a build would pack, and where it would write it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DryRun {
    /// One for each artifact and target.
    builds: Vec<Planned>,
}

impl Document for DryRun {
    const NAME: &'static str = "build-dry-run";
}

/// An archive that would be built.
#[derive(Debug, Serialize, JsonSchema)]
struct Planned {
    /// The application's name.
    name: String,
    /// Its version.
    version: Option<String>,
    /// The triple of the target.
    target: &'static str,
    /// The file that would be written.
    output: PathBuf,
    /// The interpreter.
    python: PlannedPython,
    /// The C library to run on: `auto`, `host` or `bundled`.
    libc: &'static str,
    /// The lock file that chose the distributions.
    lock: Option<PathBuf>,
    /// The entry that runs when the name of the file selects none.
    default: Option<String>,
    /// The entries.
    entries: Vec<PlannedEntry>,
    /// The distributions.
    distributions: Vec<PlannedDistribution>,
    /// The archive's size in bytes, about and without a C library; null if the runtime has not been
    /// packed on this machine yet.
    estimated_bytes: Option<u64>,
}

/// The interpreter of an archive.
#[derive(Debug, Serialize, JsonSchema)]
struct PlannedPython {
    /// Its implementation: `cpython`.
    implementation: String,
    /// Its version.
    version: String,
    /// Its executable.
    executable: PathBuf,
    /// Its place: `inside` the archive or `external`.
    runtime: &'static str,
    /// The names of its parts that stay out.
    left_out: Vec<&'static str>,
}

/// An entry of an archive.
#[derive(Debug, Serialize, JsonSchema)]
struct PlannedEntry {
    /// The name it is called by.
    name: String,
    /// What it runs: `black:patched_main`, `-m http.server`, `bin/ruff`.
    runs: String,
    /// Whether a desktop starts it.
    graphical: bool,
}

/// A distribution of an archive.
#[derive(Debug, Serialize, JsonSchema)]
struct PlannedDistribution {
    /// Its name.
    name: String,
    /// Its version.
    version: String,
    /// The name of its wheel.
    file: String,
    /// The wheel's SHA-256 in hex.
    sha256: String,
    /// Whether the wheel was built here from source.
    built: bool,
    /// The address of what it is or was built from, if it is published.
    from: Option<String>,
}

/// `snakecrate build --dry-run`
pub(super) fn show(args: &BuildArgs, json: bool, ui: Ui) -> Result<(), Error> {
    let (source, artifacts) = build::resolve(args, &Options::empty())?;
    let builds = RefCell::new(Vec::new());
    artifacts.iter().try_for_each(|artifact| {
        let settings = &artifact.settings;
        check_launchers(settings)?;
        let pythons = interpreters(&source, settings, ui)?;
        targets::for_each(&pythons, ui, |python| {
            let planned = planned(&source, artifact, pythons.len(), python, ui)?;
            builds.borrow_mut().push(planned);
            Ok(())
        })
    })?;
    let builds = builds.into_inner();
    if json {
        return print(&document::text(&DryRun { builds }));
    }
    print(&builds.iter().map(Planned::text).collect::<Vec<_>>().join("\n"))
}

fn planned(
    source: &Source,
    artifact: &Artifact,
    pythons: usize,
    python: &Interpreter,
    ui: Ui,
) -> Result<Planned, Error> {
    let settings = &artifact.settings;
    let outline = Build::outline(source, settings, python, ui)?;
    let name = artifact.name.as_deref().unwrap_or(&outline.name);
    let output = match pythons {
        1 => Files::of_one(name, settings).archive,
        _ => archive_of_several(name, python.target, settings),
    };
    let Outline { name, version, distributions, lock, entries, default, left_out, size } = outline;
    Ok(Planned {
        name,
        version,
        target: python.target.triple,
        output,
        python: PlannedPython {
            implementation: python.implementation.clone(),
            version: python.full_version.clone(),
            executable: python.executable.clone(),
            runtime: match settings.runtime {
                RuntimeChoice::Inside => "inside",
                RuntimeChoice::External => "external",
            },
            left_out,
        },
        libc: match settings.libc {
            LibcChoice::Auto => "auto",
            LibcChoice::Host => "host",
            LibcChoice::Bundled => "bundled",
        },
        lock: lock.map(|lock| lock.path),
        default,
        entries: entries
            .into_iter()
            .map(|Entry { name, runs, graphical, .. }| PlannedEntry { name, runs, graphical })
            .collect(),
        distributions: distributions.into_iter().map(PlannedDistribution::of).collect(),
        estimated_bytes: size,
    })
}

impl PlannedDistribution {
    fn of(fetched: Fetched) -> Self {
        let file = fetched.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self {
            name: fetched.name,
            version: fetched.version,
            file,
            sha256: fetched.sha256,
            built: fetched.origin == Origin::Built,
            from: match fetched.from {
                Some(Material::File { url, .. }) => url,
                Some(Material::Git { url, commit }) => Some(format!("{url}@{commit}")),
                None => None,
            },
        }
    }
}

impl Planned {
    fn text(&self) -> String {
        let Self { python, .. } = self;
        let version = self.version.as_deref().map(|version| format!(" {version}"));
        let left_out = match &*python.left_out {
            [] => String::new(),
            parts => format!(", without {}", parts.join(", ")),
        };
        let mut text =
            format!("{}{} for {}\n", self.name, version.unwrap_or_default(), self.target);
        let mut line = |name: &str, value: &dyn std::fmt::Display| {
            let written = writeln!(text, "  {name:9} {value}");
            debug_assert!(written.is_ok(), "writing to a string cannot fail");
        };
        line("output", &self.output.display());
        line(
            "size",
            &match self.estimated_bytes {
                Some(bytes) => format!("about {}", Size(bytes)),
                None => "not known before the runtime has been packed once".to_owned(),
            },
        );
        let place = python.runtime;
        let executable = python.executable.display();
        line(
            "runtime",
            &format_args!("CPython {} at {executable}, {place}{left_out}", python.version),
        );
        line("C library", &self.libc);
        if let Some(lock) = &self.lock {
            line("lock file", &lock.display());
        }
        for entry in &self.entries {
            let marks = marks(self.default.as_ref() == Some(&entry.name), entry.graphical);
            let marks = if marks.is_empty() { marks } else { format!(" ({marks})") };
            line("entry", &format_args!("{}{marks}: {}", entry.name, entry.runs));
        }
        if self.distributions.is_empty() {
            return text;
        }
        let mut rows = table(&["distribution", "version", "from"]);
        for one in &self.distributions {
            let from = match (&one.from, one.built) {
                (Some(url), false) => url.clone(),
                (Some(url), true) => format!("built from {url}"),
                (None, true) => "built here".to_owned(),
                (None, false) => one.file.clone(),
            };
            rows.add_row([&one.name, &one.version, &from]);
        }
        text.push('\n');
        for row in rows.to_string().lines() {
            text += row.trim_end();
            text.push('\n');
        }
        text
    }
}
