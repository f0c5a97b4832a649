//! Why components of an archive cannot be replaced.

use std::collections::BTreeSet;
use std::path::PathBuf;

use snakecrate_base::error::Remedy;

use super::requires;

/// Why components of an archive cannot be replaced.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its runtime is another file.
    #[error(
        "{} has no runtime inside, and {option} would replace it: Python and the C library are in a \
         runtime file", path.display()
    )]
    External {
        /// The archive.
        path: PathBuf,
        /// The option of the user's.
        option: &'static str,
    },
    /// Nothing can stand in for the runtime file.
    #[error("{} takes its runtime from a file, and no Python for {target} is known to check it with", path.display())]
    ExternalTarget {
        /// The archive.
        path: PathBuf,
        /// Its target.
        target: &'static str,
    },
    /// Another minor version of Python.
    #[error(
        "the archive has Python {archive}, and {wanted} is another minor version: its bytecode and the \
         ABI of its extension modules differ"
    )]
    Minor {
        /// The archive's version.
        archive: String,
        /// The interpreter that the user names.
        wanted: String,
    },
    /// Another implementation of Python.
    #[error("the archive has {archive}, and {} is {found}", path.display())]
    Implementation {
        /// The archive's.
        archive: String,
        /// The interpreter.
        path: PathBuf,
        /// Its implementation.
        found: String,
    },
    /// Bytecode of a pre-release.
    #[error("{file} in the archive has bytecode that {} {version} doesn't load", path.display())]
    Bytecode {
        /// The file and its component.
        file: String,
        /// The interpreter.
        path: PathBuf,
        /// Its version.
        version: String,
    },
    /// A distribution is for other versions of Python.
    #[error("{name} {version} requires Python {wanted}, and the archive would have {python}")]
    RequiresPython {
        /// The distribution.
        name: String,
        /// Its version.
        version: String,
        /// The specifiers of `Requires-Python`.
        wanted: String,
        /// The version of the interpreter.
        python: String,
    },
    /// Two wheels of one distribution.
    #[error("there are two wheels of {0}")]
    Twice(String),
    /// A wheel of the application, whose files are no wheel in the archive.
    #[error("{name} is the application of the archive, and not one of its wheels")]
    Application {
        /// Its name.
        name: String,
        /// The wheel.
        wheel: PathBuf,
    },
    /// Another application.
    #[error("the archive is of the application {archive}, and {found} is another one")]
    OtherApplication {
        /// The archive's.
        archive: String,
        /// The name that the source has.
        found: String,
    },
    /// A source that is no application of its own.
    #[error("{0} doesn't say which files are the application's")]
    Source(String),
    /// An entry would have nothing to start.
    #[error("the entry {entry} disappears: {why}")]
    Entry {
        /// Its name.
        entry: String,
        /// What is missing.
        why: String,
        /// Whether the application is replaced.
        by_app: bool,
    },
    /// A distribution requires something that is not there.
    #[error(transparent)]
    Unmet(#[from] requires::Error),
    /// The standard library of the archive lacks parts that a new component needs.
    #[error("the runtime in the archive lacks {}, which the new components can import", parts.join(", "))]
    Parts {
        /// The parts, and by which imports they are needed.
        parts: Vec<String>,
        /// The version of the runtime.
        python: String,
    },
    /// The runtime has a file of the part that stays.
    #[error("the new runtime has {path}, too, which {part} of the archive has")]
    Part {
        /// The part that stays.
        part: String,
        /// The file.
        path: String,
    },
    /// The bundled glibc is too old.
    #[error("{place} requires glibc {wanted}, and the archive bundles {has}")]
    Glibc {
        /// The file.
        place: String,
        /// The version that it requires.
        wanted: String,
        /// The bundled version.
        has: String,
    },
    /// The bundled C library lacks libraries.
    #[error("{place} needs {library}, which the C library in the archive lacks")]
    CLibrary {
        /// The library.
        library: String,
        /// A file that needs it.
        place: String,
    },
    /// The bundled loader hides the libraries of hosts.
    #[error("{place} needs {library} of the host, and the loader in the archive hides those")]
    Hidden {
        /// The library.
        library: String,
        /// A file that needs it.
        place: String,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::External { option, .. } => {
                let with = if *option == "--libc" { " --libc WHICH" } else { "" };
                format!("replace that file: `snakecrate runtime SPEC{with} -o FILE` makes another")
            }
            Self::ExternalTarget { .. } => {
                "swap on a machine that it is for, or build anew from the source".into()
            }
            Self::Minor { archive, .. } => {
                let minor: Vec<&str> = archive.split('.').take(2).collect();
                let minor = minor.join(".");
                format!("choose a Python {minor} with --python, or build anew from the source")
            }
            Self::Implementation { archive, .. } => format!("choose a {archive} with --python"),
            Self::Bytecode { .. } | Self::Part { .. } => "build anew from the source".into(),
            Self::RequiresPython { .. } => {
                "choose another version of it with --wheel, or another Python with --python".into()
            }
            Self::Twice(_) => "leave one of them out".into(),
            Self::Application { wheel, .. } => format!("give --app {}", wheel.display()),
            Self::OtherApplication { .. } => {
                "build an archive of it with `snakecrate build`".into()
            }
            Self::Source(_) => {
                "give --app a project, a script, a directory, a wheel or a source distribution"
                    .into()
            }
            Self::Entry { by_app: true, .. } => {
                "name the entries to offer with -e, or build anew".into()
            }
            Self::Entry { by_app: false, .. } => {
                "choose a version that has it, or replace the application, too: --app".into()
            }
            Self::Unmet(requires::Error(unmet)) => {
                let names: BTreeSet<&str> = unmet.iter().map(|unmet| &*unmet.name).collect();
                let flags: Vec<_> =
                    names.iter().map(|name| format!("--allow-unmet {name}")).collect();
                let flags = flags.join(" ");
                format!("add what is required with --wheel FILE, or accept it with {flags}")
            }
            Self::Parts { python, .. } => format!("replace the runtime, too: --python {python}"),
            Self::Glibc { .. } | Self::CLibrary { .. } | Self::Hidden { .. } => {
                "replace the C library, too: --libc auto".into()
            }
        })
    }
}
