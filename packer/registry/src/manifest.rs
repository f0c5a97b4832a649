//! Manifests and tags of a repository.

use snakecrate_image::spec::MediaType;
use snakecrate_image::{Digest, Document};
use ureq::http::Method;

use crate::Error;
use crate::session::{Call, Content, Session};

/// What is accepted when a manifest is asked for: OCI's and docker's manifests and indexes.
const ACCEPTED: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// The header of an answer of a registry that lists a manifest among the referrers of its subject.
const SUBJECT: &str = "oci-subject";

/// The header with the digest of a manifest.
const DIGEST: &str = "docker-content-digest";

/// What a registry says when it has taken a manifest.
pub(crate) struct Taken {
    /// It lists it as a referrer.
    pub(crate) lists_referrer: bool,
}

impl Session<'_> {
    /// The name of a manifest in messages.
    fn named(&self, version: &str) -> String {
        let sign = if version.contains(':') { '@' } else { ':' };
        format!("{}{sign}{version}", self.repository())
    }

    /// The manifest with this tag or digest; `None` if there is none. Its digest is compared with
    /// `version` if that is one.
    pub(crate) fn manifest(&self, version: &str) -> Result<Option<Document>, Error> {
        let url = self.url(&format!("manifests/{version}"))?;
        let doing = format!("read {}", self.named(version));
        let mut call = Call::new(Method::GET, url, &doing);
        call.headers = &[("accept", ACCEPTED)];
        self.access.persist(|_| {
            let answer = self.send(&call)?;
            match answer.status().as_u16() {
                200 => {}
                404 => return Ok(None),
                _ => return Err(self.refused(answer, &doing)),
            }
            let media_type = answer.header("content-type").unwrap_or_default();
            let media_type = media_type.split(';').next().unwrap_or_default().trim().to_owned();
            let bytes =
                answer.document().map_err(|error| self.network(&doing, ureq::Error::Io(error)))?;
            let document = Document::new(media_type, bytes);
            if version.contains(':') && document.digest.as_str() != version {
                let what = format!("the manifest {version}");
                return Err(Error::Damaged { registry: self.registry().into(), what });
            }
            Ok(Some(document))
        })
    }

    /// The digest of what a tag names; `None` if there is no such tag.
    pub(crate) fn tagged(&self, tag: &str) -> Result<Option<Digest>, Error> {
        let url = self.url(&format!("manifests/{tag}"))?;
        let doing = format!("look for {}", self.named(tag));
        let mut call = Call::new(Method::HEAD, url, &doing);
        call.headers = &[("accept", ACCEPTED)];
        let answer = self.persist(&call)?;
        match answer.status().as_u16() {
            200 => {}
            404 => return Ok(None),
            _ => return Err(self.refused(answer, &doing)),
        }
        match answer.header(DIGEST).and_then(Digest::parse) {
            Some(digest) => Ok(Some(digest)),
            None => Ok(self.manifest(tag)?.map(|document| document.digest)),
        }
    }

    /// Stores a manifest under its digest, and reads it again: a registry that was killed while it
    /// wrote may have half of it, and would not write it a second time.
    pub(crate) fn store(&self, document: &Document) -> Result<Taken, Error> {
        let digest = document.digest.as_str();
        let taken = self.store_as(document, digest)?;
        match self.manifest(digest)? {
            Some(stored) if stored.bytes == document.bytes => Ok(taken),
            _ => {
                let what = format!("the manifest {digest}");
                Err(Error::Damaged { registry: self.registry().into(), what })
            }
        }
    }

    /// Stores a manifest under a tag or its digest.
    pub(crate) fn store_as(&self, document: &Document, version: &str) -> Result<Taken, Error> {
        let url = self.url(&format!("manifests/{version}"))?;
        let doing = format!("store {}", self.named(version));
        let headers = [("content-type", document.media_type.as_str())];
        let mut call = Call::new(Method::PUT, url, &doing);
        call.headers = &headers;
        call.content = Content::Bytes(&document.bytes);
        let answer = self.persist(&call)?;
        if !matches!(answer.status().as_u16(), 200..=202 | 204) {
            return Err(self.refused(answer, &doing));
        }
        Ok(Taken { lists_referrer: answer.header(SUBJECT).is_some() })
    }

    /// The referrers of a manifest, as an index; `None` if the registry has no such list. Then
    /// [`fallback_tag`] may name one.
    pub(crate) fn referrers(&self, subject: &Digest) -> Result<Option<Document>, Error> {
        let doing = format!("read the referrers of {subject}");
        let call = Call::new(Method::GET, self.url(&format!("referrers/{subject}"))?, &doing);
        let answer = self.persist(&call)?;
        if answer.status() != 200 {
            return Ok(None);
        }
        let bytes =
            answer.document().map_err(|error| self.network(&doing, ureq::Error::Io(error)))?;
        let document = Document::new(MediaType::ImageIndex.to_string(), bytes);
        // Some servers answer every address with a page.
        Ok(document.index().is_ok().then_some(document))
    }
}

/// The tag of the list of referrers at registries that keep none (distribution specification,
/// "Unavailable Referrers API").
pub(crate) fn fallback_tag(subject: &Digest) -> String {
    format!("sha256-{}", subject.hex())
}
