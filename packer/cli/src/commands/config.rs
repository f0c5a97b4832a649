//! `config`: the options in force, and where each is from.

use std::env;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use owo_colors::OwoColorize;
use serde_json::Value;
use snakecrate_base::document;
use snakecrate_base::redact::redacted;
use snakecrate_base::ui::table;

use super::artifacts::Artifact;
use super::config_document::{ConfigDocument, Shown};
use super::{Error, build, print};
use crate::cli::ConfigArgs;
use crate::lock::{self, LockCandidate, Policy};
use crate::resolve::{self, Configured};
use crate::settings::{Options, Origin, Settings, documents, in_force};
use crate::source::Source;

use confique::Layer as _;

/// `snakecrate config`
pub(super) fn config(args: &ConfigArgs) -> Result<(), Error> {
    if args.schema {
        return print(&format!("{:#}\n", documents::schema()));
    }
    let (source, artifacts) = build::resolve(&args.build, &Options::empty())?;
    let one = |artifact: Artifact| -> Result<Shown, Error> {
        Ok(Shown {
            options: in_force(&artifact.layers, &args.variables.0).map_err(Error::Option)?,
            locks: locks(&source, &artifact.settings)?,
            name: artifact.name,
        })
    };
    let artifacts = artifacts.into_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    let directory = source.directory_of_files().map(Path::to_owned);
    let directory = directory.or_else(|| env::current_dir().ok()).unwrap_or_default();
    let indexes = resolve::configured(&directory);
    print(&if args.json {
        document::text(&ConfigDocument::new(&source, &artifacts, &indexes))
    } else {
        as_text(&source, &artifacts, &indexes)
    })
}

/// The lock files that a build with these settings reads.
fn locks(source: &Source, settings: &Settings) -> Result<Vec<LockCandidate>, Error> {
    if settings.wheelhouse.is_some() {
        return Ok(vec![]);
    }
    let policy = Policy {
        file: settings.lock.as_deref(),
        locked: settings.locked,
        used: settings.use_lock,
        requirements: &settings.requirements,
    };
    Ok(lock::candidates(source, policy).map_err(crate::build::Error::from)?)
}

fn as_text(source: &Source, artifacts: &[Shown], indexes: &[Configured]) -> String {
    let mut text = format!("source  {} ({})\n", redacted(&source.to_string()), source.kind());
    for index in indexes {
        let name = index.name.as_ref().map(|name| format!("{name}=")).unwrap_or_default();
        let _ = writeln!(text, "index   {name}{} ({})", index.url, near(Path::new(&index.from)));
    }
    for shown in artifacts {
        text += "\n";
        if let Some(name) = &shown.name {
            let _ = writeln!(text, "{} {name}", "artifact".bold());
        }
        for lock in &shown.locks {
            let _ = writeln!(text, "lock    {} ({})", near(&lock.path), lock.format);
        }
        let mut rows = table(&["option", "value", "from"]);
        for option in &shown.options {
            let value = option.value.as_ref().map(toml).unwrap_or_default();
            let from = match (&option.value, &option.default) {
                (None, Some(words)) => format!("default: {words}"),
                _ => origin_text(&option.origin),
            };
            rows.add_row([option.key.clone(), value, from]);
        }
        let rows = rows.to_string();
        let mut lines = rows.lines().map(str::trim_end);
        let _ = writeln!(text, "{}", lines.next().unwrap_or_default().bold());
        for (line, option) in lines.zip(&shown.options) {
            match option.origin {
                Origin::Default => {
                    let _ = writeln!(text, "{}", line.dimmed());
                }
                _ => {
                    let _ = writeln!(text, "{line}");
                }
            }
        }
    }
    text
}

/// A value as it is written in pyproject.toml; as JSON if that takes several lines.
fn toml(value: &Value) -> String {
    let text = toml::Value::try_from(value).map(|value| value.to_string()).ok();
    text.filter(|text| !text.contains('\n')).unwrap_or_else(|| value.to_string())
}

fn origin_text(origin: &Origin) -> String {
    match origin {
        Origin::Flag(name) | Origin::Variable(name) => name.clone(),
        Origin::File { path, line, table } => {
            let line = line.map(|line| format!(":{line}")).unwrap_or_default();
            let table =
                if table == "tool.snakecrate" { String::new() } else { format!(" [{table}]") };
            format!("{}{line}{table}", near(path))
        }
        Origin::Default => "default".into(),
    }
}

/// A path as the user would write it here.
fn near(path: &Path) -> String {
    let here: Option<PathBuf> = env::current_dir().ok();
    let near = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    near.as_deref().unwrap_or(path).display().to_string()
}
