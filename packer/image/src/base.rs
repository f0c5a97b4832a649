//! Base images: layers of another image below one's own.

use std::collections::BTreeMap;

use crate::compression::oci_type;
use crate::layer::Layer;
use crate::spec::{
    ANNOTATION_BASE_IMAGE_DIGEST, ANNOTATION_BASE_IMAGE_NAME, Arch, History, ImageConfiguration,
};
use crate::{Blob, Digest, Document, Error, Image};

/// An image that another one is put on.
#[derive(Debug, Clone)]
pub struct Base {
    /// The name that the user gave.
    name: String,
    manifest: Document,
    config: ImageConfiguration,
    blobs: BTreeMap<Digest, Blob>,
}

impl Base {
    /// The part of `image` for hosts with a processor of `architecture`. The image needs the bytes of
    /// its configurations; its layers may be elsewhere.
    ///
    /// # Errors
    ///
    /// The image has no such part, or cannot be understood.
    pub fn of(image: &Image, name: &str, architecture: &Arch) -> Result<Self, Error> {
        for manifest in image.host_manifests() {
            let config = image.configuration(manifest)?;
            if config.architecture() == architecture {
                let (manifest, blobs) = (manifest.clone(), image.blobs.clone());
                return Ok(Self { name: name.to_owned(), manifest, config, blobs });
            }
        }
        Err(Error::BaseTarget { base: name.to_owned(), architecture: architecture.to_string() })
    }

    /// Its layers.
    pub(crate) fn layers(&self, architecture: &Arch) -> Result<Vec<Layer>, Error> {
        if self.config.architecture() != architecture {
            let architecture = architecture.to_string();
            return Err(Error::BaseTarget { base: self.name.clone(), architecture });
        }
        layers(&self.manifest, &self.config, &self.blobs)
    }

    /// The history of its layers.
    pub(crate) fn history(&self) -> Vec<History> {
        self.config.history().clone().unwrap_or_default()
    }

    /// Its variables.
    pub(crate) fn variables(&self) -> Vec<String> {
        let config = self.config.config().as_ref();
        config.and_then(|config| config.env().clone()).unwrap_or_default()
    }

    /// The annotations that name it in an image on top of it.
    pub(crate) fn annotations(&self) -> BTreeMap<String, String> {
        let digest = self.manifest.digest.to_string();
        BTreeMap::from([
            (ANNOTATION_BASE_IMAGE_NAME.to_owned(), self.name.clone()),
            (ANNOTATION_BASE_IMAGE_DIGEST.to_owned(), digest),
        ])
    }
}

/// The layers of a manifest, with their blobs as `blobs` has them.
pub(crate) fn layers(
    manifest: &Document,
    config: &ImageConfiguration,
    blobs: &BTreeMap<Digest, Blob>,
) -> Result<Vec<Layer>, Error> {
    let invalid = |reason: &str| Error::Invalid {
        digest: manifest.digest.to_string(),
        reason: reason.to_owned(),
    };
    let parsed = manifest.manifest()?;
    let diff_ids = config.rootfs().diff_ids();
    if diff_ids.len() != parsed.layers().len() {
        return Err(invalid("its configuration has another number of layers"));
    }
    let pairs = parsed.layers().iter().zip(diff_ids);
    let layer = |(descriptor, diff_id): (&crate::spec::Descriptor, &String)| {
        let digest = Digest::parse(descriptor.digest().as_ref());
        let blob = digest.and_then(|digest| blobs.get(&digest));
        let blob = blob.ok_or_else(|| invalid("a layer of it is missing"))?;
        let media_type = oci_type(descriptor.media_type().as_ref())?.to_owned();
        let annotations = descriptor.annotations().clone().unwrap_or_default();
        Ok(Layer {
            blob: Blob { media_type, ..blob.clone() },
            diff_id: Digest::parse(diff_id).ok_or_else(|| invalid("a digest isn't SHA-256"))?,
            title: String::new(),
            annotations: annotations.into_iter().collect(),
        })
    };
    pairs.map(layer).collect()
}
