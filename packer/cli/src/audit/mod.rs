//! What native code needs of the machine it is to run on.
//!
//! ```text
//! archive, wheel, directory, ELF file ─ collect ─→ Unit { objects } ─ audit ─→ Report ─→ verdict
//! ```
//!
//! [`Object`] holds what one ELF file says of itself and can be kept beside a packed component;
//! all else is computed from objects alone, so that a rebuild reads no file again. Nothing is
//! executed and no library of this machine is looked at: the answer is the same everywhere.

mod class;
mod collect;
mod error;
mod judge;
mod musts;
mod object;
mod policy;
mod provide;
mod report;
mod tags;
#[cfg(test)]
mod tests;
mod text;
mod version;

pub use class::{Class, class};
pub use collect::{brought, collect, objects_of};
pub use error::Error;
pub use object::{Object, Offence};
pub use provide::Provider;
pub use report::{Brings, Floor, Level, Library, Options, Place, Problem, Report, Want};
pub use tags::Claim;
pub use version::{Glibc, Version};

use std::collections::BTreeMap;

use serde::Serialize;

/// The two trees that an archive becomes in the cache. `$ORIGIN` never leads from one to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Root {
    /// The runtime's prefix; its `lib` is on the search path of the interpreter.
    Runtime,
    /// The environment, or whatever directory or wheel is looked at.
    Env,
}

/// Objects that came together: a component, a wheel, a directory, a single file.
#[derive(Debug, Clone)]
pub struct Unit {
    /// What messages call it: `numpy`.
    pub name: String,
    /// The tree its paths are in.
    pub root: Root,
    /// The wheel's platform tags, where it is one: `manylinux_2_17_x86_64`.
    pub tags: Vec<String>,
    /// Its ELF files.
    pub objects: Vec<Object>,
}

/// Puts together what `units` need: all the units that will lie in one place.
pub fn audit(subject: &str, units: &[Unit], options: &Options) -> Report {
    let musts = musts::Musts::of(units);
    let providers = provide::resolve(units);
    let definitions = judge::definitions(units);
    let mut report = Report::new(subject, options);
    let mut libraries: BTreeMap<(String, Provider), Library> = BTreeMap::new();
    for (at, unit) in units.iter().enumerate() {
        report.add_unit(unit);
        for (index, object) in unit.objects.iter().enumerate() {
            let place = Place { component: unit.name.clone(), path: object.path.clone() };
            let required = musts.has(at, index);
            let mut own = false;
            for (name, provider) in providers.of(at, index) {
                let key = (name.clone(), provider.clone());
                let library = libraries.entry(key).or_insert_with(|| Library::new(name, provider));
                library.add(&place, required);
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
