//! The source of an archive: a project, a folder or a file with an application, a virtual environment,
//! a wheel or a requirement.

mod environment;
mod error;
mod folder;
mod member;
mod poetry;
mod poetry_requirement;
mod project;
mod script;
mod sdist;
mod siblings;
pub(crate) mod workspace;
mod zipped;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use pep440_rs::VersionSpecifiers;
use pep508_rs::{Requirement, VerbatimUrl};
use snakecrate_format::entry_path::EntryPath;

pub use error::Error;
pub(crate) use error::toml_cause;
pub use folder::{Folder, Kind, LeftOut, Reason};
pub use member::Member;
pub(crate) use poetry::alternatives as poetry_alternatives;
pub use poetry_requirement::poetry_requirement;
use project::Project;
pub use project::SKIPPED;
pub use script::Pep723;
use script::is_python_script;
pub use zipped::zipapp_tree;

use crate::archive::Archive;
use crate::wheel;
use snakecrate_base::tree::Tree;
use snakecrate_runtime::Scanner;

pub use snakecrate_base::APP;

/// A source that the user named. Paths are absolute, and links are resolved.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A directory with a project that a build back end makes a wheel of.
    Project {
        /// The directory.
        directory: PathBuf,
        /// Its extras, from `DIRECTORY[cli,fast]`.
        extras: Vec<String>,
    },
    /// A Python file.
    Script {
        /// The file.
        path: PathBuf,
        /// Its metadata block.
        metadata: Option<Pep723>,
    },
    /// A wheel of the user's.
    Wheel {
        /// The file.
        path: PathBuf,
        /// Its extras.
        extras: Vec<String>,
    },
    /// A directory with scripts and other files that no back end builds.
    Folder(Folder),
    /// A zip file that Python can run.
    Zipapp {
        /// The file.
        path: PathBuf,
    },
    /// A source distribution of the user's.
    Sdist {
        /// The file.
        path: PathBuf,
        /// Its extras.
        extras: Vec<String>,
        /// The supported Python versions.
        requires_python: Option<String>,
    },
    /// A virtual environment, which is packed as it is.
    Environment {
        /// Its directory.
        directory: PathBuf,
    },
    /// A distribution from an index or a URL.
    Requirement {
        /// PEP 508: `httpie==3.2.4`, `demo[cli] @ https://…`.
        text: String,
        /// Its normalised name.
        name: String,
    },
}

impl Source {
    /// Detects the kind of source that `arg` names. An existing file or directory wins over a
    /// requirement.
    pub fn detect(arg: &str) -> Result<Self, Error> {
        let (path, extras) = match split_extras(arg) {
            Some((path, extras)) if !Path::new(arg).exists() && Path::new(path).exists() => {
                (Path::new(path), extras)
            }
            _ => (Path::new(arg), Vec::new()),
        };
        let Ok(found) = fs::metadata(path) else {
            return Self::requirement(arg);
        };
        let read = |source| Error::Read { path: path.to_owned(), source };
        let full = fs::canonicalize(path).map_err(read)?;
        if found.is_dir() {
            return Self::directory(path, full, extras);
        }
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("whl") => {
                // The link's own name counts, not that of its target.
                let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
                let directory =
                    fs::canonicalize(directory.unwrap_or(Path::new("."))).map_err(read)?;
                let path = directory.join(path.file_name().unwrap_or_default());
                wheel::WheelName::of(&path).map_err(|kind| Error::Wheel(kind.at(&path)))?;
                Ok(Self::Wheel { path, extras })
            }
            Some("toml") if path.ends_with("pyproject.toml") => {
                let directory = full.parent().unwrap_or(&full).to_owned();
                Self::directory(&directory.clone(), directory, extras)
            }
            extension => Self::file(arg, path, full, extension, extras),
        }
    }

    /// Like [`Source::detect`], for the member `package` of the workspace that `arg` is in.
    pub fn detect_member(arg: &str, package: &str) -> Result<Self, Error> {
        let (path, extras) = split_extras(arg).unwrap_or((arg, Vec::new()));
        let path = match Path::new(path) {
            file if file.ends_with("pyproject.toml") => file.parent().unwrap_or(file),
            path => path,
        };
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        if !path.is_dir() {
            return Err(Error::Package(arg.to_owned()));
        }
        let read = |source| Error::Read { path: path.to_owned(), source };
        let full = fs::canonicalize(path).map_err(read)?;
        let directory = workspace::member(&full, package)?;
        let folder = Folder::find(&directory, &Project::read(&directory)?)?;
        Ok(folder.map_or(Self::Project { directory, extras }, Self::Folder))
    }

    /// The file at `path`, which `arg` names.
    fn file(
        arg: &str,
        path: &Path,
        full: PathBuf,
        extension: Option<&str>,
        extras: Vec<String>,
    ) -> Result<Self, Error> {
        let bytes =
            fs::read(&full).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let is_source = matches!(extension, Some("py" | "pyw"));
        let may_be_zip = bytes.starts_with(b"#!") || bytes.starts_with(b"PK");
        if !is_source && may_be_zip && zipped::is_zipapp(&full)? {
            return Ok(Self::Zipapp { path: full });
        }
        if is_source || is_python_script(&bytes) {
            let metadata = Pep723::parse(path, &String::from_utf8_lossy(&bytes))?;
            return Ok(Self::Script { path: full, metadata });
        }
        let name = full.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if sdist::stem(&name).is_some()
            && let Some(metadata) = sdist::metadata(&full)?
        {
            let requires_python = metadata.requires_python;
            return Ok(Self::Sdist { path: full, extras, requires_python });
        }
        // `snakecrate build black` may have left the archive `black` here.
        if let Ok(requirement) = Self::requirement(arg) {
            return Ok(requirement);
        }
        let path = path.to_owned();
        Err(match Archive::open(&path) {
            Ok(_) => Error::Archive(path),
            Err(_) => Error::Kind(path),
        })
    }

    fn directory(named: &Path, full: PathBuf, extras: Vec<String>) -> Result<Self, Error> {
        if environment::is_conda(&full) {
            return Err(Error::Conda(full));
        }
        if environment::is_virtual(&full) {
            return Ok(Self::Environment { directory: full });
        }
        let project = Project::read(&full)?;
        let folder = Folder::find(&full, &project)?;
        if project.is_project() && folder.is_none() {
            return Ok(Self::Project { directory: full, extras });
        }
        let directory = named.to_owned();
        let members = workspace::members(&full)?;
        let projects = if members.is_empty() { project::below(named) } else { Vec::new() };
        match folder {
            Some(folder)
                if project.is_project()
                    || folder.is_certain()
                    || members.is_empty() && projects.is_empty() =>
            {
                Ok(Self::Folder(folder))
            }
            _ if !members.is_empty() => Err(Error::Workspace { directory, members }),
            None if projects.is_empty() => Err(Error::NoProject(full)),
            _ => Err(Error::Several { directory, projects }),
        }
    }

    fn requirement(arg: &str) -> Result<Self, Error> {
        let before_url = arg.split('@').next().unwrap_or(arg).split(';').next().unwrap_or(arg);
        let path_like = before_url.contains(['/', '\\'])
            || before_url.starts_with(['.', '~'])
            || [".py", ".pyw", ".whl", ".toml", ".gz", ".zip"].iter().any(|e| arg.ends_with(e));
        if path_like && !arg.contains("://") {
            return Err(Error::Absent(arg.into()));
        }
        match Requirement::<VerbatimUrl>::from_str(arg) {
            Ok(requirement) => Ok(Self::Requirement {
                text: arg.trim().to_owned(),
                name: wheel::normalize(requirement.name.as_ref()),
            }),
            Err(error) => Err(Error::Requirement {
                text: arg.to_owned(),
                cause: error.message.to_string().replace('\n', " "),
            }),
        }
    }

    /// The directory that an archive has its files in; `None` for sources that are distributions, whose
    /// files are in `site-packages`.
    pub fn place(&self) -> Option<String> {
        match self {
            Self::Folder(folder) => Some(folder.place()),
            Self::Script { .. } | Self::Zipapp { .. } => Some(APP.to_owned()),
            _ => None,
        }
    }

    /// Its kind, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Project { .. } => "project",
            Self::Script { .. } => "script",
            Self::Wheel { .. } => "wheel",
            Self::Folder(_) => "directory",
            Self::Zipapp { .. } => "zip application",
            Self::Sdist { .. } => "source distribution",
            Self::Environment { .. } => "virtual environment",
            Self::Requirement { .. } => "requirement",
        }
    }

    /// The directory that paths of additional files are seen from, if the source has one.
    pub fn directory_of_files(&self) -> Option<&Path> {
        match self {
            Self::Project { directory, .. } => Some(directory),
            Self::Folder(folder) => Some(&folder.directory),
            Self::Script { path, .. } | Self::Zipapp { path } => path.parent(),
            _ => None,
        }
    }

    /// The name, if it is known without a build: of the project, the wheel or the requirement, or
    /// the stem of the script.
    pub fn name(&self) -> Option<String> {
        match self {
            Self::Project { directory, .. } => Project::read(directory).ok()?.name(),
            Self::Script { path, .. } | Self::Zipapp { path } => {
                Some(path.file_stem()?.to_str()?.to_owned())
            }
            Self::Wheel { path, .. } => Some(wheel::WheelName::of(path).ok()?.name),
            Self::Folder(folder) => Some(folder.name.clone()),
            Self::Sdist { path, .. } => {
                let stem = sdist::stem(path.file_name()?.to_str()?)?;
                Some(stem.rsplit_once('-').map_or(stem, |(name, _)| name).to_owned())
            }
            Self::Environment { directory } => environment::name(directory),
            Self::Requirement { name, .. } => Some(name.clone()),
        }
    }

    /// The supported Python versions, if they are known without a build.
    pub fn requires_python(&self) -> Result<Option<VersionSpecifiers>, Error> {
        let stated = match self {
            Self::Project { directory, .. } => Project::read(directory)?.requires_python(),
            Self::Script { path, metadata } => {
                let text = metadata.as_ref().and_then(|block| block.requires_python.clone());
                text.map(|text| (path.clone(), text))
            }
            Self::Wheel { path, .. } => {
                let text = wheel::read_metadata(path)?.requires_python;
                text.map(|text| (path.clone(), text))
            }
            Self::Folder(folder) => folder.requires_python.clone(),
            Self::Sdist { path, requires_python, .. } => {
                requires_python.clone().map(|text| (path.clone(), text))
            }
            // The environment has its own interpreter.
            Self::Requirement { .. } | Self::Zipapp { .. } | Self::Environment { .. } => None,
        };
        let Some((path, text)) = stated else { return Ok(None) };
        match VersionSpecifiers::from_str(&text) {
            Ok(specifiers) => Ok(Some(specifiers)),
            Err(cause) => {
                let cause = cause.to_string().lines().next().unwrap_or_default().to_owned();
                Err(Error::Python { path, text, cause })
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project { directory, .. } | Self::Environment { directory } => {
                write!(f, "{}", directory.display())
            }
            Self::Folder(folder) => write!(f, "{}", folder.directory.display()),
            Self::Script { path, .. }
            | Self::Wheel { path, .. }
            | Self::Sdist { path, .. }
            | Self::Zipapp { path } => write!(f, "{}", path.display()),
            Self::Requirement { text, .. } => f.write_str(text),
        }
    }
}

/// The pyproject.toml of the project in `directory`; empty if it has none.
pub fn pyproject(directory: &Path) -> Result<toml::Table, Error> {
    Ok(Project::read(directory)?.table().cloned().unwrap_or_default())
}

/// The tree of a script: the file and the modules that it imports from its own directory. Also
/// returns the place of the file.
pub fn script_tree(path: &Path, scanner: &Scanner<'_>) -> Result<(EntryPath, Tree), Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let place = EntryPath::new(&format!("{APP}/{name}"))
        .map_err(|source| Error::Name { path: path.to_owned(), source })?;
    Ok((place, siblings::tree(path, scanner)?))
}

/// `("demo", ["a", "b"])` for `demo[a,b]`.
fn split_extras(arg: &str) -> Option<(&str, Vec<String>)> {
    let (path, extras) = arg.strip_suffix(']')?.rsplit_once('[')?;
    let extras = extras.split(',').map(|extra| extra.trim().to_owned());
    Some((path, extras.filter(|extra| !extra.is_empty()).collect()))
}

#[cfg(test)]
mod tests;
