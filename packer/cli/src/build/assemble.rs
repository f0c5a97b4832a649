//! What the archive is to hold: name, entries, components, bill.

use rayon::prelude::*;
use snakecrate_format::entry_path::EntryPath;
use snakecrate_format::manifest::{Entry, Kind, Launch, Python};

use super::bill::bill;
use super::c_library::Bundled;
use super::facts::Facts;
use super::pack::{Prepared, Work};
use super::{Error, conflicts, entries, given_level};
use crate::archive::{self, Plan, PlannedComponent};
use crate::resolve::Fetched;
use crate::source::{Source, script_tree};
use crate::wheel::{self, Distribution};
use snakecrate_audit::{self as audit, Report};
use snakecrate_base::tree::Tree;
use snakecrate_base::ui::Count;
use snakecrate_runtime::{Imports, Part, Policy, reach};

/// A value of `runtime-keep`: every part of the standard library but tkinter. Applications that
/// have the whole library share one runtime in the cache.
const WHOLE_LIBRARY: &str = "stdlib";

impl Work<'_> {
    /// Does all the work but writing.
    pub(super) fn plan(
        &self,
        source: &Source,
        fetched: Vec<Fetched>,
    ) -> Result<(Plan, Report), Error> {
        let (local, others): (Vec<_>, Vec<_>) = fetched.into_iter().partition(|f| f.local);
        let project = match (source, local.into_iter().next()) {
            (Source::Project { .. }, Some(local)) => Some(self.unpack(&local)?),
            (_, Some(wheel)) => {
                return self.assemble(
                    source,
                    None,
                    &[wheel].into_iter().chain(others).collect::<Vec<_>>(),
                );
            }
            (_, None) => None,
        };
        self.assemble(source, project, &others)
    }

    fn assemble(
        &self,
        source: &Source,
        project: Option<Distribution>,
        wheels: &[Fetched],
    ) -> Result<(Plan, Report), Error> {
        let spinner = self.ui.spinner("Unpacking", Count(wheels.len(), "distribution"));
        let prepared: Vec<Prepared> =
            wheels.par_iter().map(|wheel| self.prepare(wheel)).collect::<Result<_, Error>>()?;
        drop(spinner);
        let main = main_of(source, &prepared);
        let (name, version) = match (&project, main) {
            (Some(project), _) => (project.name.clone(), Some(project.version.clone())),
            (None, Some(main)) => (main.facts.name.clone(), Some(main.facts.version.clone())),
            (None, None) => (wheel::normalize(&source.name().unwrap_or_default()), None),
        };
        let target = self.interpreter.target;
        let project_facts =
            project.as_ref().map(|project| Facts::of(project, &self.scanner)).transpose()?;
        let (file, mut app) = match (source, project) {
            (Source::Script { path, .. }, _) => {
                let (file, tree) = script_tree(path, &self.scanner)?;
                (Some(file), tree)
            }
            (_, Some(project)) => (None, project.tree),
            (_, None) => (None, Tree::default()),
        };
        // Before the boot scripts are in it: they run any module by its name, but only their own.
        let app_imports = match &project_facts {
            Some(facts) => facts.imports.clone(),
            None => Imports::of(&app, &self.scanner)?,
        };
        let own = project_facts.as_ref().or(main.map(|main| &main.facts));
        let offer = offer(source, own, file, &prepared);
        let module = self.settings.module.as_deref();
        let fast = self.settings.fast_start.then_some(&self.scanner);
        let entries = entries::choose(&offer, &self.settings.entries, module, fast, &mut app)?;
        let default = self.default_entry(&name, &entries)?;

        let policy = self.policy(&name, &app_imports, &prepared)?;
        if let Err(error) = self.scanner.save() {
            self.ui.detail(format_args!("the next build will take longer: {error}"));
        }
        let grafts = self.graft(&prepared, &mut app)?;
        let app_objects = audit::objects_of(&app, target)?;
        let ((runtime, objects), packed, app) =
            self.pack_all(&policy, &grafts, prepared.iter(), app)?;
        let native = objects.iter().chain(&app_objects);
        let native = native.chain(prepared.iter().flat_map(|wheel| &wheel.facts.objects));
        let native: Vec<_> = native.cloned().collect();
        let mut report = self.audit(&name, objects, app_objects, &prepared)?;
        let c_library = self.c_library(&report, &native)?;
        report.bundles = c_library.as_ref().map(Bundled::bundles);
        self.ui.step("Audited", report.line());
        let version_or_none = version.clone().unwrap_or_else(|| "0".into());
        let component = |kind, name: &str, version: &str, source, packed| PlannedComponent {
            kind,
            name: name.to_owned(),
            version: version.to_owned(),
            source,
            packed,
        };
        let python = self.interpreter;
        let mut components = vec![
            component(Kind::Runtime, &python.implementation, &python.full_version, None, runtime),
            component(Kind::App, &name, &version_or_none, None, app),
        ];
        for (wheel, packed) in prepared.iter().zip(packed) {
            let Facts { name, version, .. } = &wheel.facts;
            components.push(component(Kind::Wheel, name, version, wheel.source.clone(), packed));
        }
        self.warn_of_conflicts(&components);
        let c_library = c_library.map(|Bundled { version, packed, facts }| {
            components.push(component(Kind::CLibrary, "glibc", &version, None, packed));
            facts
        });
        let all: Vec<&Facts> = prepared.iter().map(|p| &p.facts).collect();
        let sbom = bill(&name, version.as_deref(), &components, project_facts.as_ref(), &all);
        let executable = format!("bin/python{}", python.minor());
        let executable = EntryPath::new(&executable)
            .map_err(|error| Error::Archive(archive::Error::Plan(error.to_string())))?;
        let plan = Plan {
            name,
            version,
            target: target.triple.into(),
            python: Python {
                implementation: python.implementation.clone(),
                version: python.full_version.clone(),
                executable,
            },
            launch: Launch {
                default,
                options: self.options(),
                loader_variables: self.settings.loader_variables(),
            },
            c_library,
            entries,
            components,
            sbom,
        };
        Ok((plan, report))
    }

    /// What of the standard library comes along: not what nothing in the archive can import.
    fn policy(&self, name: &str, app: &Imports, wheels: &[Prepared]) -> Result<Policy, Error> {
        let settings = self.settings;
        // `NAME=MODULE:FUNCTION`; other entries are scripts of the distributions.
        let called = settings.entries.iter().filter_map(|entry| {
            let (module, _) = entry.split_once('=')?.1.split_once(':')?;
            Some(module.trim().to_owned())
        });
        let modules: Vec<String> = called.chain(settings.module.clone()).collect();
        let launch = reach::Launch {
            isolated: self.settings.isolated,
            options: &settings.python_options,
            modules: &modules,
        };
        let wheels = wheels.iter().map(|wheel| (wheel.facts.name.as_str(), &wheel.facts.imports));
        let mut need =
            reach::need(&self.scanner, std::iter::once((name, app)).chain(wheels), launch)?;
        if need.open.is_none() && settings.runtime_keep.iter().any(|part| part == WHOLE_LIBRARY) {
            need.leave_out.retain(|part| *part == Part::Tkinter);
            need.open = Some("runtime-keep".into());
        }
        need.leave_out.retain(|part| !settings.runtime_keep.iter().any(|name| name == part.name()));
        let minimal = settings.runtime_minimal;
        let mut policy = Policy {
            keep: settings.runtime_keep.clone(),
            drop: settings.runtime_drop.clone(),
            leave_out: need.leave_out.clone(),
            only: None,
        };
        if let Some(why) = &need.open {
            if minimal {
                self.ui.warn(format_args!(
                    "runtime-minimal has no effect: the imports cannot be determined: {why}"
                ));
            } else {
                self.ui.detail(format_args!("keeping the whole standard library: {why}"));
            }
            return Ok(policy);
        }
        if minimal {
            policy.only = Some(need.reached);
        }
        let parts: Vec<_> = need.leave_out.iter().map(ToString::to_string).collect();
        self.ui.detail(format_args!("left out, as nothing can import it: {}", parts.join(", ")));
        if !need.kept.is_empty() {
            self.ui.detail(format_args!("kept: {}", need.kept.join(", ")));
        }
        Ok(policy)
    }

    /// Installers overwrite silently what another distribution brought.
    fn warn_of_conflicts(&self, components: &[PlannedComponent]) {
        let mut layers: Vec<_> = components.iter().filter(|c| c.kind != Kind::Runtime).collect();
        layers.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        let listings = layers.iter().filter_map(|c| Some((c.name.as_str(), c.packed.listing()?)));
        for conflict in conflicts::find(listings) {
            self.ui.warn(conflict);
        }
    }

    /// The one that was asked for; else the one that is called as the application.
    fn default_entry(&self, name: &str, entries: &[Entry]) -> Result<Option<String>, Error> {
        let there = |name: &str| entries.iter().any(|entry| entry.name == name);
        match &self.settings.default {
            Some(wanted) if there(wanted) => Ok(Some(wanted.clone())),
            Some(wanted) => Err(Error::Default {
                name: wanted.clone(),
                entries: entries.iter().map(|entry| entry.name.clone()).collect(),
            }),
            None => Ok((entries.len() > 1 && there(name)).then(|| name.to_owned())),
        }
    }

    fn options(&self) -> Vec<String> {
        let isolated = self.settings.isolated.then(|| "-I".to_owned());
        // Each `-O` counts.
        let optimize = match self.form.optimize - given_level(&self.settings.python_options) {
            0 => None,
            1 => Some("-O"),
            _ => Some("-OO"),
        };
        let optimize = optimize.into_iter().map(str::to_owned);
        let given = self.settings.python_options.iter().cloned();
        isolated.into_iter().chain(optimize).chain(given).collect()
    }
}

/// The distribution that is the application, where it is not a project.
fn main_of<'p>(source: &Source, prepared: &'p [Prepared]) -> Option<&'p Prepared> {
    if matches!(source, Source::Script { .. } | Source::Project { .. }) {
        return None;
    }
    let name = wheel::normalize(&source.name()?);
    prepared.iter().find(|wheel| wheel.facts.name == name)
}

fn offer<'p>(
    source: &Source,
    own: Option<&'p Facts>,
    file: Option<EntryPath>,
    prepared: &'p [Prepared],
) -> entries::Offer<'p> {
    let is_own = |facts: &Facts| own.is_some_and(|own| own.name == facts.name);
    let others = prepared.iter().map(|p| &p.facts).filter(|facts| !is_own(facts));
    entries::Offer {
        source: source.to_string(),
        own: own.iter().flat_map(|facts| &facts.scripts).collect(),
        others: others.flat_map(|facts| &facts.scripts).collect(),
        file,
        runnable: own.map(|facts| facts.runnable.clone()).unwrap_or_default(),
    }
}
