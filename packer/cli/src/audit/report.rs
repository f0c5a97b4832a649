//! What an audit found. Serialised it is the output of `audit --json`: fields are added to it,
//! never changed.

use std::fmt;

use serde::Serialize;

use super::provide::Provider;
use super::version::{Glibc, Version};

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The newest glibc that may be needed.
    pub max_glibc: Option<Glibc>,
    /// Libraries that may be missing.
    pub allow_missing: Vec<String>,
}

/// A file of a component.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The component.
    pub component: String,
    /// The file in it.
    pub path: String,
}

/// The highest version of something that is wanted, and the first file that wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Floor {
    /// The version.
    pub version: Version,
    /// Who wants it.
    #[serde(flatten)]
    pub place: Place,
}

/// The x86-64 level, as far as files tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Level {
    /// The highest that a file says it needs, from 1.
    pub needed: Option<u8>,
    /// That file.
    pub file: Option<Place>,
    /// How many files do not say.
    pub unknown: usize,
}

/// A library that something needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Library {
    /// Its name.
    pub name: String,
    /// Who provides it.
    pub provider: Provider,
    /// Whether something needs it that Python imports or that is a program; else only plug-ins do.
    pub required: bool,
    /// Who needs it; those that cannot do without come first.
    pub needed_by: Vec<Place>,
    #[serde(skip)]
    pub(super) required_by: usize,
}

/// What the files of a component want of the host.
#[derive(Debug, Clone, Serialize)]
pub struct Want {
    /// The component.
    pub name: String,
    /// Number of its ELF files.
    pub files: usize,
    /// Its platform tags.
    pub tags: Vec<String>,
    /// glibc.
    pub glibc: Option<Floor>,
    /// libstdc++.
    pub glibcxx: Option<Floor>,
    /// libstdc++, the other family.
    pub cxxabi: Option<Floor>,
    /// `libgcc_s`.
    pub gcc: Option<Floor>,
    /// The oldest manylinux policy that allows these versions.
    pub policy: Option<Glibc>,
}

/// Why it would not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "kebab-case")]
pub enum Problem {
    /// A file for another machine.
    Machine {
        /// The file.
        place: Place,
        /// Its machine.
        machine: String,
    },
    /// A file whose structure is damaged.
    Damaged {
        /// The file.
        place: Place,
    },
    /// A file for musl among files for glibc.
    Musl {
        /// The file.
        place: Place,
    },
    /// A library that nobody provides.
    Missing {
        /// Its name.
        library: String,
        /// Who needs it.
        place: Place,
    },
    /// A glibc newer than is allowed.
    Glibc {
        /// The file that wants the newest.
        place: Place,
        /// What it wants.
        wanted: Version,
        /// What is allowed.
        allowed: Glibc,
        /// How many more files of the component want too new a one.
        more: usize,
    },
    /// A newer libstdc++ than the archive has.
    Libstdcxx {
        /// The file.
        place: Place,
        /// What it wants.
        wanted: Version,
        /// What there is.
        has: Version,
    },
}

/// A C library that comes along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Brings {
    /// glibc's version.
    pub glibc: String,
    /// Whether it is used on every host, or only where the host's will not do.
    pub always: bool,
}

impl fmt::Display for Brings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { glibc, always } = self;
        let when = if *always { "and uses it everywhere" } else { "for hosts without" };
        write!(f, "it brings glibc {glibc} {when}")
    }
}

/// What native code needs.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What was looked at.
    pub subject: String,
    /// The result in one line.
    pub verdict: String,
    /// The C library that an archive brings, and when it is used: then the verdict holds for
    /// hosts whose own is to be used.
    pub brings: Option<Brings>,
    /// Number of ELF files.
    pub files: usize,
    /// The glibc that is needed.
    pub glibc: Option<Floor>,
    /// The host's libstdc++: `GLIBCXX_…`.
    pub glibcxx: Option<Floor>,
    /// The host's libstdc++: `CXXABI_…`.
    pub cxxabi: Option<Floor>,
    /// The host's `libgcc_s`: `GCC_…`.
    pub gcc: Option<Floor>,
    /// The processor.
    pub level: Level,
    /// Libraries, sorted by name.
    pub libraries: Vec<Library>,
    /// Component by component.
    pub components: Vec<Want>,
    /// Why it would not run.
    pub problems: Vec<Problem>,
    /// What is worth knowing.
    pub warnings: Vec<String>,
    #[serde(skip)]
    pub(super) options: Options,
}

impl Library {
    pub(super) fn new(name: &str, provider: &Provider) -> Self {
        let (name, provider) = (name.to_owned(), provider.clone());
        Self { name, provider, required: false, needed_by: Vec::new(), required_by: 0 }
    }

    /// One more needs it. Those that cannot do without come first: they are what messages name.
    pub(super) fn add(&mut self, place: &Place, required: bool) {
        let at = if required { self.required_by } else { self.needed_by.len() };
        self.needed_by.insert(at, place.clone());
        self.required_by += usize::from(required);
        self.required |= required;
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path == self.component || self.component.is_empty() {
            return f.write_str(&self.path);
        }
        write!(f, "{}: {}", self.component, self.path)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine { place, machine } => {
                write!(f, "{place} is for {machine}, not for x86-64")
            }
            Self::Damaged { place } => write!(f, "{place} is a damaged ELF file"),
            Self::Musl { place } => write!(f, "{place} is for musl, the rest for glibc"),
            Self::Missing { library, place } => {
                write!(
                    f,
                    "nobody provides {library}, which {} needs ({})",
                    place.component, place.path
                )
            }
            Self::Glibc { place, wanted, allowed, more } => {
                write!(f, "{place} wants GLIBC_{wanted}, and no more than {allowed} is allowed")?;
                if *more > 0 { write!(f, " ({more} more of its files)") } else { Ok(()) }
            }
            Self::Libstdcxx { place, wanted, has } => write!(
                f,
                "{place} wants GLIBCXX_{wanted}, and the archive's libstdc++ has no more than {has}"
            ),
        }
    }
}

impl Report {
    /// The glibc that all of it needs, `(major, minor)`; `None` where none is asked for.
    pub fn glibc(&self) -> Option<(u32, u32)> {
        let Glibc(major, minor) = self.glibc.as_ref()?.version.glibc();
        Some((major, minor))
    }

    /// The libraries of GCC's runtime that the host has to have, and who needs them.
    pub fn compiler_libraries(&self) -> impl Iterator<Item = &Library> {
        self.libraries.iter().filter(|library| library.provider == Provider::Compiler)
    }

    /// Whether it would run.
    pub fn is_well(&self) -> bool {
        self.problems.is_empty()
    }
}
