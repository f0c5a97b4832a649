//! Checks of the entries.

use super::document::{Manifest, Role};
use super::entry::Entry;

impl Manifest {
    /// Checks that entries are sorted and have usable names, and that the default is one of them.
    pub(super) fn check_entries(&self) -> Result<(), String> {
        for Entry { name, .. } in &self.entries {
            if name.is_empty() || name.contains(|c: char| c.is_control() || c == '/') {
                return Err(format!("an entry called {name:?}"));
            }
        }
        if self.entries.is_empty() != (self.role == Role::Runtime) {
            let what = if self.entries.is_empty() { "no entries" } else { "entries of a runtime" };
            return Err(what.into());
        }
        if !self.entries.is_sorted_by(|a, b| a.name < b.name) {
            return Err("entries that are not sorted, or two of a name".into());
        }
        match &self.launch.default {
            Some(default) if !self.entries.iter().any(|entry| entry.name == *default) => {
                Err(format!("the default entry {default:?} is not among the entries"))
            }
            _ => Ok(()),
        }
    }
}
