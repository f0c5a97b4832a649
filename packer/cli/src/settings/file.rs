//! `[tool.snakecrate]` in a project's pyproject.toml or in a script's metadata block.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::Options;
use super::document::{Document, TOOL};
use super::keys::{self, Unknown};
use super::service::{Service, Services};
use crate::source::{Source, toml_cause};
use snakecrate_base::error::Remedy;
use snakecrate_runtime::discover::Spec;

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
    /// No option has this key.
    #[error("{}: {}unknown key `{key}` in [{table}]", path.display(), at(*line))]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The line of the key, from 1.
        line: Option<usize>,
        /// The table.
        table: String,
        /// The key.
        key: String,
        /// A key that the user may have meant.
        nearest: Option<String>,
    },
    /// A key has a value that it cannot have.
    #[error("{}: {}`{key}` in [tool.snakecrate]: {cause}", path.display(), at(*line))]
    Key {
        /// The file.
        path: PathBuf,
        /// The line of the key, from 1.
        line: Option<usize>,
        /// The key, behind those of the tables that it is in.
        key: String,
        /// The values that it can have.
        cause: String,
    },
    /// The table is something else.
    #[error("{}: {}[tool.snakecrate] isn't a table", path.display(), at(*line))]
    Table {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: Option<usize>,
    },
}

/// A line of a file as messages start with it.
fn at(line: Option<usize>) -> String {
    line.map(|line| format!("line {line}: ")).unwrap_or_default()
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Read { .. } => "check the file's permissions".into(),
            Self::Toml { .. } => "fix the TOML syntax error on that line".into(),
            Self::Unknown { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::Unknown { nearest: None, .. } => {
                "list all keys with `snakecrate config`; they are named like flags".into()
            }
            Self::Key { .. } => "see snakecrate build --help: keys are named like flags".into(),
            Self::Table { .. } => "write [tool.snakecrate] on a line of its own".into(),
        })
    }
}

/// The options of several archives of a project, by their names: `[tool.snakecrate.artifact.NAME]`.
pub type Artifacts = BTreeMap<String, Options>;

/// The table of artifacts.
const ARTIFACT: &str = "artifact";

/// The table of services.
const SERVICE: &str = "service";

/// The options that a file sets.
#[derive(Debug)]
pub struct FileOptions {
    /// Those of `[tool.snakecrate]`.
    pub common: Options,
    /// Those of each artifact.
    pub artifacts: Artifacts,
    /// The systemd units of packages.
    pub services: Services,
    /// The file.
    pub document: Document,
}

/// The options that `source` sets; none for wheels and requirements, and where there is no file.
pub fn options_of(source: &Source) -> Result<Option<FileOptions>, Error> {
    let directory = match source {
        Source::Project { directory, .. } => directory,
        Source::Folder(folder) => &folder.directory,
        Source::Script { path, metadata: Some(block) } => {
            let document = Document::new(path, block.text.clone(), block.line);
            return read(document, &block.tool).map(Some);
        }
        _ => return Ok(None),
    };
    in_directory(directory)
}

/// The options that the pyproject.toml of `directory` sets, if there is one.
pub fn in_directory(directory: &Path) -> Result<Option<FileOptions>, Error> {
    let path = directory.join("pyproject.toml");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if !directory.is_dir() || error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(None);
        }
        Err(source) => return Err(Error::Read { path, source }),
    };
    let table: toml::Table = text.parse().map_err(|cause| {
        let (line, cause) = toml_cause(&cause, &text);
        Error::Toml { path: path.clone(), line, cause }
    })?;
    let tool = table.get(TOOL[0]).and_then(toml::Value::as_table).cloned().unwrap_or_default();
    read(Document::new(&path, text, 0), &tool).map(Some)
}

/// Reads `snakecrate` in the table `tool` of `document`.
pub(super) fn read(document: Document, tool: &toml::Table) -> Result<FileOptions, Error> {
    let table = match tool.get(TOOL[1]) {
        None => &toml::Table::new(),
        Some(value) => value.as_table().ok_or_else(|| Error::Table {
            path: document.path.clone(),
            line: document.line(&[]),
        })?,
    };
    let mut common = table.clone();
    common.remove(ARTIFACT);
    common.remove(SERVICE);
    Ok(FileOptions {
        common: options(common, &document, &[])?,
        artifacts: artifacts(table, &document)?,
        services: services(table, &document)?,
        document,
    })
}

/// The artifacts in the table `[tool.snakecrate]` of `document`.
fn artifacts(own: &toml::Table, document: &Document) -> Result<Artifacts, Error> {
    let Some(value) = own.get(ARTIFACT) else { return Ok(Artifacts::new()) };
    let failed = |path: &[&str], cause: String| Error::Key {
        path: document.path.clone(),
        line: document.line(path),
        key: path.join("."),
        cause,
    };
    let form = "expected a table for each archive: [tool.snakecrate.artifact.NAME]";
    let table = value.as_table().ok_or_else(|| failed(&[ARTIFACT], form.into()))?;
    let one = |(name, value): (&String, &toml::Value)| {
        let path = [ARTIFACT, name];
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0']) {
            return Err(failed(&path, format!("no file can be called `{name}`")));
        }
        let table = value.as_table().ok_or_else(|| failed(&path, form.into()))?;
        Ok((name.clone(), options(table.clone(), document, &path)?))
    };
    table.iter().map(one).collect()
}

/// Reads the options in `table`, which is at `above` below `[tool.snakecrate]`.
fn options(table: toml::Table, document: &Document, above: &[&str]) -> Result<Options, Error> {
    if let Some(Unknown { path, nearest }) = keys::unknown(&table) {
        let path: Vec<&str> =
            above.iter().copied().chain(path.iter().map(String::as_str)).collect();
        let (key, tables) = path.split_last().expect("a path has a last key");
        return Err(Error::Unknown {
            path: document.path.clone(),
            line: document.line(&path),
            table: [&TOOL, tables].concat().join("."),
            key: (*key).to_owned(),
            nearest,
        });
    }
    let mut options: Options = values(toml::Value::Table(table), document, above)?;
    make_absolute(&mut options, document.path.parent().unwrap_or(Path::new(".")));
    Ok(options)
}

/// Reads the value of the key at `above` below `[tool.snakecrate]`.
fn values<T: serde::de::DeserializeOwned>(
    value: toml::Value,
    document: &Document,
    above: &[&str],
) -> Result<T, Error> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let names = error.path().iter().filter_map(|segment| match segment {
            serde_path_to_error::Segment::Map { key } => Some(key.as_str()),
            _ => None,
        });
        let path: Vec<&str> = above.iter().copied().chain(names).collect();
        Error::Key {
            path: document.path.clone(),
            line: document.line(&path),
            key: path.join("."),
            cause: error.inner().message().trim().replace('\n', " "),
        }
    })
}

/// The services in the table `[tool.snakecrate]` of `document`.
fn services(own: &toml::Table, document: &Document) -> Result<Services, Error> {
    let Some(value) = own.get(SERVICE) else { return Ok(Services::new()) };
    let table = value.as_table().ok_or_else(|| Error::Key {
        path: document.path.clone(),
        line: document.line(&[SERVICE]),
        key: SERVICE.into(),
        cause: "expected a table for each service: [tool.snakecrate.service.NAME]".into(),
    })?;
    let one = |(name, value): (&String, &toml::Value)| {
        let service: Service = values(value.clone(), document, &[SERVICE, name])?;
        Ok((name.clone(), service))
    };
    table.iter().map(one).collect()
}

/// Relative paths are relative to the directory of the file, not to the working directory.
fn make_absolute(options: &mut Options, directory: &Path) {
    let lists = [&mut options.requirements, &mut options.constraints, &mut options.overrides];
    let files = [
        &mut options.output,
        &mut options.report,
        &mut options.provenance,
        &mut options.lock,
        &mut options.wheelhouse,
        &mut options.debian_keyring,
        &mut options.vex,
    ];
    let files = files.into_iter().chain([&mut options.desktop.icon]);
    let listed = lists.into_iter().flatten().flatten();
    for path in listed.chain(files.flatten()) {
        *path = directory.join(&*path);
    }
    for inclusion in options.include.iter_mut().flatten() {
        inclusion.path = directory.join(&inclusion.path);
    }
    let is_path = |text: &str| !text.contains("://");
    for link in options.find_links.iter_mut().flatten().filter(|link| is_path(link)) {
        *link = directory.join(&*link).to_string_lossy().into_owned();
    }
    let is_debian = |text: &str| matches!(Spec::parse(text), Ok(Spec::Debian { .. }));
    for python in options.python.iter_mut().flatten() {
        if python.spec.contains('/') && is_path(&python.spec) && !is_debian(&python.spec) {
            python.spec = directory.join(&python.spec).to_string_lossy().into_owned();
        }
    }
}
