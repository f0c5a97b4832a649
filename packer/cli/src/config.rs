//! `[tool.snakecrate]`: in a project's pyproject.toml, or in a script's metadata block.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

use crate::build::LibcChoice;
use crate::source::{Source, toml_cause};
use snakecrate_audit::Glibc;
use snakecrate_base::error::Remedy;
use snakecrate_runtime::Strip;

/// The keys of `[tool.snakecrate]`. Each has a flag of the same name; [`Config::or`] merges the
/// two. What is not set is `None` or empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// The interpreter: a version, a path, an archive, a URL.
    pub python: Option<String>,
    /// Where interpreters are downloaded from.
    pub python_mirror: Option<String>,
    /// Names of the entries to offer.
    #[serde(alias = "entry", deserialize_with = "one_or_many")]
    pub entries: Vec<String>,
    /// The entry that starts when nothing else decides.
    pub default: Option<String>,
    /// A module to run as `python -m` does.
    pub module: Option<String>,
    /// More requirements (PEP 508).
    #[serde(deserialize_with = "one_or_many")]
    pub with: Vec<String>,
    /// Requirements files.
    #[serde(deserialize_with = "one_or_many")]
    pub requirements: Vec<PathBuf>,
    /// The package index.
    pub index_url: Option<String>,
    /// Directories or pages with more distributions.
    #[serde(deserialize_with = "one_or_many")]
    pub find_links: Vec<String>,
    /// Distributions never to take as wheels, or `:all:`.
    #[serde(deserialize_with = "one_or_many")]
    pub no_binary: Vec<String>,
    /// Distributions never to build, or `:all:`.
    #[serde(deserialize_with = "one_or_many")]
    pub only_binary: Vec<String>,
    /// Never use the network.
    pub offline: Option<bool>,
    /// The level of compression.
    pub level: Option<i32>,
    /// Whether to compress as hard as is of use, where no level is set.
    pub release: Option<bool>,
    /// What of the debug information of libraries in wheels goes.
    pub strip: Option<Strip>,
    /// Files of wheels and of the application to leave out: patterns, or names of sets.
    #[serde(deserialize_with = "one_or_many")]
    pub exclude: Vec<String>,
    /// Files to keep that `exclude` would leave out.
    #[serde(deserialize_with = "one_or_many")]
    pub include: Vec<String>,
    /// How far bytecode is optimised: 0, 1 (`-O`) or 2 (`-OO`).
    #[serde(deserialize_with = "optimization")]
    pub optimize: Option<u8>,
    /// Whether bytecode takes the place of its source.
    pub sourceless: Option<bool>,
    /// Whether only those modules of the standard library come along that something can import.
    pub runtime_minimal: Option<bool>,
    /// The file to write.
    pub output: Option<PathBuf>,
    /// Whether the interpreter ignores the user's environment (`-I`); so it does if not set.
    pub isolated: Option<bool>,
    /// Whether the user's `LD_*` variables have an effect; so they have where the interpreter is
    /// not isolated.
    pub loader_variables: Option<bool>,
    /// Which C library the archive runs on.
    pub libc: Option<LibcChoice>,
    /// Whether entry points are imported by a fast start; so they are if not set.
    pub fast_start: Option<bool>,
    /// Options of the interpreter: `-X importtime`, `-W ignore`.
    pub python_options: Vec<String>,
    /// Parts of the runtime to keep that would be left out: names of parts (`ssl`), or patterns.
    #[serde(deserialize_with = "one_or_many")]
    pub runtime_keep: Vec<String>,
    /// Parts of the runtime to drop that would be kept.
    #[serde(deserialize_with = "one_or_many")]
    pub runtime_drop: Vec<String>,
    /// The newest glibc that the archive may need.
    pub max_glibc: Option<Glibc>,
    /// Libraries to take from this machine.
    #[serde(alias = "include-lib", deserialize_with = "one_or_many")]
    pub include_libs: Vec<String>,
    /// Libraries that may be missing.
    #[serde(deserialize_with = "one_or_many")]
    pub allow_missing: Vec<String>,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Not TOML.
    #[error("{}: line {line}: {cause}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the parser says.
        cause: String,
    },
    /// A key that is unknown or has a value of the wrong type.
    #[error("{}: [tool.snakecrate]: {cause}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// The key, and what may stand there.
        cause: String,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Read { .. } => "check the file's permissions".into(),
            Self::Toml { .. } => "mend the line".into(),
            Self::Key { .. } => {
                "every key is named as the flag: see snakecrate build --help".into()
            }
        })
    }
}

impl Config {
    /// The configuration that comes with `source`; empty for wheels and requirements.
    pub fn of(source: &Source) -> Result<Self, Error> {
        match source {
            Source::Project { directory, .. } => Self::read(&directory.join("pyproject.toml")),
            Source::Script { path, metadata: Some(block) } => Self::from_tool(&block.tool, path),
            _ => Ok(Self::default()),
        }
    }

    /// Reads a pyproject.toml; empty when there is none.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(source) => return Err(Error::Read { path: path.to_owned(), source }),
        };
        let table: toml::Table = text.parse().map_err(|cause| {
            let (line, cause) = toml_cause(&cause, &text);
            Error::Toml { path: path.to_owned(), line, cause }
        })?;
        match table.get("tool").and_then(toml::Value::as_table) {
            Some(tool) => Self::from_tool(tool, path),
            None => Ok(Self::default()),
        }
    }

    /// Reads `snakecrate` of the table `tool`, which stands in the file `path`.
    fn from_tool(tool: &toml::Table, path: &Path) -> Result<Self, Error> {
        let Some(value) = tool.get("snakecrate") else { return Ok(Self::default()) };
        let mut config: Self = value.clone().try_into().map_err(|cause: toml::de::Error| {
            let cause = cause.to_string().trim().replace('\n', " ");
            Error::Key { path: path.to_owned(), cause }
        })?;
        config.make_absolute(path.parent().unwrap_or(Path::new(".")));
        Ok(config)
    }

    /// Relative paths are relative to the file's directory, not to where the command is run.
    fn make_absolute(&mut self, directory: &Path) {
        for path in self.requirements.iter_mut().chain(&mut self.output) {
            *path = directory.join(&*path);
        }
        let is_path = |text: &str| !text.contains("://");
        for link in self.find_links.iter_mut().filter(|link| is_path(link)) {
            *link = directory.join(&*link).to_string_lossy().into_owned();
        }
        if let Some(python) = &mut self.python
            && python.contains('/')
            && is_path(python)
        {
            *python = directory.join(&*python).to_string_lossy().into_owned();
        }
    }

    /// What is set here, and where nothing is, what `other` has: flags `or` the file.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        fn list<T>(ours: Vec<T>, theirs: Vec<T>) -> Vec<T> {
            if ours.is_empty() { theirs } else { ours }
        }
        Self {
            python: self.python.or(other.python),
            python_mirror: self.python_mirror.or(other.python_mirror),
            entries: list(self.entries, other.entries),
            default: self.default.or(other.default),
            module: self.module.or(other.module),
            with: list(self.with, other.with),
            requirements: list(self.requirements, other.requirements),
            index_url: self.index_url.or(other.index_url),
            find_links: list(self.find_links, other.find_links),
            no_binary: list(self.no_binary, other.no_binary),
            only_binary: list(self.only_binary, other.only_binary),
            offline: self.offline.or(other.offline),
            level: self.level.or(other.level),
            release: self.release.or(other.release),
            strip: self.strip.or(other.strip),
            exclude: list(self.exclude, other.exclude),
            include: list(self.include, other.include),
            optimize: self.optimize.or(other.optimize),
            sourceless: self.sourceless.or(other.sourceless),
            runtime_minimal: self.runtime_minimal.or(other.runtime_minimal),
            output: self.output.or(other.output),
            isolated: self.isolated.or(other.isolated),
            loader_variables: self.loader_variables.or(other.loader_variables),
            libc: self.libc.or(other.libc),
            fast_start: self.fast_start.or(other.fast_start),
            python_options: list(self.python_options, other.python_options),
            runtime_keep: list(self.runtime_keep, other.runtime_keep),
            runtime_drop: list(self.runtime_drop, other.runtime_drop),
            max_glibc: self.max_glibc.or(other.max_glibc),
            include_libs: list(self.include_libs, other.include_libs),
            allow_missing: list(self.allow_missing, other.allow_missing),
        }
    }
}

/// A level that Python has.
fn optimization<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    match u8::deserialize(deserializer)? {
        level @ 0..=2 => Ok(Some(level)),
        _ => Err(serde::de::Error::custom("`optimize` is 0, 1 or 2")),
    }
}

/// A string where a list of one would do.
fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a string or a list of strings")]
    enum OneOrMany<T> {
        One(T),
        Many(Vec<T>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        let tool: toml::Table = text.parse().unwrap();
        Config::from_tool(&tool, Path::new("/p/pyproject.toml")).map_err(|e| e.to_string())
    }

    #[test]
    fn every_key_is_read_and_paths_are_those_of_the_file() {
        let config = read(
            "[snakecrate]\npython = '3.12'\nentry = 'a'\ndefault = 'a'\nmodule = 'm'\n\
             with = ['x>=1']\nrequirements = ['req.txt', '/abs.txt']\n\
             index-url = 'https://i/simple'\nfind-links = ['wheels', 'https://w']\noffline = true\n\
             level = 3\noutput = 'out/app'\nisolated = false\nloader-variables = true\nlibc = 'bundled'\nfast-start = false\npython-options = ['-X', 'dev']\n\
             runtime-keep = ['tkinter']\nruntime-drop = 'sqlite3'\nno-binary = ':all:'\n\
             only-binary = ['numpy']\nrelease = true\nstrip = 'all'\nexclude = 'tests'\n\
             include = ['a/tests']\noptimize = 2\nsourceless = true\nruntime-minimal = true\n\
             max-glibc = '2.28'\ninclude-lib = 'libpq.so.5'\nallow-missing = 'libodbc.so.2'\n",
        )
        .unwrap();
        assert_eq!(config.entries, ["a"]);
        assert_eq!(config.requirements, [Path::new("/p/req.txt"), Path::new("/abs.txt")]);
        assert_eq!(config.find_links, ["/p/wheels", "https://w"]);
        assert_eq!(config.output.as_deref(), Some(Path::new("/p/out/app")));
        assert_eq!((config.isolated, config.loader_variables), (Some(false), Some(true)));
        assert_eq!((config.libc, config.fast_start), (Some(LibcChoice::Bundled), Some(false)));
        assert_eq!(config.runtime_drop, ["sqlite3"]);
        assert_eq!((config.strip, config.optimize), (Some(Strip::All), Some(2)));
        assert_eq!(
            (config.exclude, config.include),
            (vec!["tests".into()], vec!["a/tests".into()])
        );
        assert_eq!(config.max_glibc, Some(Glibc(2, 28)));
        assert_eq!(
            (config.include_libs, config.allow_missing),
            (vec!["libpq.so.5".into()], vec!["libodbc.so.2".into()])
        );
        assert_eq!(
            read("[snakecrate]\npython = '../py/bin/python'\n").unwrap().python.unwrap(),
            "/p/../py/bin/python"
        );
        assert_eq!(read("[other]\n").unwrap(), Config::default());
    }

    #[test]
    fn unknown_keys_and_wrong_types_are_named() {
        let error = read("[snakecrate]\nentrys = 'a'\n").unwrap_err();
        assert!(error.contains("`entrys`") && error.contains("`entries`"), "{error}");
        assert!(!error.contains('\n'), "{error:?}");
        let error = read("[snakecrate]\npython = 3.12\n").unwrap_err();
        assert!(error.contains("python") && error.contains("expected a string"), "{error}");
        let error = read("[snakecrate]\noptimize = 3\n").unwrap_err();
        assert!(error.contains("0, 1 or 2"), "{error}");
        let error = read("[snakecrate]\nwith = 3\n").unwrap_err();
        assert!(error.contains("with") && error.contains("a list of strings"), "{error}");
    }

    #[test]
    fn flags_win_over_the_file() {
        let flags = Config { level: Some(1), with: vec!["a".into()], ..Config::default() };
        let file = Config {
            level: Some(2),
            with: vec!["b".into()],
            module: Some("m".into()),
            ..Config::default()
        };
        let merged = flags.or(file);
        assert_eq!(
            (merged.level, merged.with, merged.module),
            (Some(1), vec!["a".to_owned()], Some("m".to_owned()))
        );
    }
}
