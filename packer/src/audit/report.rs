//! What an audit found. Serialised it is the output of `audit --json`: fields are added to it,
//! never changed.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::policy::Wants;
use super::provide::Provider;
use super::tags::{Claim, claim};
use super::version::{Glibc, Version};
use super::{Object, Offence, Root, Unit};

/// The machine that archives are for.
const MACHINE: &str = "x86_64";

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

/// What native code needs.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What was looked at.
    pub subject: String,
    /// The result in one line.
    pub verdict: String,
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
    options: Options,
    #[serde(skip)]
    pub(super) musl: Option<Place>,
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

fn raise(floor: &mut Option<Floor>, version: Option<&Version>, place: &Place) {
    let Some(version) = version else { return };
    if floor.as_ref().is_none_or(|floor| floor.version < *version) {
        *floor = Some(Floor { version: version.clone(), place: place.clone() });
    }
}

impl Report {
    pub(super) fn new(subject: &str, options: &Options) -> Self {
        Self {
            subject: subject.to_owned(),
            verdict: String::new(),
            files: 0,
            glibc: None,
            glibcxx: None,
            cxxabi: None,
            gcc: None,
            level: Level::default(),
            libraries: Vec::new(),
            components: Vec::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
            options: options.clone(),
            musl: None,
        }
    }

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

    pub(super) fn add_unit(&mut self, unit: &Unit) {
        self.components.push(Want {
            name: unit.name.clone(),
            files: unit.objects.len(),
            tags: unit.tags.clone(),
            glibc: None,
            glibcxx: None,
            cxxabi: None,
            gcc: None,
            policy: None,
        });
    }

    /// Adds an object of the unit that was added last. `own`: its compiler's libraries are in what
    /// is looked at.
    pub(super) fn add_object(&mut self, unit: &Unit, object: &Object, place: &Place, own: bool) {
        self.files += 1;
        if let Some(offence) = &object.offence {
            let place = place.clone();
            let problem = match offence {
                Offence::Machine(machine) => Problem::Machine { place, machine: machine.clone() },
                Offence::Damaged => Problem::Damaged { place },
            };
            if is_for_use(unit, object) {
                self.problems.push(problem);
            } else {
                self.warnings.push(problem.to_string());
            }
            return;
        }
        if object.is_for_musl() && self.musl.is_none() {
            self.musl = Some(place.clone());
        }
        match object.level {
            Some(level) if Some(level) > self.level.needed => {
                self.level.needed = Some(level);
                self.level.file = Some(place.clone());
            }
            Some(_) => {}
            None => self.level.unknown += 1,
        }
        for special in &object.special {
            self.warnings.push(format!("{place} wants {special}, which not every glibc has"));
        }
        raise(&mut self.glibc, object.glibc.as_ref(), place);
        if let Some(component) = self.components.last_mut() {
            raise(&mut component.glibc, object.glibc.as_ref(), place);
        }
        if own {
            return;
        }
        raise(&mut self.glibcxx, object.glibcxx.as_ref(), place);
        raise(&mut self.cxxabi, object.cxxabi.as_ref(), place);
        raise(&mut self.gcc, object.gcc.as_ref(), place);
        if let Some(component) = self.components.last_mut() {
            raise(&mut component.glibcxx, object.glibcxx.as_ref(), place);
            raise(&mut component.cxxabi, object.cxxabi.as_ref(), place);
            raise(&mut component.gcc, object.gcc.as_ref(), place);
        }
    }

    pub(super) fn finish(mut self, libraries: Vec<Library>, units: &[Unit]) -> Self {
        self.libraries = libraries;
        self.check_libraries(units);
        self.check_glibc(units);
        let components = std::mem::take(&mut self.components);
        self.components = components.into_iter().map(|want| self.check_tags(want)).collect();
        self.warnings.sort();
        self.warnings.dedup();
        self.verdict = super::text::verdict(&self);
        self
    }

    fn check_libraries(&mut self, units: &[Unit]) {
        let has_runtime = units.iter().any(|unit| unit.root == Root::Runtime);
        let mut of_host: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut absent: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for library in &self.libraries {
            let Some(place) = library.needed_by.first() else { continue };
            match &library.provider {
                Provider::Nobody
                    if !library.required || self.options.allow_missing.contains(&library.name) =>
                {
                    absent.entry(&place.component).or_default().push(&library.name);
                }
                Provider::Nobody => {
                    let (library, place) = (library.name.clone(), place.clone());
                    self.problems.push(Problem::Missing { library, place });
                }
                Provider::Musl if library.required && has_runtime => {
                    self.problems.push(Problem::Musl { place: place.clone() });
                }
                Provider::Host => {
                    of_host.entry(&place.component).or_default().push(&library.name);
                }
                _ => {}
            }
        }
        for (component, names) in of_host {
            let names = names.join(", ");
            self.warnings.push(format!("{component} needs {names} of the host"));
        }
        for (component, names) in absent {
            let names = names.join(", ");
            self.warnings.push(format!("parts of {component} cannot be used: they need {names}"));
        }
    }

    fn check_glibc(&mut self, units: &[Unit]) {
        let Some(allowed) = self.options.max_glibc else { return };
        for (unit, want) in units.iter().zip(&self.components) {
            let too_new = unit.objects.iter().filter(|object| object.glibc() > Some(allowed));
            let count = too_new.count();
            if let (Some(floor), true) = (&want.glibc, count > 0) {
                self.problems.push(Problem::Glibc {
                    place: floor.place.clone(),
                    wanted: floor.version.clone(),
                    allowed,
                    more: count - 1,
                });
            }
        }
    }

    fn check_tags(&mut self, mut want: Want) -> Want {
        let version = |floor: &Option<Floor>| floor.as_ref().map(|floor| floor.version.clone());
        let wants = Wants {
            glibc: version(&want.glibc),
            glibcxx: version(&want.glibcxx),
            cxxabi: version(&want.cxxabi),
            gcc: version(&want.gcc),
        };
        want.policy = (want.files > 0).then(|| wants.policy()).flatten();
        let file = |name: &str| {
            let floor = match name.split('_').next() {
                Some("GLIBC") => &want.glibc,
                Some("GLIBCXX") => &want.glibcxx,
                Some("CXXABI") => &want.cxxabi,
                _ => &want.gcc,
            };
            floor.as_ref().map(|floor| floor.place.path.clone()).unwrap_or_default()
        };
        for tag in &want.tags {
            let (claim, machine) = claim(tag);
            let mut lies = |what: String| {
                self.warnings.push(format!("{}: its tag {tag} {what}", want.name));
            };
            if want.files > 0 && machine.is_some_and(|machine| machine != MACHINE) {
                lies("is for another machine".into());
            }
            match claim {
                Claim::Manylinux(glibc) => {
                    for name in wants.beyond(glibc) {
                        lies(format!("promises glibc {glibc}, but {} wants {name}", file(&name)));
                    }
                }
                Claim::Musllinux if wants.glibc.is_some() => {
                    lies(format!("promises musl, but {} wants glibc", file("GLIBC")));
                }
                Claim::Any if wants.glibc.is_some() => {
                    lies(format!("promises to run anywhere, but {} is native", file("GLIBC")));
                }
                _ => {}
            }
        }
        want
    }
}

/// Whether a file that cannot be loaded is there to be loaded: something that Python imports, a
/// program, or the only kind of native code there is. Others are data: of debuggers, of tests.
fn is_for_use(unit: &Unit, object: &Object) -> bool {
    let name = object.path.rsplit('/').next().unwrap_or_default();
    let has_others = unit.objects.iter().any(|object| object.offence.is_none());
    let is_pure = !unit.tags.is_empty() && unit.tags.iter().all(|tag| tag == "any");
    let is_module = name.ends_with(".abi3.so")
        || (name.contains(".cpython-") && name.ends_with(".so") && !has_others);
    is_module || object.path.starts_with("bin/") || !(has_others || is_pure)
}

/// By file: the highest `GLIBCXX` it defines.
pub(super) fn definitions(units: &[Unit]) -> BTreeMap<(&str, &str), &Version> {
    let all = units.iter().flat_map(|unit| unit.objects.iter().map(move |object| (unit, object)));
    all.filter_map(|(unit, object)| Some(((&*unit.name, &*object.path), object.defines.as_ref()?)))
        .collect()
}
