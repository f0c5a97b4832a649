//! Putting a report together: versions as objects come by, then what they mean.

use std::collections::BTreeMap;

use super::policy::Wants;
use super::provide::Provider;
use super::report::{Floor, Level, Library, Options, Place, Problem, Report, Want};
use super::tags::{Claim, claim};
use super::version::Version;
use super::{Object, Offence, Root, Unit};

/// The machine that archives are for.
const MACHINE: &str = "x86_64";

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
            brings: None,
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
        }
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
    let tag = name.strip_suffix(".so").and_then(|stem| stem.rsplit('.').next());
    let is_module =
        tag.is_some_and(|tag| tag == "abi3" || (tag.starts_with("cpython-") && !has_others));
    is_module || object.path.starts_with("bin/") || !(has_others || is_pure)
}

/// By file: the highest `GLIBCXX` it defines.
pub(super) fn definitions(units: &[Unit]) -> BTreeMap<(&str, &str), &Version> {
    let all = units.iter().flat_map(|unit| unit.objects.iter().map(move |object| (unit, object)));
    all.filter_map(|(unit, object)| Some(((&*unit.name, &*object.path), object.defines.as_ref()?)))
        .collect()
}
