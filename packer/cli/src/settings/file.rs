//! `[tool.snakecrate]` in a project's pyproject.toml or in a script's metadata block.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use confique::Layer as _;

use super::Options;
use crate::source::{Source, toml_cause};
use snakecrate_base::error::Remedy;

/// Why the settings of a project or script cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The file isn't TOML.
    #[error("{}: line {line}: {cause}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The parser's answer.
        cause: String,
    },
    /// A key is unknown or has a value of the wrong type.
    #[error("{}: [tool.snakecrate]: {cause}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// The key, and what is allowed there.
        cause: String,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Read { .. } => "check the file's permissions".into(),
            Self::Toml { .. } => "fix the TOML syntax error on that line".into(),
            Self::Key { .. } => "see snakecrate build --help: keys are named like flags".into(),
        })
    }
}

/// The options of several archives of a project, by their names: `[tool.snakecrate.artifact.NAME]`.
pub type Artifacts = BTreeMap<String, Options>;

/// The table of artifacts.
const ARTIFACT: &str = "artifact";

/// The options that `source` sets, and those of each of its artifacts; none for wheels and
/// requirements.
pub fn options_of(source: &Source) -> Result<(Options, Artifacts), Error> {
    let directory = match source {
        Source::Project { directory, .. } => directory,
        Source::Folder(folder) => &folder.directory,
        Source::Script { path, metadata: Some(block) } => {
            return Ok((from_tool(&block.tool, path)?, artifacts(&block.tool, path)?));
        }
        _ => return Ok((Options::empty(), Artifacts::new())),
    };
    let path = directory.join("pyproject.toml");
    let tool = tool_of(&path)?;
    Ok((from_tool(&tool, &path)?, artifacts(&tool, &path)?))
}

/// The member that the pyproject.toml of `directory` names (`package`). None if `directory` isn't one.
pub fn package_at(directory: &Path) -> Result<Option<String>, Error> {
    if !directory.is_dir() {
        return Ok(None);
    }
    let path = directory.join("pyproject.toml");
    Ok(from_tool(&tool_of(&path)?, &path)?.package)
}

/// The table `tool` of a pyproject.toml; a missing one is empty.
fn tool_of(path: &Path) -> Result<toml::Table, Error> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(toml::Table::new());
        }
        Err(source) => return Err(Error::Read { path: path.to_owned(), source }),
    };
    let table: toml::Table = text.parse().map_err(|cause| {
        let (line, cause) = toml_cause(&cause, &text);
        Error::Toml { path: path.to_owned(), line, cause }
    })?;
    Ok(table.get("tool").and_then(toml::Value::as_table).cloned().unwrap_or_default())
}

/// The artifacts in the table `tool` of the file `path`.
pub(super) fn artifacts(tool: &toml::Table, path: &Path) -> Result<Artifacts, Error> {
    let Some(value) = tool.get("snakecrate").and_then(|own| own.get(ARTIFACT)) else {
        return Ok(Artifacts::new());
    };
    let failed = |cause| Error::Key { path: path.to_owned(), cause };
    let table = value.as_table().ok_or_else(|| {
        failed(format!(
            "`{ARTIFACT}` has a table for each archive: [tool.snakecrate.{ARTIFACT}.NAME]"
        ))
    })?;
    let one = |(name, value): (&String, &toml::Value)| {
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0']) {
            return Err(failed(format!("no file can be called `{name}`")));
        }
        let options = options(value, path).map_err(|error| match error {
            Error::Key { cause, .. } => failed(format!("{ARTIFACT}.{name}: {cause}")),
            other => other,
        })?;
        Ok((name.clone(), options))
    };
    table.iter().map(one).collect()
}

/// Reads `snakecrate` in the table `tool` of the file `path`.
pub(super) fn from_tool(tool: &toml::Table, path: &Path) -> Result<Options, Error> {
    let Some(mut value) = tool.get("snakecrate").cloned() else { return Ok(Options::empty()) };
    if let Some(table) = value.as_table_mut() {
        table.remove(ARTIFACT);
    }
    options(&value, path)
}

fn options(value: &toml::Value, path: &Path) -> Result<Options, Error> {
    let mut options: Options = value.clone().try_into().map_err(|cause: toml::de::Error| {
        let cause = cause.to_string().trim().replace('\n', " ");
        Error::Key { path: path.to_owned(), cause }
    })?;
    make_absolute(&mut options, path.parent().unwrap_or(Path::new(".")));
    Ok(options)
}

/// Relative paths are relative to the directory of the file, not to the working directory.
fn make_absolute(options: &mut Options, directory: &Path) {
    let lists = [&mut options.requirements, &mut options.constraints, &mut options.overrides];
    let files =
        [&mut options.output, &mut options.report, &mut options.lock, &mut options.wheelhouse];
    let listed = lists.into_iter().flatten().flatten();
    for path in listed.chain(files.into_iter().flatten()) {
        *path = directory.join(&*path);
    }
    for inclusion in options.include.iter_mut().flatten() {
        inclusion.path = directory.join(&inclusion.path);
    }
    let is_path = |text: &str| !text.contains("://");
    for link in options.find_links.iter_mut().flatten().filter(|link| is_path(link)) {
        *link = directory.join(&*link).to_string_lossy().into_owned();
    }
    for python in options.python.iter_mut().flatten() {
        if python.spec.contains('/') && is_path(&python.spec) {
            python.spec = directory.join(&python.spec).to_string_lossy().into_owned();
        }
    }
}
