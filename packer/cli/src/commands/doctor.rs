//! `doctor`: whether this machine can build, and what to do where it can't.

use std::env;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use owo_colors::OwoColorize;
use schemars::JsonSchema;
use serde::Serialize;
use snakecrate_base::document::{self, Document};
use snakecrate_base::error::Remedy as _;
use snakecrate_base::temporary;
use snakecrate_format::size::Size;
use snakecrate_platform::directory::Directory;
use snakecrate_platform::facts;

use super::list_targets::{self, Row};
use super::{Error, print};
use crate::build_cache::BuildCache;
use crate::resolve;

/// Free space in bytes below which a build may fail: a runtime, unpacked and packed, a few wheels, and
/// the archive take as much.
const LITTLE: u64 = 1 << 30;

/// What this machine has and lacks for builds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Diagnosis {
    /// Whether anything can be built.
    can_build: bool,
    /// Everything that was looked at.
    checks: Vec<Check>,
}

impl Document for Diagnosis {
    const NAME: &'static str = "doctor";
}

/// A thing that was looked at.
#[derive(Debug, Serialize, JsonSchema)]
struct Check {
    /// Its subject: `launcher`, `python`, `uv`, `cache`, `temporary files`, `output` or `target`.
    subject: &'static str,
    /// Its state.
    state: State,
    /// What was found.
    found: String,
    /// What to do, if something is missing.
    help: Option<String>,
}

/// The state of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// Nothing is missing.
    Good,
    /// Some builds fail, or do less.
    Limited,
    /// Nothing can be built.
    Bad,
}

impl Check {
    fn good(subject: &'static str, found: String) -> Self {
        Self { subject, state: State::Good, found, help: None }
    }

    fn limited(subject: &'static str, found: String, help: impl Into<String>) -> Self {
        Self { subject, state: State::Limited, found, help: Some(help.into()) }
    }

    fn bad(subject: &'static str, found: String, help: impl Into<String>) -> Self {
        Self { subject, state: State::Bad, found, help: Some(help.into()) }
    }
}

/// `snakecrate doctor`
pub(super) fn doctor(json: bool) -> Result<ExitCode, Error> {
    let mut checks = Vec::new();
    match BuildCache::open() {
        Ok(cache) => {
            let rows = list_targets::rows(&cache)?;
            checks.push(launchers(&rows));
            checks.extend(pythons(&rows));
            checks.push(uv());
            checks.push(place("cache", cache.path(), &CACHE));
            checks.extend(missing(&rows));
        }
        Err(error) => {
            checks.push(uv());
            let help = "set SNAKECRATE_CACHE to a directory that you own, where programs may run";
            checks.push(Check::bad("cache", error.to_string(), help));
        }
    }
    checks.push(place("temporary files", &env::temp_dir(), &TEMPORARY));
    let here = env::current_dir().unwrap_or_else(|_| ".".into());
    checks.push(place("output", &here, &OUTPUT));
    let can_build = checks.iter().all(|check| check.state != State::Bad);
    let diagnosis = Diagnosis { can_build, checks };
    print(&if json { document::text(&diagnosis) } else { text(&diagnosis) })?;
    Ok(if can_build { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The targets that this packer has launchers for.
fn launchers(rows: &[Row]) -> Check {
    let has = |row: &&Row| row.launcher.is_some();
    let names: Vec<_> = rows.iter().filter(has).map(|row| row.target).collect();
    if names.is_empty() {
        let help = "install a snakecrate of this machine's own, or run ci/launchers in its sources";
        return Check::bad("launcher", "this snakecrate has none".into(), help);
    }
    Check::good("launcher", format!("for {}", names.join(" and ")))
}

/// The interpreters of this machine.
fn pythons(rows: &[Row]) -> Option<Check> {
    let own = rows.iter().find(|row| row.host)?;
    // Without one, `missing` has the line.
    let found = || Check::good("python", format!("CPython {}", own.installed.join(", ")));
    (!own.installed.is_empty()).then(found)
}

/// What the targets lack, apart from launchers. Without an interpreter, all lack the same.
fn missing(rows: &[Row]) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for row in rows {
        let is_named = |what: &str| checks.iter().any(|check| check.found.ends_with(what));
        let new: Vec<_> = row.missing.iter().filter(|one| !is_named(&one.what)).collect();
        checks.extend(new.into_iter().map(|one| {
            Check::limited("target", format!("{}: {}", row.target, one.what), &*one.help)
        }));
    }
    checks
}

fn uv() -> Check {
    match resolve::uv() {
        Ok((path, version)) => Check::good("uv", format!("{version} at {}", path.display())),
        Err(error) => {
            let found = format!("{error}; only applications without dependencies can be built");
            Check::limited("uv", found, error.remedy().unwrap_or_default())
        }
    }
}

/// What a directory is for.
struct Use {
    /// The effect of a place that forbids execution.
    no_execution: &'static str,
    /// How to choose another place.
    elsewhere: &'static str,
    /// Whether nothing can be built without it.
    is_required: bool,
}

const CACHE: Use = Use {
    no_execution: "archives don't start there",
    elsewhere: "set SNAKECRATE_CACHE to a directory of yours elsewhere",
    is_required: true,
};
const TEMPORARY: Use = Use {
    no_execution: "build back ends that compile may fail there",
    elsewhere: "set TMPDIR to a directory elsewhere",
    is_required: false,
};
const OUTPUT: Use = Use {
    no_execution: "archives don't start there",
    elsewhere: "name a file elsewhere with --output",
    is_required: false,
};

/// Whether files can be made in the directory `path`, and how much space it has.
fn place(subject: &'static str, path: &Path, usage: &Use) -> Check {
    let shown = path.display();
    if let Err(error) = temporary::file_in(path) {
        let found = format!("{shown} cannot be written: {error}");
        return if usage.is_required {
            Check::bad(subject, found, usage.elsewhere)
        } else {
            Check::limited(subject, found, usage.elsewhere)
        };
    }
    let mount = facts::mount(path);
    let forbids = mount
        .as_ref()
        .is_some_and(|mount| mount.options.split(',').any(|option| option == "noexec"));
    let kind = mount.map(|mount| format!(" ({})", mount.kind)).unwrap_or_default();
    let space = Directory::open(path).and_then(|directory| directory.free_space()).ok();
    let free = space.map(|space| format!(", {} free", Size(space.bytes))).unwrap_or_default();
    let found = format!("{shown}{kind}{free}");
    if forbids {
        let found = format!("{found}; mounted with noexec: {}", usage.no_execution);
        return Check::limited(subject, found, usage.elsewhere);
    }
    match space {
        Some(space) if space.bytes < LITTLE => {
            let help = format!("make room (`snakecrate cache prune`), or {}", usage.elsewhere);
            Check::limited(subject, format!("{found}: a build may need more"), help)
        }
        _ => Check::good(subject, found),
    }
}

fn text(diagnosis: &Diagnosis) -> String {
    let mut text = String::new();
    for check in &diagnosis.checks {
        let state = match check.state {
            State::Good => "good".green().to_string(),
            State::Limited => "limited".yellow().to_string(),
            State::Bad => "bad".red().to_string(),
        };
        // Escape sequences have no width.
        let blanks = " ".repeat(7_usize.saturating_sub(match check.state {
            State::Good => 4,
            State::Limited => 7,
            State::Bad => 3,
        }));
        let _ = writeln!(text, "{state}{blanks}  {:15}  {}", check.subject, check.found);
        if let Some(help) = &check.help {
            let _ = writeln!(text, "         {}", format_args!("help: {help}").dimmed());
        }
    }
    text += if diagnosis.can_build {
        "\nThis machine can build.\n"
    } else {
        "\nNothing can be built here.\n"
    };
    text
}
