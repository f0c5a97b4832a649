//! Who provides what an object needs, as `ld.so(8)` of glibc finds it.
//!
//! Search paths: the object's own `DT_RUNPATH`, or where it has none its `DT_RPATH` and then the
//! `DT_RPATH` of the interpreter, which names the runtime's `lib`. (Those of what loaded it are not
//! known here.) Where that gives nothing but a file of the archive has the name, it is taken to be
//! loaded before, as packages do with `ctypes` and the loader by the name alone.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::class::{Class, class, is_below_desktop, is_graphics};
use super::{Object, Root, Unit};

/// Who provides a library.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Provider {
    /// What is being looked at.
    Archive {
        /// The component.
        component: String,
        /// The file.
        path: String,
        /// Not found on a search path: it has the name, and something else has to load it first.
        by_name: bool,
    },
    /// glibc.
    CLibrary,
    /// musl.
    Musl,
    /// A compiler's runtime: not in glibc, and a host may lack it.
    Compiler,
    /// A desktop host or a driver.
    Host,
    /// Nobody.
    Nobody,
}

/// Providers by object and library.
#[derive(Debug)]
pub(super) struct Providers(Vec<Vec<Vec<(String, Provider)>>>);

impl Providers {
    /// What object `object` of unit `unit` needs, and from whom.
    pub(super) fn of(
        &self,
        unit: usize,
        object: usize,
    ) -> impl Iterator<Item = (&String, &Provider)> {
        self.0[unit][object].iter().map(|(name, provider)| (name, provider))
    }
}

/// Where objects are: by path, and by the names they are needed by.
struct Map<'a> {
    places: HashMap<(Root, &'a str), (usize, usize)>,
    names: BTreeMap<&'a str, (usize, usize)>,
    units: &'a [Unit],
}

pub(super) fn resolve(units: &[Unit]) -> Providers {
    let map = Map::of(units);
    let of = |unit: &Unit, object: &Object| {
        let one = |name: &String| (name.clone(), map.provider(unit, object, name));
        object.needed.iter().map(one).collect()
    };
    let all = units.iter().map(|unit| unit.objects.iter().map(|object| of(unit, object)).collect());
    Providers(all.collect())
}

impl<'a> Map<'a> {
    fn of(units: &'a [Unit]) -> Self {
        let mut map = Self { places: HashMap::new(), names: BTreeMap::new(), units };
        for (at, unit) in units.iter().enumerate() {
            for (index, object) in unit.objects.iter().enumerate() {
                if object.offence.is_some() {
                    continue;
                }
                map.places.insert((unit.root, &object.path), (at, index));
                let file = object.path.rsplit('/').next().unwrap_or_default();
                for name in object.soname.as_deref().into_iter().chain([file]) {
                    map.names.entry(name).or_insert((at, index));
                }
            }
        }
        map
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
        // A library of the runtime that is not on this search path may never have been loaded, and
        // the host's may be taken instead: that is what has to be told.
        let counts = |unit: usize| class == Class::Other || self.units[unit].root == Root::Env;
        if let Some(found) = self.names.get(name).filter(|found| counts(found.0)) {
            return self.archive(*found, true);
        }
        match class {
            Class::C => Provider::CLibrary,
            Class::Compiler => Provider::Compiler,
            Class::Host => Provider::Host,
            Class::Other if is_below_desktop(name) && needs_graphics(unit) => Provider::Host,
            Class::Other => Provider::Nobody,
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

/// A path in the tree for one that begins with `$ORIGIN`; others lead out of it.
pub(super) fn expand(path: &str, origin: &str) -> Option<String> {
    let rest = path.strip_prefix("$ORIGIN").or_else(|| path.strip_prefix("${ORIGIN}"))?;
    (rest.is_empty() || rest.starts_with('/')).then_some(())?;
    join(origin, rest)
}

/// `directory/path` without dots; `None` where it leads out of the tree.
fn join(directory: &str, path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in directory.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origin_leads_to_siblings_and_not_out_of_the_tree() {
        assert_eq!(expand("$ORIGIN/../x.libs", "site/x").unwrap(), "site/x.libs");
        assert_eq!(expand("${ORIGIN}/.", "site/x").unwrap(), "site/x");
        assert_eq!(expand("$ORIGIN", "").unwrap(), "");
        for bad in ["$ORIGIN/../..", "/opt/lib", "$ORIGINAL", "lib"] {
            assert_eq!(expand(bad, "x"), None, "{bad}");
        }
    }
}
