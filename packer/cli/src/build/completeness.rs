//! Nothing is lost in silence: unmet requirements, files that are not packed, entries that are not
//! offered.

use std::collections::{BTreeMap, BTreeSet};

use super::Error;
use super::facts::Facts;
use super::pack::Work;
use super::requires::{self, Requirements, UnknownExtra};
use crate::archive::DroppedFiles;
use crate::source::Source;
use crate::wheel::{Dropped, Script, normalize};
use snakecrate_base::ui::Count;

impl Work<'_> {
    /// Fails if a packed distribution requires something that is not packed, unless the user allows
    /// or causes it.
    pub(super) fn check_requirements(&self, requirements: &Requirements<'_>) -> Result<(), Error> {
        for (by, text) in &requirements.unreadable {
            self.ui
                .warn(format_args!("not checking a requirement of {by} that is invalid: `{text}`"));
        }
        for UnknownExtra { extra, name, asked_by, known } in requirements.unknown_extras() {
            let what = format_args!("{name} has no extra `{extra}`, which {asked_by} asks for")
                .to_string();
            let help = match known {
                [] => format!("leave it out: {name} has none"),
                known => format!("choose from {}", known.join(", ")),
            };
            self.ui.warn_with_help(what, help);
        }
        let allowed: BTreeSet<_> =
            self.settings.allow_unmet.iter().map(|name| normalize(name)).collect();
        let unmet = requirements.unmet().into_iter().filter(|unmet| !allowed.contains(&unmet.name));
        let (overridden, unmet): (Vec<_>, Vec<_>) =
            unmet.partition(|unmet| self.overrides.cause(unmet));
        for unmet in overridden {
            self.ui.warn(format_args!("overridden requirement: {unmet}"));
        }
        if unmet.is_empty() { Ok(()) } else { Err(requires::Error(unmet).into()) }
    }

    /// Warns of files that a wheel should have and has not. The wheel is used as it is, as installers
    /// use it.
    pub(super) fn warn_of_missing_files(&self, facts: &Facts) {
        let Some(first) = facts.missing.first() else { return };
        let Facts { name, version, missing, .. } = facts;
        self.ui.warn(format_args!(
            "the wheel of {name} {version} lacks {} of its RECORD: {first}{}",
            Count(missing.len(), "file"),
            if missing.len() > 1 { " …" } else { "" },
        ));
    }

    /// Separates the application's scripts that can start from those whose extras are not packed.
    pub(super) fn startable<'s>(
        own: Option<&'s Facts>,
        requirements: &Requirements<'_>,
    ) -> (Vec<&'s Script>, Vec<&'s Script>) {
        let scripts = own.into_iter().flat_map(|own| own.scripts.iter().map(move |s| (own, s)));
        let (can, cannot): (Vec<_>, Vec<_>) = scripts.partition(|(own, script)| {
            script.extras.iter().all(|extra| requirements.has_extra(&own.name, extra))
        });
        let scripts = |list: Vec<(_, &'s Script)>| list.into_iter().map(|(_, s)| s).collect();
        (scripts(can), scripts(cannot))
    }

    /// Warns that `withheld` entries of the application `name` are not offered.
    pub(super) fn warn_of_withheld(&self, source: &Source, name: &str, withheld: &[&Script]) {
        let mut by_extra: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for script in withheld {
            by_extra.entry(script.extras.join(",")).or_default().push(&script.name);
        }
        for (extra, entries) in by_extra {
            let entries = entries.join(", ");
            let what =
                format!("not offering {entries}: the extra `{extra}` of {name} is not packed");
            self.ui.warn_with_help(what, help_with_extra(source, name, &extra));
        }
    }

    /// The files that are not packed, sorted, for `inspect --dropped`.
    pub(super) fn dropped_files<'d>(
        &self,
        distributions: impl Iterator<Item = (&'d Facts, &'d [Dropped])>,
    ) -> Vec<DroppedFiles> {
        let mut all = Vec::new();
        for (Facts { name, version, .. }, dropped) in distributions {
            for Dropped { rule, path } in dropped {
                self.ui.detail(format_args!("not packed: {path} of {name}: {rule}"));
            }
            for group in dropped.chunk_by(|a, b| a.rule == b.rule) {
                all.push(DroppedFiles {
                    name: name.clone(),
                    version: version.clone(),
                    rule: group[0].rule.clone(),
                    files: group.iter().map(|one| one.path.clone()).collect(),
                });
            }
        }
        all.sort();
        all
    }
}

/// How the user adds the `extra` of the application `name`.
pub(super) fn help_with_extra(source: &Source, name: &str, extra: &str) -> String {
    match source {
        Source::Project { .. } => format!("add it with --extra {extra}"),
        _ => format!("add it with --with '{name}[{extra}]'"),
    }
}
