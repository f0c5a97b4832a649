//! From objects to a report.

use std::collections::BTreeMap;

use crate::class::{Class, class};
use crate::object::{Defect, Object};
use crate::policy::{Wants, policies};
use crate::provide::{self, Provider};
use crate::report::{Absent, Floor, Level, Library, Options, Pages, Place, Problem, Report, Want};
use crate::required::Required;
use crate::tags::{Claim, claim};
use crate::text;
use crate::unit::{Root, Unit};
use crate::version::Version;

/// Audits `units`, all of them together: an archive's components, or a wheel alone.
pub fn audit(subject: &str, units: &[Unit], options: &Options) -> Report {
    let required = Required::of(units);
    let providers = provide::resolve(units);
    let definitions = definitions(units);
    let mut report = Report::new(subject, options);
    let mut libraries: BTreeMap<(String, Provider), Library> = BTreeMap::new();
    for (at, unit) in units.iter().enumerate() {
        report.add_unit(unit);
        for (index, object) in unit.objects.iter().enumerate() {
            let place = Place { component: unit.name.clone(), path: object.path.clone() };
            let is_required = required.has(at, index);
            let mut own = false;
            for (name, provider) in providers.of(at, index) {
                let key = (name.clone(), provider.clone());
                let library = libraries.entry(key).or_insert_with(|| Library::new(name, provider));
                library.add(&place, is_required);
                let Provider::Archive { component, path, .. } = provider else { continue };
                own |= class(name) == Class::Compiler;
                let has = definitions.get(&(component.as_str(), path.as_str()));
                if name.starts_with("libstdc++.so")
                    && let (Some(has), Some(wanted)) = (has, &object.glibcxx)
                    && wanted > *has
                {
                    let (wanted, has) = (wanted.clone(), (*has).clone());
                    let place = place.clone();
                    report.problems.push(Problem::Libstdcxx { place, wanted, has });
                }
            }
            report.add_object(unit, object, &place, own);
        }
    }
    report.finish(libraries.into_values().collect(), units)
}

fn raise(floor: &mut Option<Floor>, version: Option<&Version>, place: &Place) {
    let Some(version) = version else { return };
    if floor.as_ref().is_none_or(|floor| floor.version < *version) {
        *floor = Some(Floor { version: version.clone(), place: place.clone() });
    }
}

impl Report {
    fn new(subject: &str, options: &Options) -> Self {
        Self {
            subject: subject.to_owned(),
            target: options.target.name,
            verdict: String::new(),
            bundles: None,
            files: 0,
            glibc: None,
            glibcxx: None,
            cxxabi: None,
            gcc: None,
            level: Level::default(),
            pages: None,
            libraries: Vec::new(),
            components: Vec::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
            options: options.clone(),
        }
    }

    fn add_unit(&mut self, unit: &Unit) {
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

    /// Adds an object of the unit that was added last. `own`: an audited unit has the libraries of
    /// GCC's runtime that it needs.
    fn add_object(&mut self, unit: &Unit, object: &Object, place: &Place, own: bool) {
        self.files += 1;
        if let Some(defect) = &object.defect {
            let place = place.clone();
            let problem = match defect {
                Defect::Machine(machine) => {
                    let wanted = self.options.target.processor.name();
                    Problem::Machine { place, machine: machine.clone(), wanted }
                }
                Defect::Damaged => Problem::Damaged { place },
            };
            if is_for_use(unit, object, self.options.is_tried) {
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
        self.add_page(object, place);
        for special in &object.special {
            self.warnings
                .push(format!("{place} requires {special}, which only some builds of glibc have"));
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

    fn add_page(&mut self, object: &Object, place: &Place) {
        let Some(largest) = object.page.filter(|page| *page < self.options.target.page_size) else {
            return;
        };
        match &mut self.pages {
            Some(pages) if pages.largest < largest => {}
            Some(pages) if pages.largest == largest => pages.files += 1,
            pages => *pages = Some(Pages { largest, place: place.clone(), files: 1 }),
        }
    }

    fn finish(mut self, libraries: Vec<Library>, units: &[Unit]) -> Self {
        self.libraries = libraries;
        let absent = self.check_libraries(units);
        self.check_glibc(units);
        let components = std::mem::take(&mut self.components);
        self.components = components.into_iter().map(|want| self.check_tags(want)).collect();
        self.warnings.sort();
        self.warnings.dedup();
        // It comes first: a build prints only some of the warnings.
        self.warnings.splice(..0, absent);
        self.verdict = text::verdict(&self, text::Blame::No);
        self
    }

    /// Returns the warning about libraries that may turn out not to be needed.
    fn check_libraries(&mut self, units: &[Unit]) -> Option<String> {
        let has_runtime = units.iter().any(|unit| unit.root == Root::Runtime);
        let mut of_host: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut absent = Vec::new();
        let mut required = Vec::new();
        for library in &self.libraries {
            let Some(place) = library.needed_by.first() else { continue };
            match &library.provider {
                Provider::Missing if self.options.allows(&library.name) => {}
                Provider::Missing if self.options.is_tried || !library.required => {
                    absent.push(library);
                }
                Provider::Missing => {
                    let (library, place) = (library.name.clone(), place.clone());
                    required.push(Absent { library, place });
                }
                Provider::Musl if library.required && has_runtime => {
                    let problem = Problem::Musl { place: place.clone() };
                    let mut units = units.iter().filter(|unit| unit.name == place.component);
                    if self.options.is_tried && units.any(has_code_for_use) {
                        self.warnings.push(problem.to_string());
                    } else {
                        self.problems.push(problem);
                    }
                }
                Provider::Host => {
                    of_host.entry(&place.component).or_default().push(library.name.clone());
                }
                _ => {}
            }
        }
        if !required.is_empty() {
            self.problems.push(Problem::Missing { libraries: required });
        }
        for (component, names) in of_host {
            let names = text::names(&names);
            self.warnings.push(format!("{component} needs {names} from the host"));
        }
        (!absent.is_empty()).then(|| text::absent(&absent))
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
        let policies = policies(self.options.target.processor);
        want.policy = (want.files > 0).then(|| wants.policy(policies)).flatten();
        let file = |name: &str| {
            let floor = match name.split('_').next() {
                Some("GLIBC") => &want.glibc,
                Some("GLIBCXX") => &want.glibcxx,
                Some("CXXABI") => &want.cxxabi,
                _ => &want.gcc,
            };
            floor.as_ref().map(|floor| floor.place.path.clone()).unwrap_or_default()
        };
        let wheel_processor = self.options.target.wheel_processor;
        for tag in &want.tags {
            let (claim, machine) = claim(tag);
            let mut warn = |what: String| {
                self.warnings.push(format!("{}: its tag {tag} {what}", want.name));
            };
            if want.files > 0 && machine.is_some_and(|machine| machine != wheel_processor) {
                warn("is for another machine".into());
            }
            match claim {
                Claim::Manylinux(glibc) => {
                    for name in wants.beyond(glibc, policies) {
                        warn(format!(
                            "promises glibc {glibc}, but {} requires {name}",
                            file(&name)
                        ));
                    }
                }
                Claim::Musllinux if wants.glibc.is_some() => {
                    warn(format!("promises musl, but {} requires glibc", file("GLIBC")));
                }
                Claim::Any if wants.glibc.is_some() => {
                    warn(format!("promises to run anywhere, but {} is native", file("GLIBC")));
                }
                _ => {}
            }
        }
        want
    }
}

/// Whether a file that cannot be loaded is meant to be loaded: a module that Python imports, a
/// program, or the only native code of the unit. Others are data of debuggers or tests, or, if a trial
/// will show that, for the other machines that the unit has code for.
fn is_for_use(unit: &Unit, object: &Object, is_tried: bool) -> bool {
    let name = object.path.rsplit('/').next().unwrap_or_default();
    let has_others = has_code_for_use(unit);
    let is_choice = is_tried && has_others && matches!(object.defect, Some(Defect::Machine(_)));
    let is_pure = !unit.tags.is_empty() && unit.tags.iter().all(|tag| tag == "any");
    let tag = name.strip_suffix(".so").and_then(|stem| stem.rsplit('.').next());
    let is_module = tag.is_some_and(|tag| {
        (tag == "abi3" && !is_choice) || (tag.starts_with("cpython-") && !has_others)
    });
    is_module || object.path.starts_with("bin/") || !(has_others || is_pure)
}

/// Whether the unit has native code that can be loaded.
fn has_code_for_use(unit: &Unit) -> bool {
    unit.objects.iter().any(|object| object.defect.is_none() && !object.is_for_musl())
}

/// The highest `GLIBCXX` that each file defines, by component and path.
fn definitions(units: &[Unit]) -> BTreeMap<(&str, &str), &Version> {
    let all = units.iter().flat_map(|unit| unit.objects.iter().map(move |object| (unit, object)));
    all.filter_map(|(unit, object)| Some(((&*unit.name, &*object.path), object.defines.as_ref()?)))
        .collect()
}
