//! Making an image of layers.

use std::collections::{BTreeMap, HashMap};

use crate::base::Base;
use crate::document::json;
use crate::layer::Layer;
use crate::spec::{
    ANNOTATION_CREATED, ANNOTATION_TITLE, ANNOTATION_VERSION, Arch, Config, Descriptor, History,
    ImageConfiguration, ImageIndex, ImageManifest, ImageManifestBuilder, MediaType, Os, Platform,
    RootFs,
};
use crate::{Blob, CYCLONEDX, Document, Error, Image};

/// What a container of an image runs, and what is said about it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The processor of its hosts.
    pub architecture: Arch,
    /// The program and its first arguments.
    pub entrypoint: Vec<String>,
    /// The user, and the group if there is a colon: `65532:65532`.
    pub user: String,
    /// The working directory.
    pub directory: String,
    /// Variables, `NAME=VALUE`. Those of a base image stay, unless they are set here.
    pub variables: Vec<String>,
    /// Labels of the configuration and annotations of the manifest.
    pub labels: BTreeMap<String, String>,
    /// The time of the image, in RFC 3339's form.
    pub created: Option<String>,
}

impl Image {
    /// The image of `layers` for one target, on top of a base. `sbom`, a bill of materials in
    /// `CycloneDX`'s JSON, is attached to it.
    ///
    /// # Errors
    ///
    /// The base is for another processor.
    pub fn new(
        settings: &Settings,
        base: Option<&Base>,
        layers: &[Layer],
        sbom: Option<Vec<u8>>,
    ) -> Result<Self, Error> {
        let mut config = Config::default();
        config.set_user(Some(settings.user.clone()));
        config.set_entrypoint(Some(settings.entrypoint.clone()));
        config.set_working_dir(Some(settings.directory.clone()));
        config.set_labels(Some(settings.labels.clone().into_iter().collect()));
        config.set_env(Some(variables(base, &settings.variables)));
        let mut whole = ImageConfiguration::default();
        whole.set_architecture(settings.architecture.clone());
        whole.set_os(Os::Linux);
        whole.set_created(settings.created.clone());
        whole.set_config(Some(config));
        let (below, mut history) = match base {
            Some(base) => (base.layers(&settings.architecture)?, base.history()),
            None => <_>::default(),
        };
        let all: Vec<_> = below.iter().chain(layers).collect();
        history.extend(layers.iter().map(|layer| line(layer, settings.created.as_ref())));
        whole.set_history(Some(history));
        let mut annotations = settings.labels.clone();
        annotations.extend(base.map(Base::annotations).unwrap_or_default());
        if let Some(created) = &settings.created {
            annotations.insert(ANNOTATION_CREATED.to_owned(), created.clone());
        }
        let mut image = Self::of_parts(whole, &all, annotations);
        if let Some(sbom) = sbom {
            image.attach(Blob::of_bytes(CYCLONEDX, sbom));
        }
        Ok(image)
    }

    /// The image with this configuration, but for the digests of its layers.
    pub(crate) fn of_parts(
        mut config: ImageConfiguration,
        layers: &[&Layer],
        annotations: BTreeMap<String, String>,
    ) -> Self {
        let mut root = RootFs::default();
        root.set_diff_ids(layers.iter().map(|layer| layer.diff_id.to_string()).collect());
        config.set_rootfs(root);
        let config = Blob::of_bytes(MediaType::ImageConfig.to_string(), json(&config));
        let described = |layer: &&Layer| {
            let mut descriptor = layer.blob.descriptor();
            let annotations: HashMap<_, _> = layer.annotations.clone().into_iter().collect();
            descriptor.set_annotations((!annotations.is_empty()).then_some(annotations));
            descriptor
        };
        let mut manifest = manifest(config.descriptor(), layers.iter().map(described).collect());
        let annotations: HashMap<_, _> = annotations.into_iter().collect();
        manifest.set_annotations((!annotations.is_empty()).then_some(annotations));
        let top = Document::of(&MediaType::ImageManifest, &manifest);
        let (manifests, referrers) = (Vec::new(), Vec::new());
        let mut image = Self { top, manifests, referrers, blobs: BTreeMap::new(), tag: None };
        image.add(config);
        for layer in layers {
            image.add(layer.blob.clone());
        }
        image
    }

    /// Attaches a blob to the manifest of an image for one target: a manifest of its own refers to
    /// both. Registries list it as a referrer.
    ///
    /// # Panics
    ///
    /// Never: the parts are complete.
    pub fn attach(&mut self, blob: Blob) {
        let empty = Blob::of_bytes(MediaType::EmptyJSON.to_string(), *b"{}");
        let mut referrer = manifest(empty.descriptor(), vec![blob.descriptor()]);
        referrer.set_artifact_type(Some(blob.media_type.as_str().into()));
        referrer.set_subject(Some(self.top.descriptor()));
        self.referrers.push(Document::of(&MediaType::ImageManifest, &referrer));
        self.add(empty);
        self.add(blob);
    }

    /// The image for all targets of `images`, which are for one target each: an index if there are
    /// several. Their order doesn't matter.
    ///
    /// # Errors
    ///
    /// There is none, a configuration cannot be understood, two are for the same target, or two are of
    /// different applications or versions.
    pub fn for_all(images: Vec<Self>) -> Result<Self, Error> {
        let images = match <[Self; 1]>::try_from(images) {
            Ok([only]) => return Ok(only),
            Err(images) => images,
        };
        let configured = images.into_iter().map(|one| Ok((one.configuration(&one.top)?, one)));
        let mut all = configured.collect::<Result<Vec<_>, Error>>()?;
        all.sort_by_cached_key(|(config, _)| config.architecture().to_string());
        let Some((_, first)) = all.first() else { return Err(Error::NoTarget) };
        let application = application(first)?;
        let mut descriptors: Vec<Descriptor> = Vec::new();
        let (mut manifests, mut referrers, mut blobs) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut tag = None;
        for (config, image) in all {
            let other = self::application(&image)?;
            if other != application {
                return Err(Error::DifferentApplications(application, other));
            }
            let mut platform = Platform::default();
            platform.set_architecture(config.architecture().clone());
            platform.set_os(config.os().clone());
            if descriptors.iter().any(|one| one.platform().as_ref() == Some(&platform)) {
                return Err(Error::SameTarget(config.architecture().to_string()));
            }
            let mut descriptor = image.top.descriptor();
            descriptor.set_platform(Some(platform));
            descriptors.push(descriptor);
            manifests.push(image.top);
            referrers.extend(image.referrers);
            blobs.extend(image.blobs);
            tag = tag.or(image.tag);
        }
        let mut index = ImageIndex::default();
        index.set_media_type(Some(MediaType::ImageIndex));
        index.set_manifests(descriptors);
        let top = Document::of(&MediaType::ImageIndex, &index);
        Ok(Self { top, manifests, referrers, blobs, tag })
    }
}

/// The application of an image for one target, with its version.
fn application(image: &Image) -> Result<String, Error> {
    let annotations = image.top.manifest()?.annotations().clone().unwrap_or_default();
    let of = |name: &str| annotations.get(name).cloned();
    let both = [ANNOTATION_TITLE, ANNOTATION_VERSION].into_iter().filter_map(of);
    Ok(both.collect::<Vec<_>>().join(" "))
}

/// An image manifest without annotations.
fn manifest(config: Descriptor, layers: Vec<Descriptor>) -> ImageManifest {
    let builder = ImageManifestBuilder::default().schema_version(2u32);
    let builder = builder.media_type(MediaType::ImageManifest).config(config).layers(layers);
    builder.build().expect("it has all that a manifest requires")
}

/// The variables of a base image, and `own`.
fn variables(base: Option<&Base>, own: &[String]) -> Vec<String> {
    let name = |variable: &str| variable.split('=').next().unwrap_or_default().to_owned();
    let mut all = base.map(Base::variables).unwrap_or_default();
    all.retain(|inherited| !own.iter().any(|variable| name(variable) == name(inherited)));
    all.extend_from_slice(own);
    all
}

/// The line of the history for a layer.
pub(crate) fn line(layer: &Layer, created: Option<&String>) -> History {
    let mut line = History::default();
    line.set_created(created.cloned());
    line.set_created_by(Some("snakecrate image".to_owned()));
    line.set_comment(Some(layer.title.clone()));
    line
}
