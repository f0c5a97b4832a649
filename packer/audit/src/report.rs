//! The result of an audit. Serialised it is the output of `audit --json`.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use snakecrate_base::document::Document;
use snakecrate_format::target::Target;

use crate::provide::Provider;
use crate::version::{Glibc, Version};

/// The question that an audit answers.
#[derive(Debug, Clone)]
pub struct Options {
    /// The target that the native code is to run on.
    pub target: &'static Target,
    /// The newest glibc that may be required.
    pub max_glibc: Option<Glibc>,
    /// Libraries that may be missing: names, or patterns such as `libmpi*`.
    pub allow_missing: Vec<String>,
    /// Whether missing libraries are a warning, because a trial will show whether they are needed.
    pub is_tried: bool,
}

impl Options {
    /// An audit for `target` that allows any glibc and no missing library.
    pub fn new(target: &'static Target) -> Self {
        Self { target, max_glibc: None, allow_missing: Vec::new(), is_tried: false }
    }

    /// Whether the library `name` may be missing.
    pub(crate) fn allows(&self, name: &str) -> bool {
        let fits = |pattern: &String| {
            pattern == name
                || glob::Pattern::new(pattern).is_ok_and(|pattern| pattern.matches(name))
        };
        self.allow_missing.iter().any(fits)
    }
}

/// A file of a component.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Place {
    /// The component.
    pub component: String,
    /// The file in it.
    pub path: String,
}

/// The highest required version of something, and the first file that requires it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Floor {
    /// The version.
    pub version: Version,
    /// The file that requires it.
    #[serde(flatten)]
    pub place: Place,
}

/// The x86-64 level, as far as files declare one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Level {
    /// The highest that a file declares, from 1.
    pub needed: Option<u8>,
    /// The file that declares it.
    pub file: Option<Place>,
    /// The number of files that declare none.
    pub unknown: usize,
}

/// The largest pages of a kernel that all files are linked for, where that is less than a kernel of
/// the target may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Pages {
    /// Their size in bytes.
    pub largest: u64,
    /// The first file that is linked for no larger ones.
    #[serde(flatten)]
    pub place: Place,
    /// The number of files that are linked for no larger ones than these.
    pub files: usize,
}

/// A library that an object needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Library {
    /// Its name.
    pub name: String,
    /// Its provider.
    pub provider: Provider,
    /// Whether a program or a module that Python imports needs it; if not, only plug-ins do.
    pub required: bool,
    /// The files that need it; those that cannot do without come first.
    pub needed_by: Vec<Place>,
    #[serde(skip)]
    pub(crate) required_by: usize,
}

/// The requirements of one component.
#[derive(Debug, Clone, Serialize, JsonSchema)]
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

/// A library that no one provides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Absent {
    /// Its name.
    pub library: String,
    /// The first file that needs it.
    #[serde(flatten)]
    pub place: Place,
}

/// A reason why it would not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "problem", rename_all = "kebab-case")]
pub enum Problem {
    /// A file for another machine.
    Machine {
        /// The file.
        place: Place,
        /// Its machine.
        machine: String,
        /// The machine of the audit's target.
        wanted: &'static str,
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
    /// Libraries that no one provides.
    Missing {
        /// The libraries, sorted by name; never empty.
        libraries: Vec<Absent>,
    },
    /// A glibc newer than is allowed.
    Glibc {
        /// The file that requires the newest.
        place: Place,
        /// The version it requires.
        wanted: Version,
        /// The newest version that is allowed.
        allowed: Glibc,
        /// Number of further files of the component that require too new a glibc.
        more: usize,
    },
    /// A newer libstdc++ than the archive has.
    Libstdcxx {
        /// The file.
        place: Place,
        /// The version it requires.
        wanted: Version,
        /// The version in the archive.
        has: Version,
    },
}

/// The glibc that an archive bundles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Bundled {
    /// Its version.
    pub glibc: String,
    /// Whether it is used on every host, or only where the host's isn't sufficient.
    pub always: bool,
}

impl fmt::Display for Bundled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { glibc, always } = self;
        let when = if *always { "and always uses it" } else { "as a fallback" };
        write!(f, "bundles glibc {glibc} {when}")
    }
}

/// The requirements of native code.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// The archive, wheel, directory or file.
    pub subject: String,
    /// The name of the target.
    pub target: &'static str,
    /// The result in one line.
    pub verdict: String,
    /// The glibc that an archive bundles. The verdict is about hosts whose own glibc is used.
    pub bundles: Option<Bundled>,
    /// Number of ELF files.
    pub files: usize,
    /// The required glibc.
    pub glibc: Option<Floor>,
    /// The host's libstdc++: `GLIBCXX_…`.
    pub glibcxx: Option<Floor>,
    /// The host's libstdc++: `CXXABI_…`.
    pub cxxabi: Option<Floor>,
    /// The host's `libgcc_s`: `GCC_…`.
    pub gcc: Option<Floor>,
    /// The processor.
    pub level: Level,
    /// The kernel's pages; `None` where any kernel of the target will do.
    pub pages: Option<Pages>,
    /// Libraries, sorted by name.
    pub libraries: Vec<Library>,
    /// The requirements of each component.
    pub components: Vec<Want>,
    /// Reasons why it would not run.
    pub problems: Vec<Problem>,
    /// Remarks that don't keep it from running.
    pub warnings: Vec<String>,
    #[serde(skip)]
    pub(crate) options: Options,
}

impl Document for Report {
    const NAME: &'static str = "audit";
}

impl Library {
    pub(crate) fn new(name: &str, provider: &Provider) -> Self {
        let (name, provider) = (name.to_owned(), provider.clone());
        Self { name, provider, required: false, needed_by: Vec::new(), required_by: 0 }
    }

    /// Adds a file that needs it. Those that cannot do without come first: messages name the first.
    pub(crate) fn add(&mut self, place: &Place, required: bool) {
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

impl Report {
    /// The glibc that everything together requires, `(major, minor)`; `None` if nothing does.
    pub fn glibc(&self) -> Option<(u32, u32)> {
        let Glibc(major, minor) = self.glibc.as_ref()?.version.glibc();
        Some((major, minor))
    }

    /// The libraries of GCC's runtime that the host must have, and the files that need them.
    pub fn compiler_libraries(&self) -> impl Iterator<Item = &Library> {
        self.libraries.iter().filter(|library| library.provider == Provider::Compiler)
    }

    /// Whether something needs libraries of a desktop host or drivers.
    pub fn needs_host(&self) -> bool {
        self.libraries.iter().any(|library| library.provider == Provider::Host)
    }

    /// The libraries that no one provides, each with the files that need it.
    pub fn missing(&self) -> impl Iterator<Item = &Library> {
        self.libraries.iter().filter(|library| library.provider == Provider::Missing)
    }

    /// Whether it would run.
    pub fn is_well(&self) -> bool {
        self.problems.is_empty()
    }
}
