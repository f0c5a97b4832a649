//! Contradictions and limits of entries.

use super::document::{Manifest, Role};
use super::entry::{Entry, Environment};
use super::limits::MAX_ENTRY_TEXT;
use super::template::{Piece, Template};

/// Beginnings of variables that belong to the loader, the interpreter and the launcher.
const RESERVED: [&str; 3] = ["LD_", "PYTHON", "SNAKECRATE"];
/// The longest name of a variable, in bytes.
const MAX_VARIABLE: usize = 255;

impl Manifest {
    /// Entries are sorted, what they say makes sense, and the default is one of them.
    pub(super) fn check_entries(&self) -> Result<(), String> {
        for entry in &self.entries {
            entry.check()?;
        }
        if self.entries.is_empty() != (self.role == Role::Runtime) {
            let what = if self.entries.is_empty() { "no entries" } else { "entries of a runtime" };
            return Err(what.into());
        }
        if !self.entries.is_sorted_by(|a, b| a.name < b.name) {
            return Err("entries that are not sorted, or two of a name".into());
        }
        if let Some(default) = &self.launch.default
            && !self.entries.iter().any(|entry| entry.name == *default)
        {
            return Err(format!("the default entry {default:?} is not among the entries"));
        }
        let disabled = &self.launch.disabled_commands;
        let plain = |name: &String| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        };
        if !disabled.is_sorted_by(|a, b| a < b) || !disabled.iter().all(plain) {
            return Err("self-commands that are not sorted, or no names of any".into());
        }
        Ok(())
    }
}

impl Entry {
    fn check(&self) -> Result<(), String> {
        let name = &self.name;
        if name.is_empty() || name.contains(|c: char| c.is_control() || c == '/') {
            return Err(format!("an entry called {name:?}"));
        }
        let environment = &self.environment;
        let values = environment.set.0.iter().chain(&environment.default.0);
        let mut texts: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        texts.extend(values.flat_map(|(name, value)| [name.as_str(), value.as_str()]));
        texts.extend(environment.unset.iter().map(String::as_str));
        texts.extend(self.directory.iter().map(Template::as_str));
        if let Some(text) = texts.iter().find(|text| text.contains(char::is_control)) {
            return Err(format!("a control character in {text:?}"));
        }
        let bytes: usize = texts.iter().map(|text| text.len()).sum();
        if bytes > MAX_ENTRY_TEXT {
            return Err(format!("{bytes} bytes for `{name}`"));
        }
        if let Some(directory) = &self.directory {
            match directory.pieces().next() {
                Some(Piece::Text(text)) if !text.starts_with('/') => {}
                None => {}
                _ => return environment.check(),
            }
            return Err(format!("a relative directory {:?}", directory.as_str()));
        }
        environment.check()
    }
}

impl Environment {
    fn check(&self) -> Result<(), String> {
        let values = || self.set.0.iter().chain(&self.default.0).map(|(name, _)| name);
        let names = || values().chain(&self.unset);
        for name in names() {
            let is_reserved = RESERVED.iter().any(|start| {
                name.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
            });
            if is_reserved || name.is_empty() || name.contains('=') || name.len() > MAX_VARIABLE {
                return Err(format!("a variable called {name:?}"));
            }
            if names().filter(|other| *other == name).count() > 1 {
                return Err(format!("the variable {name:?} twice"));
            }
        }
        Ok(())
    }
}
