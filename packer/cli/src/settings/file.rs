//! `[tool.snakecrate]` in a project's pyproject.toml or in a script's metadata block.

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

/// The options that `source` sets; none for wheels and requirements.
pub fn options_of(source: &Source) -> Result<Options, Error> {
    match source {
        Source::Project { directory, .. } => read(&directory.join("pyproject.toml")),
        Source::Folder(folder) => read(&folder.directory.join("pyproject.toml")),
        Source::Script { path, metadata: Some(block) } => from_tool(&block.tool, path),
        _ => Ok(Options::empty()),
    }
}

/// The member that the pyproject.toml of `directory` names (`package`). None if `directory` isn't one.
pub fn package_at(directory: &Path) -> Result<Option<String>, Error> {
    if !directory.is_dir() {
        return Ok(None);
    }
    Ok(read(&directory.join("pyproject.toml"))?.package)
}

/// Reads a pyproject.toml; a missing one sets nothing.
fn read(path: &Path) -> Result<Options, Error> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Options::empty()),
        Err(source) => return Err(Error::Read { path: path.to_owned(), source }),
    };
    let table: toml::Table = text.parse().map_err(|cause| {
        let (line, cause) = toml_cause(&cause, &text);
        Error::Toml { path: path.to_owned(), line, cause }
    })?;
    match table.get("tool").and_then(toml::Value::as_table) {
        Some(tool) => from_tool(tool, path),
        None => Ok(Options::empty()),
    }
}

/// Reads `snakecrate` in the table `tool` of the file `path`.
pub(super) fn from_tool(tool: &toml::Table, path: &Path) -> Result<Options, Error> {
    let Some(value) = tool.get("snakecrate") else { return Ok(Options::empty()) };
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
    if let Some(python) = &mut options.python
        && python.contains('/')
        && is_path(python)
    {
        *python = directory.join(&*python).to_string_lossy().into_owned();
    }
}
