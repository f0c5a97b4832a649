//! The new archive: components that stay, new ones, and everything that follows from them.

use std::collections::BTreeSet;

use snakecrate_audit::{Object, Report};
use snakecrate_format::manifest::{CLibrary, Component, Kind, Python, Role};

use super::app::App;
use super::contents::{Bundled, Contents, paths};
use super::entries::{self, Paths};
use super::layers::{Layers, PackedLayers};
use super::runtime::Runtime;
use super::wheels::Given;
use super::{Swap, attachments};
use crate::archive::{About, ArchiveSpec, AttachmentSpec, ComponentSpec, DroppedFiles};
use crate::build;
use crate::build::assemble::{Planned, component};
use crate::build::c_library;
use crate::build::pack::Work;
use crate::build::sbom_parts::sbom_document;
use crate::build_cache::BuildCache;
use crate::component::Packed;
use crate::source::Source;

impl Work<'_> {
    /// Does all the work except writing the archive.
    pub(super) fn swapped(
        &self,
        swap: &Swap<'_>,
        mut old: Contents,
        cache: &BuildCache,
    ) -> Result<Planned, build::Error> {
        let manifest = swap.archive.manifest();
        let given = self.given(swap, &old, cache)?;
        let is_external = manifest.is_without_runtime();
        let runtime = if is_external {
            self.runtime_beside(&mut old)?
        } else {
            self.new_runtime(swap, &mut old, &given)?
        };
        let Given { wheels, app: new_app } = given;
        let is_project = matches!(swap.app, Some(Source::Project { .. }));
        let layers = Layers::of(&mut old, wheels, is_project.then_some(&*manifest.name));
        if swap.python {
            let project = old.project.iter().filter(|_| swap.app.is_none());
            project.chain(layers.staying()).try_for_each(|facts| self.check_python(facts))?;
        }
        layers.added().for_each(|facts| self.warn_of_missing_files(facts));
        let app = self.app(swap, &old, &layers, new_app)?;
        let PackedLayers { components: wheels, dropped } = self.pack_layers(&layers)?;
        if swap.app.is_none() {
            let all = || wheels.iter().chain([&app.component]).map(|one| one.packed.clone());
            let new = self.paths(&runtime.paths, all());
            let packed = manifest.layers().map(|layer| swap.archive.packed(layer));
            let before = self.paths(&old.runtime_paths, packed);
            entries::check(&app.entries, &before, &new, &layers.replaced())?;
        }

        let Runtime { mut components, objects, .. } = runtime;
        let (audit, c_library) = self.native_code(swap, old.c_library, &app, objects, &layers)?;
        components.push(app.component.clone());
        components.extend(wheels);
        self.warn_of_conflicts(&components);
        let mut c_library = c_library.map(|(library, facts)| {
            components.push(library);
            facts
        });
        let runtime_file =
            is_external.then(|| self.split_runtime(&mut components, &mut c_library)).transpose()?;
        let attachments = self.attachments(swap, &app, &layers, &components, dropped)?;
        let hints =
            self.hints(swap.app, app.project.as_ref(), &layers.wheels, vec![], &audit, vec![]);
        let spec = ArchiveSpec {
            role: Role::Application,
            runtime: app.external,
            name: manifest.name.clone(),
            version: app.version,
            about: About {
                vendor: manifest.vendor.clone(),
                contact: manifest.contact.clone(),
                icon: manifest.icon.clone(),
                mime_types: manifest.mime_types.clone(),
            },
            target: self.interpreter.target,
            python: if swap.python {
                Python { abi: manifest.python.abi.clone(), ..self.python()? }
            } else {
                manifest.python.clone()
            },
            launch: app.launch,
            c_library,
            entries: app.entries,
            components,
            attachments,
        };
        Ok(Planned { spec, runtime_file, audit, hints, subjects: app.subjects })
    }

    /// The paths of an environment with these layers, and of a runtime.
    fn paths(&self, runtime: &BTreeSet<String>, layers: impl Iterator<Item = Packed>) -> Paths {
        let mut all = runtime.clone();
        for layer in layers {
            all.extend(layer.listing().iter().flat_map(paths));
        }
        Paths::new(all, self.interpreter.site_packages(), self.interpreter.lib())
    }

    /// Audits everything, and decides about the C library.
    fn native_code(
        &self,
        swap: &Swap<'_>,
        old: Option<Bundled>,
        app: &App,
        runtime: Vec<Object>,
        layers: &Layers,
    ) -> Result<(Report, Option<(ComponentSpec, CLibrary)>), build::Error> {
        let all = runtime.iter().chain(&app.objects).chain(layers.objects());
        let all: Vec<Object> = all.cloned().collect();
        let name = &swap.archive.manifest().name;
        let of_runtime = self.audit_runtime(&runtime);
        let mut report = self.audit(name, runtime, app.objects.clone(), &layers.wheels)?;
        let (library, has) = match old {
            _ if swap.archive.manifest().is_without_runtime() => {
                let made = self.c_library_for_all(&of_runtime)?;
                let has = made.as_ref().map(c_library::Bundled::bundles);
                (made.map(as_component), has)
            }
            _ if swap.libc => {
                let made = self.c_library(&report, &all)?;
                let has = made.as_ref().map(c_library::Bundled::bundles);
                (made.map(as_component), has)
            }
            Some(old) => {
                let facts = old.renewed(&report, &all, self.interpreter.target)?;
                let has = old.bundles();
                (Some((old.spec, facts)), Some(has))
            }
            None => (None, None),
        };
        report.bundles = has;
        self.ui.step("Audited", report.line());
        Ok((report, library))
    }

    /// The data for people: of the old archive, and about the new one.
    fn attachments(
        &self,
        swap: &Swap<'_>,
        app: &App,
        layers: &Layers,
        components: &[ComponentSpec],
        mut dropped: Vec<DroppedFiles>,
    ) -> Result<Vec<AttachmentSpec>, build::Error> {
        let package = if swap.python {
            self.interpreter.package.clone()
        } else {
            attachments::package(swap.archive)?
        };
        let (name, version) = (&swap.archive.manifest().name, app.version.as_deref());
        let project = app.project.as_ref();
        let sbom =
            sbom_document(name, version, components, package.as_ref(), project, &layers.wheels);
        let of_app = project.iter().map(|facts| (*facts, app.dropped.as_slice()));
        dropped.extend(self.dropped_files(of_app));
        let is_staying = |list: &DroppedFiles| {
            let is_app = swap.app.is_some() && list.name == *name;
            let mut staying = components.iter().filter(|one| !layers.is_new(&one.name));
            !is_app && staying.any(|one| one.name == list.name && one.version == list.version)
        };
        let list = attachments::dropped(swap.archive, is_staying, dropped)?;
        let staying = attachments::staying(swap.archive, components)?;
        let old = swap.archive.manifest().components.iter().map(Component::label).collect();
        let staying = self.with_host_packages(staying, &old, components)?.into_iter();
        Ok(staying.chain([AttachmentSpec::sbom(sbom)]).chain(list).collect())
    }
}

fn as_component(made: c_library::Bundled) -> (ComponentSpec, CLibrary) {
    let c_library::Bundled { version, packed, facts } = made;
    (component(Kind::CLibrary, "glibc", &version, packed), facts)
}
