//! Making the image of an archive.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use rayon::prelude::*;
use snakecrate_base::ui::Ui;
use snakecrate_format::manifest::Component;
use snakecrate_format::target::{Processor, Target};
use snakecrate_image::spec::Arch;
use snakecrate_image::{Base, Compression, File, Image, Layer, Role, Settings};

use super::components::Components;
use super::place::{COMMANDS, ENVIRONMENT, absolute};
use super::plan::{self, Planned};
use super::store::Store;
use super::system::USER;
use super::{Error, Labels, application, contents, labels, requires, system};
use crate::BUILD_ID;
use crate::archive::{Archive, SBOM};
use crate::build_cache::BuildCache;
use crate::package::About;

/// Changes whenever the places of files change, or their bytes.
const FORM: &str = "image layer 1";

/// Makes images of archives.
#[derive(Debug)]
pub struct Maker<'a> {
    cache: &'a BuildCache,
    store: Store,
    compression: Compression,
    ui: Ui,
}

impl<'a> Maker<'a> {
    /// A maker of images whose layers are compressed so.
    ///
    /// # Errors
    ///
    /// The cache cannot be written.
    pub fn new(cache: &'a BuildCache, compression: Compression, ui: Ui) -> Result<Self, Error> {
        Ok(Self { cache, store: Store::open(cache)?, compression, ui })
    }

    /// The image of `archive`, on top of `base`. Its layers are in the build cache.
    ///
    /// # Errors
    ///
    /// The archive has no runtime or C library of its own, is damaged, or the cache cannot be written.
    pub fn image(
        &self,
        archive: &Archive,
        labels: &Labels,
        base: Option<&Base>,
    ) -> Result<Image, Error> {
        let manifest = archive.manifest();
        let target = archive.target()?;
        let layers = self.layers(archive, target, base.is_some())?;
        let about = About::of(archive).map_err(|error| Error::About(Box::new(error)))?;
        let path = [COMMANDS, &format!("{ENVIRONMENT}/bin")].map(absolute).join(":");
        let settings = Settings {
            architecture: architecture(target),
            entrypoint: vec![absolute(&application::command(manifest))],
            user: format!("{USER}:{USER}"),
            directory: "/".to_owned(),
            variables: vec![format!("PATH={path}")],
            labels: labels.of(archive, &about, requires::of(archive)?),
            created: labels::created()?,
        };
        let sbom = archive.attachment(SBOM)?;
        let mut image = Image::new(&settings, base, &layers, sbom)?;
        image.tag = Some(labels::tag(manifest.version.as_deref().unwrap_or_default()));
        Ok(image)
    }

    /// The layers of `archive`, lowest first.
    fn layers(
        &self,
        archive: &Archive,
        target: &Target,
        has_base: bool,
    ) -> Result<Vec<Layer>, Error> {
        let manifest = archive.manifest();
        let mut components = self.components(archive)?;
        let in_environment: Vec<_> = manifest.layers().collect();
        let listings = in_environment.iter().map(|one| Ok((*one, archive.listing(one)?)));
        let listings = listings.collect::<Result<Vec<_>, Error>>()?;
        components.losers = plan::losers(&application::links(manifest), &listings);
        let listing = components.c_library_listing()?;
        let mut planned = Vec::new();
        planned.extend(plan::of_c_library(components.library, components.c_library, &listing));
        planned.extend(plan::of_runtime(manifest));
        planned.extend(plan::of_wheels(manifest, planned.len() + 3));
        let mut layers = Vec::new();
        if !has_base {
            let files = system::files(target, &components.library.loader);
            layers.push(self.write(Role::System, &[], &identity(&files), |_| Ok(files))?);
        }
        layers.extend(self.write_all(&components, &planned)?);
        let launcher = application::launcher(archive)?;
        let identity = identity(&launcher);
        layers.push(self.write(Role::Launcher, &[], &identity, |_| Ok(launcher))?);
        layers.push(self.application(&components)?);
        Ok(layers)
    }

    /// The layers of the C library and the runtime in a runtime file, with these parts alone.
    ///
    /// # Errors
    ///
    /// As [`Maker::image`].
    pub(super) fn runtime(
        &self,
        archive: &Archive,
        parts: &BTreeSet<String>,
    ) -> Result<Vec<Layer>, Error> {
        let components = self.components(archive)?;
        if !components.first.is_empty() {
            // They would depend on the application's wheels, which aren't here.
            return Err(components.cannot_bind("its loader has no room for their directory"));
        }
        let listing = components.c_library_listing()?;
        let mut planned = plan::of_c_library(components.library, components.c_library, &listing);
        let wanted = |planned: &Planned<'_>| {
            planned.role != Role::Part || parts.contains(&planned.components[0].name)
        };
        planned.extend(plan::of_runtime(archive.manifest()).into_iter().filter(wanted));
        self.write_all(&components, &planned)
    }

    /// The files of `component`, for a look at them.
    pub(super) fn look<T>(
        &self,
        archive: &Archive,
        component: &Component,
        look: impl FnOnce(&[File]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let temporary = self.cache.temporary_directory();
        let temporary = temporary.map_err(|source| self.failed(source))?;
        look(&contents::files(archive, component, &HashSet::new(), temporary.path())?)
    }

    fn components<'c>(&self, archive: &'c Archive) -> Result<Components<'c>, Error> {
        let temporary = self.cache.temporary_directory();
        let temporary = temporary.map_err(|source| self.failed(source))?;
        Components::of(archive, temporary.path())
    }

    fn write_all(
        &self,
        components: &Components<'_>,
        planned: &[Planned<'_>],
    ) -> Result<Vec<Layer>, Error> {
        let bytes = |one: &Planned<'_>| one.components.iter().map(|one| one.bytes).sum::<u64>();
        let progress = self.ui.bytes("Layering", planned.iter().map(bytes).sum());
        let write = |one: &Planned<'_>| {
            let labels = one.labels();
            let layer = self.write(one.role, &labels, &components.identity(one), |directory| {
                components.files(one, directory)
            });
            progress.advance(bytes(one));
            layer
        };
        planned.par_iter().map(write).collect()
    }

    /// The layer of the application, with the launcher.
    fn application(&self, components: &Components<'_>) -> Result<Layer, Error> {
        let archive = components.archive;
        let app = archive.manifest().components.iter().filter(|one| one.kind.as_str() == "app");
        let app: Vec<_> = app.collect();
        let planned = Planned { role: Role::App, components: app, only: None };
        let labels = planned.labels();
        let digest = archive.record().manifest_digest;
        let identity = format!("{} {digest}", components.identity(&planned));
        self.write(Role::App, &labels, &identity, |directory| {
            let mut files = components.files(&planned, directory)?;
            files.extend(application::files(archive)?);
            Ok(files)
        })
    }

    /// The layer that depends on `identity`, from the store, or of the files that `files` makes.
    fn write(
        &self,
        role: Role,
        components: &[String],
        identity: &str,
        files: impl FnOnce(&Path) -> Result<Vec<File>, Error>,
    ) -> Result<Layer, Error> {
        let text = format!("{FORM} {BUILD_ID} {:?} {identity}", self.compression);
        let key = blake3::hash(text.as_bytes()).to_hex()[..32].to_owned();
        self.store.layer(&key, |directory| {
            let temporary = self.cache.temporary_directory();
            let temporary = temporary.map_err(|source| self.failed(source))?;
            let files = files(temporary.path())?;
            Ok(Layer::write(role, components, &files, self.compression, directory)?)
        })
    }

    fn failed(&self, source: std::io::Error) -> Error {
        Error::Temporary { path: self.cache.path().to_owned(), source }
    }
}

/// What a layer of these files in memory depends on.
fn identity(files: &[File]) -> String {
    blake3::hash(format!("{files:?}").as_bytes()).to_string()
}

/// The name that images have for a target's processor.
pub fn architecture(target: &Target) -> Arch {
    match target.processor {
        Processor::X86_64 => Arch::Amd64,
        Processor::Aarch64 => Arch::ARM64,
    }
}
