//! Project directories, and what their files say without a build.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use configparser::ini::Ini;

use super::error::Error;
use super::poetry;
use super::poetry_requirement::poetry_requirement;
use crate::wheel::normalize;

/// Directories that are never part of a project's source.
pub const SKIPPED: [&str; 12] = [
    ".git",
    ".hg",
    ".svn",
    ".venv",
    "venv",
    ".tox",
    ".nox",
    "__pycache__",
    "node_modules",
    "target",
    "dist",
    "build",
];

/// How deep to look for projects below a directory that isn't one.
const DEPTH: usize = 2;

/// The files that describe a project.
#[derive(Debug)]
pub(crate) struct Project {
    pyproject: PathBuf,
    table: Option<toml::Table>,
    /// `setup.cfg`, read.
    setup_cfg: Option<String>,
    has_setup_py: bool,
}

impl Project {
    /// Reads `pyproject.toml` and `setup.cfg` in `directory`.
    pub(crate) fn read(directory: &Path) -> Result<Self, Error> {
        let pyproject = directory.join("pyproject.toml");
        let table = match read(&pyproject)? {
            None => None,
            Some(text) => Some(
                text.parse::<toml::Table>()
                    .map_err(|cause| Error::toml(&pyproject, &cause, &text))?,
            ),
        };
        let setup_cfg = read(&directory.join("setup.cfg"))?;
        let has_setup_py = directory.join("setup.py").is_file();
        Ok(Self { pyproject, table, setup_cfg, has_setup_py })
    }

    /// Whether a build back end could build it. A pyproject.toml that only configures tools does
    /// not make a project.
    pub(crate) fn is_project(&self) -> bool {
        let described = self.table.as_ref().is_some_and(|table| {
            table.contains_key("project")
                || table.contains_key("build-system")
                || self.at(&["tool", "poetry", "name"]).is_some()
        });
        let metadata = self.setup_cfg.as_deref().is_some_and(|text| text.contains("[metadata]"));
        described || self.has_setup_py || metadata
    }

    /// The value at `keys` in pyproject.toml.
    pub(super) fn at(&self, keys: &[&str]) -> Option<&toml::Value> {
        let (first, rest) = keys.split_first()?;
        let mut value = self.table.as_ref()?.get(*first)?;
        for key in rest {
            value = value.get(key)?;
        }
        Some(value)
    }

    fn text_at(&self, keys: &[&str]) -> Option<String> {
        self.at(keys)?.as_str().map(str::to_owned)
    }

    /// `[section] key` of setup.cfg.
    fn setup_cfg(&self, section: &str, key: &str) -> Option<String> {
        let mut ini = Ini::new_cs();
        ini.set_multiline(true);
        ini.set_inline_comment_symbols(Some(&[]));
        // setuptools cannot read the file either.
        let sections = ini.read(self.setup_cfg.clone()?).ok()?;
        let items = sections.get(section)?;
        let (_, value) = items.iter().find(|(name, _)| name.replace('-', "_") == key)?;
        value.clone()
    }

    /// The name, if a file has it.
    pub(crate) fn name(&self) -> Option<String> {
        self.text_at(&["project", "name"])
            .or_else(|| self.text_at(&["tool", "poetry", "name"]))
            .or_else(|| self.setup_cfg("metadata", "name"))
    }

    /// pyproject.toml, if there is one.
    pub(crate) fn table(&self) -> Option<&toml::Table> {
        self.table.as_ref()
    }

    /// Whether a file declares commands. A setup.py isn't asked.
    pub(super) fn has_commands(&self) -> bool {
        let tables = [
            &["project", "scripts"][..],
            &["project", "gui-scripts"],
            &["tool", "poetry", "scripts"],
        ];
        tables.iter().any(|keys| self.at(keys).is_some())
            || self.setup_cfg("options.entry_points", "console_scripts").is_some()
    }

    /// Whether it is an application that no build back end is to build: it declares no build system
    /// and no commands, or says that it isn't a package. A Django project with `manage.py` starts
    /// through that unless it declares commands.
    pub(crate) fn is_application(&self, is_django: bool) -> bool {
        let is_false = |keys: &[&str]| self.at(keys).and_then(toml::Value::as_bool) == Some(false);
        if is_false(&["tool", "poetry", "package-mode"])
            || is_false(&["tool", "pdm", "distribution"])
            || is_false(&["tool", "uv", "package"])
        {
            return true;
        }
        let is_package = self.at(&["tool", "uv", "package"]).is_some();
        let has_commands = self.has_commands() || self.at(&["project", "entry-points"]).is_some();
        if is_package || has_commands || self.has_setup_py || self.setup_cfg.is_some() {
            return false;
        }
        let has_back_end =
            self.at(&["build-system"]).is_some() || self.at(&["tool", "poetry", "name"]).is_some();
        is_django || !has_back_end
    }

    /// The dependencies that pyproject.toml in `directory` declares, if it declares any. Poetry's are
    /// translated.
    pub(crate) fn dependencies(&self, directory: &Path) -> Option<Vec<String>> {
        if let Some(list) = self.at(&["project", "dependencies"]) {
            return Some(texts(list));
        }
        let table = self.at(&["tool", "poetry", "dependencies"])?.as_table()?;
        let others = table.iter().filter(|(name, _)| *name != "python");
        Some(others.flat_map(|(name, value)| poetry_requirement(directory, name, value)).collect())
    }

    /// `optional-dependencies` of the `[project]` table, by normalised name.
    pub(crate) fn extras(&self) -> BTreeMap<String, Vec<String>> {
        let table = self.at(&["project", "optional-dependencies"]).and_then(toml::Value::as_table);
        let extras = table.into_iter().flatten();
        extras.map(|(name, list)| (normalize(name), texts(list))).collect()
    }

    /// The supported Python versions as a PEP 440 specifier, and the file that has it. A setup.py
    /// or a dynamic field is known only after the build.
    pub(crate) fn requires_python(&self) -> Option<(PathBuf, String)> {
        let pyproject = |text| Some((self.pyproject.clone(), text));
        if let Some(text) = self.text_at(&["project", "requires-python"]) {
            return pyproject(text);
        }
        if let Some(text) = self.text_at(&["tool", "poetry", "dependencies", "python"]) {
            return poetry::specifier(&text).and_then(pyproject);
        }
        let text = self.setup_cfg("options", "python_requires")?;
        Some((self.pyproject.with_file_name("setup.cfg"), text))
    }
}

/// The texts of a list.
fn texts(list: &toml::Value) -> Vec<String> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// The text of a file, if it exists.
fn read(path: &Path) -> Result<Option<String>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Read { path: path.to_owned(), source }),
    }
}

/// Projects below `directory`, sorted.
pub(crate) fn below(directory: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = walkdir::WalkDir::new(directory)
        .min_depth(1)
        .max_depth(DEPTH)
        .into_iter()
        .filter_entry(|entry| {
            let name = entry.file_name().to_string_lossy();
            entry.file_type().is_dir() && !name.starts_with('.') && !SKIPPED.contains(&&*name)
        })
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
        .filter(|path| Project::read(path).is_ok_and(|project| project.is_project()))
        .collect();
    found.sort();
    found
}
