//! Why a source cannot be packed.

use std::io;
use std::path::{Path, PathBuf};

use super::member::Member;

use snakecrate_base::error::Remedy;

/// A source that cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A path that does not exist.
    #[error("there is no file or directory `{}`", .0.display())]
    Absent(PathBuf),
    /// A file of a kind that cannot be packed.
    #[error(
        "`{}` is none of: Python script, zip application, wheel, source distribution", .0.display()
    )]
    Kind(PathBuf),
    /// An archive of this packer's.
    #[error("`{}` is already an archive", .0.display())]
    Archive(PathBuf),
    /// A conda environment.
    #[error("`{}` is a conda environment; its packages are not wheels", .0.display())]
    Conda(PathBuf),
    /// A zip file whose code opens the zip file itself.
    #[error("`{}` was made by {tool}, and its code needs the zip file", path.display())]
    Tool {
        /// The file.
        path: PathBuf,
        /// `pex`, `shiv`.
        tool: &'static str,
    },
    /// A directory without anything to run in it.
    #[error(
        "`{}` has nothing to run: no pyproject.toml or setup.py of a project, no __main__.py, no \
         script that says it is one",
        .0.display()
    )]
    NoProject(PathBuf),
    /// A directory that has projects below it.
    #[error("`{}` is not a project, but contains some: {}", directory.display(), list(projects))]
    Several {
        /// The directory.
        directory: PathBuf,
        /// The projects, sorted.
        projects: Vec<PathBuf>,
    },
    /// The root of a workspace that isn't a project itself.
    #[error("`{}` is a workspace, not a project; its members are {}", directory.display(), names(members))]
    Workspace {
        /// The directory.
        directory: PathBuf,
        /// Those with commands first.
        members: Vec<Member>,
    },
    /// `--package` names no member.
    #[error("`{}` has no member `{name}`", directory.display())]
    Member {
        /// The root of the workspace.
        directory: PathBuf,
        /// The unknown name.
        name: String,
        /// Those with commands first.
        members: Vec<Member>,
    },
    /// `--package` is given for something that has no members.
    #[error("`{0}` is not a directory, so it has no members to choose with --package")]
    Package(String),
    /// Not a path, and not a requirement either.
    #[error("`{text}` is not a requirement: {cause}")]
    Requirement {
        /// The argument.
        text: String,
        /// The parser's message.
        cause: String,
    },
    /// A file of the source cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A pyproject.toml that is not TOML.
    #[error("{}: {cause}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// The line and the parser's message.
        cause: String,
    },
    /// A script's metadata block is invalid.
    #[error("{}:{line}: {cause}", path.display())]
    Block {
        /// The script.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The problem.
        cause: String,
    },
    /// A range of Python versions is invalid.
    #[error("{}: `{text}` is not a range of Python versions: {cause}", path.display())]
    Python {
        /// The file that has it.
        path: PathBuf,
        /// The range.
        text: String,
        /// The parser's message.
        cause: String,
    },
    /// A script's name cannot be a path in an archive.
    #[error("{}: {source}", path.display())]
    Name {
        /// The script.
        path: PathBuf,
        /// The problem with the name.
        source: snakecrate_format::entry_path::BadPath,
    },
    /// The script's imports cannot be found.
    #[error(transparent)]
    Interpreter(#[from] snakecrate_runtime::worker::NotStarted),
    /// The wheel cannot be read.
    #[error(transparent)]
    Wheel(#[from] crate::wheel::Error),
}

fn list(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    names.join(", ")
}

/// `cli (has commands), lib, tests`
fn names(members: &[Member]) -> String {
    members.iter().map(Member::to_string).collect::<Vec<_>>().join(", ")
}

/// The line of the error, and the parser's message in one line.
pub(crate) fn toml_cause(error: &toml::de::Error, text: &str) -> (usize, String) {
    let start = error.span().map_or(0, |span| span.start);
    let line = text.get(..start).map_or(1, |before| before.matches('\n').count() + 1);
    (line, error.message().replace('\n', ", "))
}

impl Error {
    pub(crate) fn toml(path: &Path, error: &toml::de::Error, text: &str) -> Self {
        let (line, cause) = toml_cause(error, text);
        Self::Toml { path: path.to_owned(), cause: format!("line {line}: {cause}") }
    }
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Absent(_) => {
                "check the path; a package of the index has no `/`: `httpie==3.2.4`".into()
            }
            Self::Archive(_) => "run it, or list its contents with `snakecrate inspect`".into(),
            Self::Kind(_) => {
                "give a directory, a .py script, a .pyz, a .whl, a source distribution or a requirement"
                    .into()
            }
            Self::Conda(directory) => format!(
                "make a virtual environment with the same packages of PyPI and give that, or pack \
                 the conda environment with conda-pack: `conda-pack -p {}`",
                directory.display()
            ),
            Self::Tool { .. } => {
                "give the project or the requirement that the file was made from".into()
            }
            Self::NoProject(directory) => {
                let name = directory.file_name().unwrap_or_default().to_string_lossy();
                format!(
                    "give the directory of the pyproject.toml, or the script: `{name}/SCRIPT.py`; for \
                     the package of the index, write `{name}>=0`"
                )
            }
            Self::Several { projects, .. } => {
                let first = projects.first().map(|path| path.display().to_string());
                format!("choose one: `snakecrate build {}`", first.unwrap_or_default())
            }
            Self::Workspace { members, .. } => {
                let first = members.first().map_or("NAME", |member| &member.name);
                format!("choose one: `snakecrate build --package {first}`")
            }
            Self::Member { members, .. } if members.is_empty() => "remove --package".into(),
            Self::Member { members, .. } => format!("choose one of {}", names(members)),
            Self::Package(_) => "remove --package, or name a directory".into(),
            Self::Requirement { text, .. } if text.contains("://") => {
                let is_file = [".whl", ".zip", ".gz"].iter().any(|end| text.ends_with(end));
                if is_file || text.starts_with("git+") {
                    "put the name before the URL: `NAME @ URL`".into()
                } else {
                    "put the name before the URL: `NAME @ git+URL` for a repository, `NAME @ URL` for a file".into()
                }
            }
            Self::Requirement { .. } => {
                "write it as for pip: `httpie==3.2.4`, `numpy>=2`, `NAME @ URL`".into()
            }
            Self::Read { .. } => "check the file's permissions".into(),
            Self::Toml { .. } => "fix the TOML syntax error on that line".into(),
            Self::Block { .. } => {
                "see https://packaging.python.org/en/latest/specifications/inline-script-metadata/"
                    .into()
            }
            Self::Python { .. } => "write it as `>=3.10` or `>=3.9,<3.13`".into(),
            Self::Name { .. } => "rename the script".into(),
            Self::Interpreter(error) => return error.remedy(),
            Self::Wheel(error) => return error.remedy(),
        })
    }
}
