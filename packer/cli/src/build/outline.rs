//! What a build would pack, found out without packing it: for `build --dry-run`.

use rayon::prelude::*;
use snakecrate_base::ui::Count;
use snakecrate_format::manifest::Entry;
use snakecrate_runtime::Part;

use super::facts::Facts;
use super::launch::launch;
use super::pack::{State, Work};
use super::requires::{Asked, Requirements};
use super::{Error, Fetched};
use crate::component::Packed;
use crate::launchers::launcher;
use crate::lock::UsedLock;
use crate::marker_environment;
use crate::settings::RuntimeChoice;
use crate::source::Source;

/// What a build for one target would pack.
#[derive(Debug)]
pub struct Outline {
    /// The application's name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// The distributions, sorted by name. Those of a project are the first.
    pub distributions: Vec<Fetched>,
    /// The lock file that chose them.
    pub lock: Option<UsedLock>,
    /// The entries.
    pub entries: Vec<Entry>,
    /// The entry that runs when the name of the file selects none.
    pub default: Option<String>,
    /// The names of the parts of the runtime that stay out.
    pub left_out: Vec<&'static str>,
    /// The archive's size in bytes without a C library, if all its components are in the packer's cache
    /// or are wheels, which are about as long.
    pub size: Option<u64>,
}

impl Work<'_> {
    /// What [`Work::plan`] would pack.
    pub(super) fn outline(
        &self,
        source: &Source,
        fetched: Vec<Fetched>,
        lock: Option<UsedLock>,
    ) -> Result<Outline, Error> {
        let distributions = fetched.clone();
        let (project, wheels) = self.project_and_wheels(source, fetched)?;
        let spinner = self.ui.spinner("Unpacking", Count(wheels.len(), "distribution"));
        let one = |wheel: &Fetched| self.prepare(wheel);
        let prepared = wheels.par_iter().map(one).collect::<Result<Vec<_>, Error>>()?;
        drop(spinner);
        let mut app = self.application(source, project, &prepared)?;
        let own = app.facts.clone().filter(|_| matches!(source, Source::Project { .. }));
        let all = || own.iter().chain(prepared.iter().map(|wheel| &wheel.facts));
        let environment = marker_environment::of(self.interpreter);
        let asked = Asked::of(source, self.settings, &app.name);
        let requirements = Requirements::new(all().map(Facts::declared), &asked, &environment);
        self.check_requirements(&requirements)?;
        let (entries, _) = self.entries(source, &mut app, &prepared, &requirements)?;
        let launch = launch(self.settings, &app.name, &entries)?;
        let length = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |file| file.len());
        let packed = prepared.iter().zip(&wheels).map(|(wheel, file)| match &wheel.state {
            State::Packed(packed) => packed.stored(),
            State::Unpacked(_) => length(&file.path),
        });
        let own = distributions.iter().filter(|one| own.is_some() && one.local).take(1);
        let own: u64 = own.map(|one| length(&one.path)).sum();
        let launcher = launcher(self.interpreter.target).map_or(0, <[u8]>::len) as u64;
        let rest = launcher + own + packed.sum::<u64>();
        let (left_out, size) = if self.settings.runtime == RuntimeChoice::External {
            (Vec::new(), Some(rest))
        } else {
            let policy = self.policy(&app.name, &app.imports, &prepared)?;
            let runtime = self.known_runtime(&policy)?.map(|known| {
                known.core.stored() + known.parts.values().map(Packed::stored).sum::<u64>()
            });
            let left_out = policy.left_out().map(Part::name).collect();
            (left_out, runtime.map(|runtime| runtime + rest))
        };
        Ok(Outline {
            name: app.name,
            version: app.version,
            distributions,
            lock,
            default: launch.default.or_else(|| match &*entries {
                [only] => Some(only.name.clone()),
                _ => None,
            }),
            entries,
            left_out,
            size,
        })
    }
}
