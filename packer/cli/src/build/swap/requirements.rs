//! Whether every distribution still finds what it requires.

use std::collections::BTreeSet;

use pep440_rs::VersionSpecifiers;
use pep508_rs::MarkerEnvironment;

use super::Error;
use super::contents::Contents;
use crate::build;
use crate::build::facts::Facts;
use crate::build::pack::Work;
use crate::build::requires::{self, Asked, Requirements};
use crate::source::{APP, Pep723};
use crate::wheel::normalize;

/// Distributions, and the markers' environment that they are in.
pub(super) struct Set<'a> {
    pub(super) all: Vec<&'a Facts>,
    pub(super) environment: &'a MarkerEnvironment,
}

impl<'a> Set<'a> {
    pub(super) fn requirements(&self, asked: &'a Asked) -> Requirements<'a> {
        Requirements::new(self.all.iter().map(|facts| facts.declared()), asked, self.environment)
    }
}

/// The requirements of the scripts that are the application's own: each has them in a block.
pub(super) fn of_scripts(old: &Contents) -> Asked {
    let mut asked = Asked::default();
    let own = old.scripts.iter().filter(|(path, _)| path.starts_with(&format!("{APP}/")));
    for (path, text) in own {
        let name = path.rsplit('/').next().unwrap_or(path);
        // A block that cannot be read failed the build.
        let block = Pep723::parse(name.as_ref(), text).ok().flatten().unwrap_or_default();
        let lines = block.dependencies.into_iter().map(|line| (name.to_owned(), line));
        asked.requirements.extend(lines);
    }
    asked
}

/// The versions of Python that the scripts of the application allow.
pub(super) fn versions_of_scripts(old: &Contents) -> Vec<VersionSpecifiers> {
    let own = old.scripts.iter().filter(|(path, _)| path.starts_with(&format!("{APP}/")));
    let stated = own.filter_map(|(path, text)| {
        let name = path.rsplit('/').next().unwrap_or(path);
        Pep723::parse(name.as_ref(), text).ok().flatten()?.requires_python
    });
    stated.filter_map(|text| text.parse().ok()).collect()
}

/// Asks for the extras whose requirements `old` has. The archive doesn't say which ones its user asked
/// for, so those that were there are to stay.
pub(super) fn ask_extras(old: &Set<'_>, asked: &mut Asked) {
    let nothing = Asked::default();
    let requirements = old.requirements(&nothing);
    for facts in &old.all {
        for extra in &facts.provides {
            let adds = facts.extras.iter().any(|(name, _)| normalize(name) == *extra);
            if adds && requirements.has_extra(&facts.name, extra) {
                asked.ask_extra(&facts.name, extra);
            }
        }
    }
}

impl Work<'_> {
    /// Fails if a distribution of `new` requires something that is not there. What was lacking in `old`
    /// may be lacking: its user had allowed that.
    pub(super) fn check_new_requirements(
        &self,
        old: &Requirements<'_>,
        new: &Requirements<'_>,
    ) -> Result<(), build::Error> {
        let before = old.unmet();
        let allowed: BTreeSet<_> =
            self.settings.allow_unmet.iter().map(|name| normalize(name)).collect();
        let (overridden, unmet): (Vec<_>, Vec<_>) = new
            .unmet()
            .into_iter()
            .filter(|unmet| !before.contains(unmet) && !allowed.contains(&unmet.name))
            .partition(|unmet| self.overrides.cause(unmet));
        for unmet in overridden {
            self.ui.warn(format_args!("overridden requirement: {unmet}"));
        }
        if unmet.is_empty() { Ok(()) } else { Err(Error::Unmet(requires::Error(unmet)).into()) }
    }
}
