//! Forged locks for the tests of readers.

use std::path::Path;

use super::error::Error;
use super::model::{Lock, Selection};
use super::read::{Format, select};
use super::wanted::{Extras, LockFile, Wanted};
use crate::marker_environment;
use crate::wheel::testing::interpreter;

/// A lock file `/project/NAME` beside a pyproject.toml. The target is `CPython` 3.12 on x86-64 Linux.
pub(super) struct Forged<'a> {
    pub(super) format: Format,
    pub(super) lock: &'a str,
    pub(super) pyproject: &'a str,
    pub(super) extras: &'a [&'a str],
    pub(super) all_extras: bool,
    pub(super) groups: &'a [&'a str],
}

impl<'a> Forged<'a> {
    pub(super) fn new(format: Format, lock: &'a str, pyproject: &'a str) -> Self {
        Self { format, lock, pyproject, extras: &[], all_extras: false, groups: &[] }
    }

    /// What the reader makes of it.
    pub(super) fn select(&self) -> Result<(Lock, Selection), Error> {
        let pyproject: toml::Table = self.pyproject.parse().unwrap();
        let environment = marker_environment::of(&interpreter());
        let name = pyproject.get("project").and_then(|p| p.get("name")?.as_str());
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        let wanted = Wanted {
            environment: &environment,
            directory: Some(Path::new("/project")),
            name: name.map(crate::wheel::normalize),
            pyproject: &pyproject,
            extras: Extras { names: names(self.extras), all: self.all_extras },
            groups: names(self.groups),
        };
        let file = LockFile { path: "/project/a.lock".into(), text: self.lock.to_owned() };
        select(self.format, &file, &wanted)
    }

    /// The selection as `name==version`, or the error.
    pub(super) fn versions(&self) -> Vec<String> {
        match self.select() {
            Err(error) => vec![error.to_string()],
            Ok((_, selection)) => selection
                .packages
                .iter()
                .map(|p| format!("{}=={}", p.name, p.version.as_deref().unwrap_or("?")))
                .collect(),
        }
    }
}
