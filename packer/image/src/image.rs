//! An image as a whole: what a tag names, and everything that it refers to.

use std::collections::BTreeMap;

use crate::{Blob, Digest, Document};

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
}
