//! Which objects must load, and which may fail to without anybody's notice.
//!
//! What Python imports and what can be started as a program must, and so must what these need. In a
//! package with modules, other libraries that nothing needs are plug-ins (Qt's database drivers),
//! opened by name if at all. In one without, they are what it is for: `ctypes` opens them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Object, Unit};

/// Objects that must load, by unit and index.
#[derive(Debug)]
pub(super) struct Musts(BTreeSet<(usize, usize)>);

impl Musts {
    pub(super) fn of(units: &[Unit]) -> Self {
        let mut names: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
        let mut needed = BTreeSet::new();
        for (at, unit) in units.iter().enumerate() {
            for (index, object) in unit.objects.iter().enumerate() {
                for name in names_of(object) {
                    names.entry(name).or_default().push((at, index));
                }
                needed.extend(object.needed.iter().map(String::as_str));
            }
        }
        let mut pending = Vec::new();
        for (at, unit) in units.iter().enumerate() {
            let has_modules = unit.objects.iter().any(|object| object.is_module);
            for (index, object) in unit.objects.iter().enumerate() {
                let is_needed = names_of(object).any(|name| needed.contains(name));
                if is_root(object) || (!has_modules && !is_needed) {
                    pending.push((at, index));
                }
            }
        }
        let mut found = BTreeSet::new();
        while let Some((unit, index)) = pending.pop() {
            if found.insert((unit, index)) {
                let needed = &units[unit].objects[index].needed;
                let providers = needed.iter().filter_map(|name| names.get(name.as_str()));
                pending.extend(providers.flatten().copied());
            }
        }
        Self(found)
    }

    pub(super) fn has(&self, unit: usize, index: usize) -> bool {
        self.0.contains(&(unit, index))
    }
}

/// The names an object is needed by: its own, and that of its file.
fn names_of(object: &Object) -> impl Iterator<Item = &str> {
    let file = object.path.rsplit('/').next().unwrap_or_default();
    object.soname.as_deref().into_iter().chain([file])
}

fn is_root(object: &Object) -> bool {
    object.is_module || (object.interpreter.is_some() && object.path.starts_with("bin/"))
}
