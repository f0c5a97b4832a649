//! Manifests that refer to another one, such as bills of materials.

use snakecrate_image::spec::{ImageIndex, MediaType};
use snakecrate_image::{Digest, Document};

use crate::Error;
use crate::manifest::fallback_tag;
use crate::session::Session;

impl Session<'_> {
    /// Stores a manifest that has a subject. Where the registry keeps no list of referrers, a tag
    /// names one. Returns the number of bytes that were sent.
    pub(crate) fn attach(&self, referrer: &Document) -> Result<u64, Error> {
        let taken = self.store(referrer)?;
        let mut bytes = referrer.bytes.len() as u64;
        let manifest = referrer.manifest().map_err(|source| self.malformed(source))?;
        let subject = manifest.subject().as_ref().map(|subject| subject.digest().to_string());
        let Some(subject) = subject.as_deref().and_then(Digest::parse) else { return Ok(bytes) };
        if taken.lists_referrer || self.referrers(&subject)?.is_some() {
            return Ok(bytes);
        }
        let tag = fallback_tag(&subject);
        let mut index = match self.manifest(&tag)? {
            Some(list) => list.index().map_err(|source| self.malformed(source))?,
            None => empty_index(),
        };
        let known =
            |digest: &str| index.manifests().iter().any(|one| one.digest().to_string() == digest);
        if known(referrer.digest.as_str()) {
            return Ok(bytes);
        }
        let mut descriptor = referrer.descriptor();
        let kind = manifest.artifact_type().clone();
        descriptor.set_artifact_type(kind.or(Some(manifest.config().media_type().clone())));
        descriptor.set_annotations(manifest.annotations().clone());
        let mut all = index.manifests().clone();
        all.push(descriptor);
        index.set_manifests(all);
        let list = Document::of(&MediaType::ImageIndex, &index);
        bytes += list.bytes.len() as u64;
        self.store_as(&list, &tag)?;
        Ok(bytes)
    }

    /// The manifests that refer to `subject`.
    pub(crate) fn attached(&self, subject: &Digest) -> Result<Vec<Document>, Error> {
        let list = match self.referrers(subject)? {
            Some(list) => Some(list),
            None => self.manifest(&fallback_tag(subject))?,
        };
        let Some(list) = list else { return Ok(Vec::new()) };
        let index = list.index().map_err(|source| self.malformed(source))?;
        let mut found = Vec::new();
        for descriptor in index.manifests() {
            found.extend(self.manifest(descriptor.digest().as_ref())?);
        }
        Ok(found)
    }

    pub(crate) fn malformed(&self, source: snakecrate_image::Error) -> Error {
        Error::Image { registry: self.registry().into(), source }
    }
}

fn empty_index() -> ImageIndex {
    let mut index = ImageIndex::default();
    index.set_media_type(Some(MediaType::ImageIndex));
    index
}
