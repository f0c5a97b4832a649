//! An image as a whole: what a tag names, and everything that it refers to.

use std::collections::BTreeMap;
use std::io::Read as _;

use crate::spec::ImageConfiguration;
use crate::{Blob, Digest, Document, Error};

/// An image for one or several targets.
///
/// To push it: send the [blobs](Self::blobs), then the [manifests](Self::manifests) by digest, then
/// [`top`](Self::top) by tag, then the [referrers](Self::referrers) by digest.
#[derive(Debug, Clone)]
pub struct Image {
    /// What a tag names: an index if there are several manifests, else the manifest.
    pub top: Document,
    /// The manifests that the index refers to; none if `top` is the manifest itself.
    pub manifests: Vec<Document>,
    /// Manifests with a `subject`: the bill of materials of each manifest of the image.
    pub referrers: Vec<Document>,
    /// The blobs that all these manifests refer to, each once.
    pub blobs: BTreeMap<Digest, Blob>,
    /// The tag that it gets unless the user names another one: the version, in a tag's characters.
    pub tag: Option<String>,
}

impl Image {
    /// The manifests for hosts: those of the index, or the only one.
    pub fn host_manifests(&self) -> impl Iterator<Item = &Document> {
        let only = (!self.top.is_index()).then_some(&self.top);
        self.manifests.iter().chain(only)
    }

    /// Adds a blob, unless it is there.
    pub fn add(&mut self, blob: Blob) {
        self.blobs.entry(blob.digest.clone()).or_insert(blob);
    }

    /// The configuration of a manifest of this image.
    ///
    /// # Errors
    ///
    /// It is missing, or cannot be understood.
    pub fn configuration(&self, manifest: &Document) -> Result<ImageConfiguration, Error> {
        let blob = self.configuration_blob(manifest)?;
        serde_json::from_slice(&self.read(blob)?)
            .map_err(|source| Error::Malformed { digest: blob.digest.to_string(), source })
    }

    /// The blob of a manifest's configuration.
    pub(crate) fn configuration_blob(&self, manifest: &Document) -> Result<&Blob, Error> {
        let parsed = manifest.manifest()?;
        let digest = Digest::parse(parsed.config().digest().as_ref());
        let blob = digest.and_then(|digest| self.blobs.get(&digest));
        blob.ok_or_else(|| Error::Invalid {
            digest: manifest.digest.to_string(),
            reason: "its configuration is missing".to_owned(),
        })
    }

    /// The bytes of a small blob of this image.
    #[allow(clippy::unused_self, reason = "it is a blob of this image")]
    pub(crate) fn read(&self, blob: &Blob) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let read = blob.open().and_then(|mut reader| reader.read_to_end(&mut bytes));
        read.map_err(|source| Error::Read { path: blob.digest.as_str().into(), source })?;
        Ok(bytes)
    }
}
