//! From prepared distributions to the contents of an archive: name, entries, components, SBOM.

use snakecrate_format::entry_path::EntryPath;
use snakecrate_format::manifest::{Entry, Kind, Python, Role};

use super::application::Application;
use super::c_library::Bundled;
use super::completeness::help_with_extra;
use super::facts::Facts;
use super::hints::Hints;
use super::launch::launch;
use super::pack::{PackedRuntime, Prepared, Work};
use super::requires::{Asked, Requirements};
use super::sbom_parts::{package_source, sbom_document};
use super::subject::Subject;
use super::{Error, boot, conflicts, desktop, entries, left_out};
use crate::archive::{self, ArchiveSpec, AttachmentSpec, ComponentSpec};
use crate::component::Packed;
use crate::marker_environment;
use crate::resolve::Fetched;
use crate::settings::RuntimeChoice;
use crate::source::{APP, Source};
use crate::wheel::Distribution;
use snakecrate_audit::{self as audit, Report};
use snakecrate_base::timings;
use snakecrate_base::ui::Count;

/// Everything that is known about an archive before it is written.
pub(super) struct Planned {
    pub(super) spec: ArchiveSpec,
    /// The runtime file for the proof, if no runtime is inside.
    pub(super) runtime_file: Option<ArchiveSpec>,
    pub(super) audit: Report,
    pub(super) hints: Hints,
    pub(super) subjects: Vec<Subject>,
}

impl Work<'_> {
    /// Does all the work except writing the archive.
    pub(super) fn plan(&self, source: &Source, fetched: Vec<Fetched>) -> Result<Planned, Error> {
        let (project, wheels) = self.project_and_wheels(source, fetched)?;
        let spinner = self.ui.spinner("Unpacking", Count(wheels.len(), "distribution"));
        let stage = timings::begin("unpack");
        let wheels = self.prepare_all(&wheels)?;
        drop(stage);
        drop(spinner);
        let _stage = timings::begin("analyse");
        let app = self.application(source, project, &wheels)?;
        self.assemble(source, app, &wheels)
    }

    /// Unpacks the project that `source` is, and returns it and all other distributions.
    pub(super) fn project_and_wheels(
        &self,
        source: &Source,
        fetched: Vec<Fetched>,
    ) -> Result<(Option<Distribution>, Vec<Fetched>), Error> {
        let (mut local, others): (Vec<_>, Vec<_>) = fetched.into_iter().partition(|f| f.local);
        let project = match source {
            Source::Project { .. } if !local.is_empty() => Some(self.unpack(&local.remove(0))?),
            _ => None,
        };
        Ok((project, local.into_iter().chain(others).collect()))
    }

    fn assemble(
        &self,
        source: &Source,
        mut app: Application,
        wheels: &[Prepared],
    ) -> Result<Planned, Error> {
        let project = app.facts.clone().filter(|_| matches!(source, Source::Project { .. }));
        let all = || project.iter().chain(wheels.iter().map(|wheel| &wheel.facts));
        let environment = marker_environment::of(self.interpreter);
        let asked = Asked::of(source, self.settings, &app.name);
        let requirements = Requirements::new(all().map(Facts::declared), &asked, &environment);
        self.check_requirements(&requirements)?;
        all().for_each(|facts| self.warn_of_missing_files(facts));
        let is_external = self.settings.runtime == RuntimeChoice::External;
        // Boot scripts, which come with the entries, import nothing of their own.
        let parts = if is_external { self.parts_of_others(&app, wheels)? } else { Vec::new() };
        let (entries, subjects) = self.entries(source, &mut app, wheels, &requirements)?;
        let launch = launch(self.settings, &app.name, &entries)?;
        self.say_how_to_choose(&app.name, launch.default.is_some(), &entries);
        let policy = if is_external {
            self.policy_for_all()?
        } else {
            self.policy(&app.name, &app.imports, wheels)?
        };
        let called = self.called_modules(source, &app)?;
        if let Err(error) = self.scanner.save() {
            self.ui.detail(format_args!("the next build will take longer: {error}"));
        }

        let included = self.include_libs(wheels, &mut app.tree)?;
        let app_objects = audit::objects_of(&app.tree, self.interpreter.target)?;
        let dropped = project.as_ref().map_or(&[][..], |project| &project.dropped);
        let tree = std::mem::take(&mut app.tree);
        let stage = timings::begin("pack");
        let (runtime, packed, (packed_app, dropped)) =
            self.pack_all(&policy, &included, wheels.iter(), tree, dropped)?;
        drop(stage);
        let (packed, of_wheels): (Vec<_>, Vec<_>) = packed.into_iter().unzip();
        let dropped = std::iter::once(dropped).filter(|_| project.is_some()).chain(of_wheels);
        let dropped: Vec<_> = dropped.collect();
        let dropped = self.dropped_files(all().zip(dropped.iter().map(Vec::as_slice)));
        let dropped = (!dropped.is_empty()).then(|| AttachmentSpec::dropped_files(&dropped));

        let native = runtime.objects.iter().chain(&app_objects);
        let native = native.chain(wheels.iter().flat_map(|wheel| &wheel.facts.objects));
        let native: Vec<_> = native.cloned().collect();
        let left_out = policy.left_out().collect();
        let of_app =
            is_external.then(|| self.audit_alone(&app.name, app_objects.clone(), wheels.iter()));
        let mut report = self.audit(&app.name, runtime.objects.clone(), app_objects, wheels)?;
        let c_library = if is_external {
            self.c_library_for_all(&self.audit_runtime(&runtime.objects))?
        } else {
            self.c_library(&report, &native)?
        };
        report.bundles = c_library.as_ref().map(Bundled::bundles);
        self.ui.step("Audited", report.line());

        let hints = self.hints(Some(source), project.as_ref(), wheels, left_out, &report, called);

        let mut components = self.components(&app, runtime, packed_app, wheels.iter().zip(packed));
        self.warn_of_conflicts(&components);
        let mut c_library = c_library.map(|Bundled { version, packed, facts }| {
            components.push(component(Kind::CLibrary, "glibc", &version, packed));
            facts
        });
        let (runtime_file, external) = match of_app {
            Some(of_app) => {
                let file = self.split_runtime(&mut components, &mut c_library)?;
                let (all, stated) = (all().collect::<Vec<_>>(), source.requires_python()?);
                let stated = stated.into_iter().collect();
                let needed = self.external_runtime(&of_app, stated, &all, &asked, parts);
                (Some(file), Some(needed))
            }
            None => (None, None),
        };
        let version = app.version.as_deref();
        let package = self.interpreter.package.as_ref().filter(|_| runtime_file.is_none());
        let project = project.as_ref();
        let sbom = sbom_document(&app.name, version, &components, package, project, wheels);
        let packages = self.host_packages(&components)?;
        let (about, icon) = desktop::about(self.settings, &entries)?;
        let spec = ArchiveSpec {
            role: Role::Application,
            runtime: external,
            name: app.name,
            version: app.version,
            about,
            target: self.interpreter.target,
            python: Python {
                abi: (runtime_file.is_some() || self.interpreter.is_free_threaded)
                    .then(|| self.interpreter.abi()),
                ..self.python()?
            },
            launch,
            c_library,
            entries,
            components,
            attachments: std::iter::once(AttachmentSpec::sbom(sbom))
                .chain(dropped)
                .chain(packages)
                .chain(icon)
                .chain(self.vex()?)
                .collect(),
        };
        Ok(Planned { spec, runtime_file, audit: report, hints, subjects })
    }

    /// The parts that the application requires of runtime files.
    fn parts_of_others(
        &self,
        app: &Application,
        wheels: &[Prepared],
    ) -> Result<Vec<String>, Error> {
        let own = std::iter::once((&*app.name, &app.imports));
        let wheels = wheels.iter().map(|wheel| (&*wheel.facts.name, &wheel.facts.imports));
        let all: Vec<_> = own.chain(wheels).collect();
        self.required_parts(&all, &app.tree, &self.modules_of_entries())
    }

    /// Chooses the entries, and puts their boot scripts into the application's tree, with what explains modules
    /// that were left out.
    pub(super) fn entries(
        &self,
        source: &Source,
        app: &mut Application,
        wheels: &[Prepared],
        requirements: &Requirements<'_>,
    ) -> Result<(Vec<Entry>, Vec<Subject>), Error> {
        let own = app.facts.as_ref();
        let (startable, withheld) = Self::startable(own, requirements);
        let is_own = |facts: &Facts| own.is_some_and(|own| own.name == facts.name);
        let others = wheels.iter().map(|wheel| &wheel.facts).filter(|facts| !is_own(facts));
        let all = own.into_iter().chain(wheels.iter().map(|wheel| &wheel.facts));
        let startable =
            if own.is_some() { startable } else { Self::of_environment(source, wheels) };
        let name = app.name.clone();
        let help = |extra: &str| help_with_extra(source, &name, extra);
        let offer = entries::Offer {
            help_with_extra: Some(&help),
            source: source.to_string(),
            own: startable,
            withheld,
            others: others.flat_map(|facts| &facts.scripts).collect(),
            files: app.files.clone(),
            more_files: app.more_files.clone(),
            package: app.package.clone(),
            runnable: own.map(|facts| facts.runnable.clone()).unwrap_or_default(),
            leading: all.clone().flat_map(|facts| facts.leading.clone()).collect(),
            loaded: all.flat_map(Facts::loaded).collect(),
            gui: self.settings.gui,
            first_run: self.settings.first_run.clone(),
            before: boot::Before {
                django: app.is_django.then(|| APP.to_owned()),
                ..boot::Before::of(self.settings)
            },
        };
        let settings = self.settings;
        let module = settings.module.as_deref();
        let scanner = Some(&self.scanner);
        let imports = match (settings.fast_start, settings.lazy_imports) {
            (false, _) => boot::Imports::Plain,
            (true, false) => boot::Imports::Fast,
            (true, true) => boot::Imports::Lazy,
        };
        // Without any other entry, this is an error.
        let has_others =
            !offer.own.is_empty() || !offer.files.is_empty() || offer.package.is_some();
        if settings.entries.is_empty() && module.is_none() && has_others {
            self.warn_of_withheld(source, &app.name, &offer.withheld);
        }
        if let Some(footprint) = &self.footprint {
            left_out::explain(footprint, &self.interpreter.site_packages(), &mut app.tree)
                .map_err(|error| Error::Archive(archive::Error::Spec(error.to_string())))?;
        }
        let (entries, subjects) =
            entries::choose(&offer, &settings.entries, module, scanner, imports, &mut app.tree)?;
        let default = launch(settings, &app.name, &entries)?.default;
        let summary = own.and_then(|own| own.summary.as_deref());
        let default = default.as_deref();
        desktop::insert(
            &settings.desktop,
            self.ui,
            &name,
            summary,
            &entries,
            default,
            &mut app.tree,
        )?;
        Ok((entries, subjects))
    }

    /// Says how an entry is chosen, if there are several and no default.
    fn say_how_to_choose(&self, name: &str, has_default: bool, entries: &[Entry]) {
        if has_default || entries.len() < 2 {
            return;
        }
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        self.ui.warn_with_help(
            format_args!("{name} has no default among its entries: {}", names.join(", ")),
            "start one as `FILE ENTRY`, or through a link of its name; or choose with --default ENTRY",
        );
    }

    fn components<'p>(
        &self,
        app: &Application,
        runtime: PackedRuntime,
        packed_app: Packed,
        wheels: impl Iterator<Item = (&'p Prepared, Packed)>,
    ) -> Vec<ComponentSpec> {
        let version = app.version.as_deref().unwrap_or("0");
        let mut components = self.runtime_components(runtime);
        components.push(component(Kind::App, &app.name, version, packed_app));
        components.extend(wheels.map(|(wheel, packed)| ComponentSpec {
            source: wheel.source.clone(),
            ..component(Kind::Wheel, &wheel.facts.name, &wheel.facts.version, packed)
        }));
        components
    }

    /// The components of a runtime.
    pub(super) fn runtime_components(&self, runtime: PackedRuntime) -> Vec<ComponentSpec> {
        let python = self.interpreter;
        let (name, version) = (&python.implementation, &python.full_version);
        let core = ComponentSpec {
            source: python.package.as_ref().map(package_source),
            ..component(Kind::Runtime, name, version, runtime.core)
        };
        let parts = runtime.parts.into_iter();
        let parts = parts.map(|(name, part)| component(Kind::Part, &name, version, part));
        std::iter::once(core).chain(parts).collect()
    }

    pub(super) fn python(&self) -> Result<Python, Error> {
        let python = self.interpreter;
        let executable = EntryPath::new(&python.program())
            .map_err(|error| Error::Archive(archive::Error::Spec(error.to_string())))?;
        Ok(Python {
            implementation: python.implementation.clone(),
            version: python.full_version.clone(),
            abi: None,
            executable,
        })
    }

    /// Warns of files that several components install; installers overwrite them silently.
    pub(super) fn warn_of_conflicts(&self, components: &[ComponentSpec]) {
        let mut layers: Vec<_> =
            components.iter().filter(|c| !matches!(c.kind, Kind::Runtime | Kind::Part)).collect();
        layers.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        let listings = layers.iter().filter_map(|c| Some((c.name.as_str(), c.packed.listing()?)));
        for conflict in conflicts::find(listings) {
            self.ui.warn(conflict);
        }
    }
}

pub(super) fn component(kind: Kind, name: &str, version: &str, packed: Packed) -> ComponentSpec {
    ComponentSpec { kind, name: name.into(), version: version.into(), source: None, packed }
}
