//! The objects that must load. The others may fail to without consequence.
//!
//! Modules that Python imports and programs must load, and so must the libraries that these need.
//! In a package with modules, other libraries that nothing needs are plug-ins (Qt's database
//! drivers), opened by name if at all. In a package without modules they are its purpose: `ctypes`
//! opens them.

use std::collections::{BTreeMap, BTreeSet};

use crate::object::Object;
use crate::unit::Unit;

/// Objects that must load, by unit and index.
#[derive(Debug)]
pub(crate) struct Required(BTreeSet<(usize, usize)>);

impl Required {
    pub(crate) fn of(units: &[Unit]) -> Self {
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

    pub(crate) fn has(&self, unit: usize, index: usize) -> bool {
        self.0.contains(&(unit, index))
    }
}

/// The names that others need an object by: its own, and that of its file.
fn names_of(object: &Object) -> impl Iterator<Item = &str> {
    let file = object.path.rsplit('/').next().unwrap_or_default();
    object.soname.as_deref().into_iter().chain([file])
}

fn is_root(object: &Object) -> bool {
    object.is_module || (object.interpreter.is_some() && object.path.starts_with("bin/"))
}
