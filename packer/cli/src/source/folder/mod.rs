//! A directory with scripts and other files, but without a project that a build back end builds:
//! scripts beside each other, a `__main__.py`, a Django project.

mod contents;
mod left_out;
mod programs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::project::Project;
pub use left_out::{LeftOut, Reason};
use programs::Program;
use snakecrate_base::APP;

/// The requirements file that a folder brings without being asked.
const REQUIREMENTS: &str = "requirements.txt";

/// A directory of scripts.
#[derive(Debug, Clone, PartialEq)]
pub struct Folder {
    /// The directory.
    pub directory: PathBuf,
    /// Its name: of the project in pyproject.toml, else of the directory.
    pub name: String,
    /// How it starts.
    pub kind: Kind,
    /// Names of the files that are programs, sorted; the first one is the default if no other is
    /// named like the folder.
    pub programs: Vec<String>,
    /// The other Python files in the directory itself, which have to be named to be entries.
    pub modules: Vec<String>,
    /// PEP 508 requirements of pyproject.toml and of the programs' metadata blocks.
    pub requirements: Vec<String>,
    /// A `requirements.txt`, unless pyproject.toml declares dependencies.
    pub files: Vec<PathBuf>,
    /// More requirements by the extra that adds them.
    pub extras: BTreeMap<String, Vec<String>>,
    /// The supported Python versions, and the file that has them.
    pub requires_python: Option<(PathBuf, String)>,
}

/// How a folder starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Its programs are files.
    Scripts,
    /// `__main__.py`, as in `python DIRECTORY`.
    Main,
    /// It is a package, as in `python -m PACKAGE`.
    Package,
    /// `manage.py`.
    Django,
}

impl Folder {
    /// The folder at `directory`, unless a build back end has to build it or it has nothing to run.
    pub(super) fn find(directory: &Path, project: &Project) -> Result<Option<Self>, Error> {
        let found = programs::find(directory)?;
        let is_django = matches!(found.kind, Some(Kind::Django));
        if project.is_project() && !project.is_application(is_django) {
            return Ok(None);
        }
        let Some(kind) = found.kind else { return Ok(None) };
        let last = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let declared = project.dependencies(directory);
        let listed = directory.join(REQUIREMENTS);
        let files = (declared.is_none() && listed.is_file()).then_some(listed);
        let mut requirements = declared.unwrap_or_default();
        let mut requires_python = project.requires_python();
        for Program { name, metadata } in &found.programs {
            let Some(block) = metadata else { continue };
            requirements.extend(block.dependencies.iter().cloned());
            let text = block.requires_python.clone();
            requires_python =
                requires_python.or_else(|| text.map(|text| (directory.join(name), text)));
        }
        Ok(Some(Self {
            directory: directory.to_owned(),
            name: project.name().unwrap_or(last),
            kind,
            programs: found.programs.into_iter().map(|program| program.name).collect(),
            modules: found.modules,
            requirements,
            extras: project.extras(),
            files: files.into_iter().collect(),
            requires_python,
        }))
    }

    /// Whether it is meant where projects are below it, too.
    pub(super) fn is_certain(&self) -> bool {
        self.kind != Kind::Scripts || !self.files.is_empty()
    }

    /// Where its files are in an archive, below [`APP`]: a package keeps its own name.
    pub fn place(&self) -> String {
        match self.kind {
            Kind::Package => format!("{}/{}", APP, self.module()),
            _ => APP.to_owned(),
        }
    }

    /// The name that `python -m` takes, of a package.
    pub fn module(&self) -> String {
        self.directory.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}
