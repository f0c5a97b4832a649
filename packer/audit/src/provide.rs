//! The providers of the libraries that an object needs, found as glibc's `ld.so(8)` finds them.
//!
//! The loader searches the object's own `DT_RUNPATH`; without one, its `DT_RPATH` and then the
//! `DT_RPATH` of the interpreter, which names the runtime's `lib`. (The search paths of other
//! objects that may have loaded it aren't known here.) A file of the archive that has the name but
//! is on none of these paths counts as loaded before: packages do that with `ctypes`.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Serialize;

use crate::class::{Class, class, is_below_desktop, is_graphics};
use crate::object::Object;
use crate::search_path::{expand, join};
use crate::unit::{Root, Unit};

/// The provider of a library.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Provider {
    /// A unit of the audit.
    Archive {
        /// The component.
        component: String,
        /// The file.
        path: String,
        /// Whether it is on no search path: something has to load it first.
        by_name: bool,
    },
    /// glibc.
    CLibrary,
    /// musl.
    Musl,
    /// The host's libstdc++ or `libgcc_s`, which aren't part of glibc: it may lack them.
    Compiler,
    /// A desktop host or a driver.
    Host,
    /// No one.
    Missing,
}

/// The providers of each object's libraries. The outer list has the units, the next the unit's
/// objects, and the inner one the libraries in the object's order.
#[derive(Debug)]
pub(crate) struct Providers(Vec<Vec<Vec<(String, Provider)>>>);

impl Providers {
    /// The libraries that object `object` of unit `unit` needs, and their providers.
    pub(crate) fn of(
        &self,
        unit: usize,
        object: usize,
    ) -> impl Iterator<Item = (&String, &Provider)> {
        self.0[unit][object].iter().map(|(name, provider)| (name, provider))
    }
}

/// Objects by path, and by the names that others need them by.
struct Objects<'a> {
    places: HashMap<(Root, &'a str), (usize, usize)>,
    names: BTreeMap<&'a str, (usize, usize)>,
    units: &'a [Unit],
}

/// The providers of everything that `units` need.
pub(crate) fn resolve(units: &[Unit]) -> Providers {
    let objects = Objects::of(units);
    let of_object = |unit: &Unit, object: &Object| {
        let library = |name: &String| (name.clone(), objects.provider(unit, object, name));
        object.needed.iter().map(library).collect()
    };
    let of_unit = |unit: &Unit| unit.objects.iter().map(|object| of_object(unit, object)).collect();
    Providers(units.iter().map(of_unit).collect())
}

impl<'a> Objects<'a> {
    fn of(units: &'a [Unit]) -> Self {
        let mut objects = Self { places: HashMap::new(), names: BTreeMap::new(), units };
        for (at, unit) in units.iter().enumerate() {
            for (index, object) in unit.objects.iter().enumerate() {
                if object.defect.is_some() {
                    continue;
                }
                objects.places.insert((unit.root, &object.path), (at, index));
                let file = object.path.rsplit('/').next().unwrap_or_default();
                for name in object.soname.as_deref().into_iter().chain([file]) {
                    objects.names.entry(name).or_insert((at, index));
                }
            }
        }
        objects
    }

    fn provider(&self, unit: &Unit, object: &Object, name: &str) -> Provider {
        if let Some(found) = self.on_search_path(unit, object, name) {
            return self.archive(found, false);
        }
        if object.is_for_musl() && (name == "libc.so" || name.starts_with("libc.musl-")) {
            return Provider::Musl;
        }
        let class = class(name);
        if class == Class::C {
            return Provider::CLibrary;
        }
        // A library of the runtime that isn't on this search path may not be loaded yet. The loader
        // then takes the host's, so the report has to name it.
        let counts = |unit: usize| class == Class::Other || self.units[unit].root == Root::Env;
        if let Some(found) = self.names.get(name).filter(|found| counts(found.0)) {
            return self.archive(*found, true);
        }
        match class {
            Class::C => Provider::CLibrary,
            Class::Compiler => Provider::Compiler,
            Class::Host => Provider::Host,
            Class::Other if is_below_desktop(name) && needs_graphics(unit) => Provider::Host,
            Class::Other => Provider::Missing,
        }
    }

    fn on_search_path(&self, unit: &Unit, object: &Object, name: &str) -> Option<(usize, usize)> {
        let origin = object.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        if name.contains('/') {
            return self.places.get(&(unit.root, &*expand(name, origin)?)).copied();
        }
        let own = object.own_directories().find_map(|directory| {
            let path = join(&directory, name)?;
            self.places.get(&(unit.root, &*path)).copied()
        });
        if own.is_some() || object.has_runpath {
            return own;
        }
        self.places.get(&(Root::Runtime, &*format!("lib/{name}"))).copied()
    }

    fn archive(&self, (unit, index): (usize, usize), by_name: bool) -> Provider {
        let unit = &self.units[unit];
        let path = unit.objects[index].path.clone();
        Provider::Archive { component: unit.name.clone(), path, by_name }
    }
}

fn needs_graphics(unit: &Unit) -> bool {
    unit.objects.iter().flat_map(|object| &object.needed).any(|name| is_graphics(name))
}
