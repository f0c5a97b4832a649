//! The application of the new archive, old or new, with its entries.

use snakecrate_audit::{self as audit, Object};
use snakecrate_format::manifest::{Entry, ExternalRuntime, Kind, Launch};

use super::contents::Contents;
use super::layers::Layers;
use super::requirements::{Set, ask_extras, of_scripts, versions_of_scripts};
use super::{Error, Swap, entries, interpreter};
use crate::archive::ComponentSpec;
use crate::build;
use crate::build::application::Application;
use crate::build::assemble::component;
use crate::build::facts::Facts;
use crate::build::launch::launch;
use crate::build::pack::Work;
use crate::build::requires::{Asked, Requirements};
use crate::build::subject::Subject;
use crate::marker_environment;
use crate::source::Source;
use crate::wheel::Dropped;

/// The application, and everything that depends on it.
pub(super) struct App {
    pub(super) component: ComponentSpec,
    /// Its version, if it has one.
    pub(super) version: Option<String>,
    /// Facts about a project.
    pub(super) project: Option<Facts>,
    pub(super) objects: Vec<Object>,
    pub(super) entries: Vec<Entry>,
    pub(super) subjects: Vec<Subject>,
    pub(super) launch: Launch,
    /// What the archive needs of its runtime file, if it has no runtime.
    pub(super) external: Option<ExternalRuntime>,
    /// Files of a new one that are not packed.
    pub(super) dropped: Vec<Dropped>,
}

impl Work<'_> {
    /// Checks what all distributions require, and makes the application.
    pub(super) fn app(
        &self,
        swap: &Swap<'_>,
        old: &Contents,
        layers: &Layers,
        new: Option<Application>,
    ) -> Result<App, build::Error> {
        let manifest = swap.archive.manifest();
        let target = self.interpreter.target;
        let before = interpreter::of_archive(manifest, target, swap.archive.path());
        let before = marker_environment::of(&before);
        let before =
            Set { all: old.project.iter().chain(layers.before()).collect(), environment: &before };
        let is_project = matches!(swap.app, Some(Source::Project { .. }));
        let own = match &new {
            Some(app) => app.facts.clone().filter(|_| is_project),
            None => old.project.clone(),
        };
        let after = marker_environment::of(self.interpreter);
        let after = Set {
            all: own.iter().chain(layers.wheels.iter().map(|wheel| &wheel.facts)).collect(),
            environment: &after,
        };
        let mut asked = match swap.app {
            Some(source) => Asked::of(source, self.settings, &old.app.name),
            None => of_scripts(old),
        };
        let known = of_scripts(old);
        ask_extras(&before, &mut asked);
        let requirements = after.requirements(&asked);
        self.check_new_requirements(&before.requirements(&known), &requirements)?;
        let is_external = manifest.is_without_runtime();
        let parts =
            if is_external { self.parts_of_all(swap, layers, new.as_ref())? } else { Vec::new() };
        let mut made = match new {
            Some(app) => self.new_app(swap, app, own.clone(), layers, &requirements)?,
            None => self.old_app(swap, old, layers),
        };
        if is_external {
            let alone =
                self.audit_alone(&manifest.name, made.objects.clone(), layers.wheels.iter());
            let stated = match swap.app {
                Some(source) => source.requires_python()?.into_iter().collect(),
                None => versions_of_scripts(old),
            };
            let needed = self.external_runtime(&alone, stated, &after.all, &asked, parts);
            made.external = Some(needed);
        }
        Ok(made)
    }

    fn old_app(&self, swap: &Swap<'_>, old: &Contents, layers: &Layers) -> App {
        let manifest = swap.archive.manifest();
        // Where the application is a wheel, its version is that of the wheel.
        let main = layers.added().find(|facts| facts.name == manifest.name);
        let version = main.map(|facts| facts.version.clone()).or_else(|| manifest.version.clone());
        let mut component = old.app.clone();
        if let Some(main) = main {
            component.version.clone_from(&main.version);
        }
        App {
            component,
            version,
            project: old.project.clone(),
            objects: old.app_objects.clone(),
            entries: manifest.entries.clone(),
            subjects: entries::subjects(&manifest.entries, old, &layers.objects(), &self.scanner),
            launch: manifest.launch.clone(),
            external: None,
            dropped: Vec::new(),
        }
    }

    fn new_app(
        &self,
        swap: &Swap<'_>,
        mut app: Application,
        project: Option<Facts>,
        layers: &Layers,
        requirements: &Requirements<'_>,
    ) -> Result<App, build::Error> {
        let manifest = swap.archive.manifest();
        let Some(source) = swap.app else { return Err(Error::Source(app.name).into()) };
        let (entries, subjects) = self.entries(source, &mut app, &layers.wheels, requirements)?;
        let is_named = !self.settings.entries.is_empty() || self.settings.module.is_some();
        let is_there = |old: &&Entry| entries.iter().any(|entry| entry.name == old.name);
        if let Some(lost) = manifest.entries.iter().find(|old| !is_there(old)).filter(|_| !is_named)
        {
            let why = "the new application does not offer it".to_owned();
            return Err(Error::Entry { entry: lost.name.clone(), why, by_app: true }.into());
        }
        let default = manifest.launch.default.clone();
        let default = default.filter(|name| entries.iter().any(|entry| entry.name == *name));
        let default = match (&self.settings.default, default) {
            (None, Some(default)) => Some(default),
            _ => launch(self.settings, &app.name, &entries)?.default,
        };
        let objects = audit::objects_of(&app.tree, self.interpreter.target)?;
        let dropped = project.as_ref().map_or(&[][..], |project| &project.dropped);
        let progress = self.ui.bytes("Packing", 0);
        let (packed, dropped) = self.pack(app.tree, dropped, &progress)?;
        let version = app.version.as_deref().unwrap_or("0");
        Ok(App {
            component: component(Kind::App, &app.name, version, packed),
            version: app.version,
            project,
            objects,
            entries,
            subjects,
            launch: Launch { default, ..manifest.launch.clone() },
            external: None,
            dropped,
        })
    }
}
