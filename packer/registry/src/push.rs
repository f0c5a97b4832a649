//! Sending an image: blobs, manifests, the index, bills of materials, and the tag last.
//!
//! A tag is written when all that it names is there, so an interrupted push leaves no broken image.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::thread;

use snakecrate_base::ui::{Count, Progress};
use snakecrate_image::{Blob, Content, Digest, Document, Image};

use crate::Error;
use crate::pull;
use crate::record::Records;
use crate::reference::Reference;
use crate::session::{Access, Right, Session};
use crate::upload::{Arrival, Upload};

/// The number of blobs that are sent at a time, as docker does.
const AT_A_TIME: usize = 4;

/// How an image is sent.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Whether a tag that names another image is replaced.
    pub retag: bool,
    /// The image that has the layers whose bytes are elsewhere: the base, or the image that is rebased.
    pub source: Option<&'a Reference>,
}

/// What has become of the tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// It is new.
    Added,
    /// It named another image before.
    Replaced,
    /// It named this image before.
    Same,
}

/// An image that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// Its name, with the tag.
    pub reference: Reference,
    /// Its digest.
    pub digest: Digest,
    /// What has become of the tag.
    pub tag: Tag,
    /// The number of blobs that were there.
    pub present: usize,
    /// The number of blobs that the registry took from other repositories.
    pub mounted: usize,
    /// The number of blobs that were sent.
    pub sent: usize,
    /// The bytes of the blobs and manifests that were sent.
    pub bytes: u64,
}

/// Sends `image` to the repository of `reference`. The tag is that of `reference`, else the image's.
///
/// # Errors
///
/// There is no tag or it names another image, the registry refuses something or cannot be reached, or
/// a blob cannot be read.
pub fn push(
    image: &Image,
    reference: &Reference,
    options: Options<'_>,
    access: &Access,
) -> Result<Pushed, Error> {
    let tag = reference.tag().or(image.tag.as_deref()).ok_or_else(|| Error::NoTag {
        repository: format!("{}/{}", reference.registry(), reference.repository()),
    })?;
    let reference = reference.with_tag(tag);
    let session = Session::open(access, &reference, Right::Push)?;
    let push = Push { session: &session, image, reference: &reference, options };
    // Nothing is sent in vain.
    let before = push.check_tag()?;
    let mut pushed = Pushed {
        reference: reference.clone(),
        digest: image.top.digest.clone(),
        tag: before,
        present: 0,
        mounted: 0,
        sent: 0,
        bytes: 0,
    };
    if before == Tag::Same {
        return Ok(pushed);
    }
    push.send_blobs(&mut pushed)?;
    for document in image.manifests.iter().chain([&image.top]) {
        push.send_manifest(document, &mut pushed)?;
    }
    push.send_referrers(&mut pushed)?;
    // Somebody else may have written it meanwhile.
    pushed.tag = push.check_tag()?;
    if pushed.tag != Tag::Same {
        session.store_as(&image.top, tag)?;
        pushed.bytes += image.top.bytes.len() as u64;
    }
    Ok(pushed)
}

struct Push<'a> {
    session: &'a Session<'a>,
    image: &'a Image,
    reference: &'a Reference,
    options: Options<'a>,
}

impl Push<'_> {
    fn check_tag(&self) -> Result<Tag, Error> {
        let version = self.reference.version();
        let before = match self.session.tagged(version) {
            // A damaged tag can be replaced.
            Err(Error::Status { status: 500.., .. }) if self.options.retag => {
                return Ok(Tag::Replaced);
            }
            before => before?,
        };
        match before {
            None => Ok(Tag::Added),
            Some(digest) if digest == self.image.top.digest => Ok(Tag::Same),
            Some(_) if self.options.retag => Ok(Tag::Replaced),
            Some(digest) => Err(Error::TagTaken {
                reference: self.reference.to_string(),
                digest: digest.to_string(),
            }),
        }
    }

    /// Sends the blobs, several at a time. After the first failure no further one is begun.
    fn send_blobs(&self, pushed: &mut Pushed) -> Result<(), Error> {
        let access = self.session.access;
        let records = Records::new(access.records.as_deref(), self.session.registry());
        let total = self.image.blobs.values().map(|blob| blob.size).sum();
        let progress = access.ui.bytes("Pushing", total);
        // Large ones first, so that none is left alone at the end.
        let mut blobs: Vec<_> = self.image.blobs.values().collect();
        blobs.sort_by_key(|blob| std::cmp::Reverse(blob.size));
        let queue = Mutex::new(VecDeque::from(blobs));
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let work = || {
            let mut arrived = Vec::new();
            while let Some(blob) = next() {
                match self.send_blob(blob, &records, &progress) {
                    Ok(arrival) => arrived.push((blob, arrival)),
                    Err(error) => {
                        queue.lock().unwrap_or_else(PoisonError::into_inner).clear();
                        return Err(error);
                    }
                }
            }
            Ok(arrived)
        };
        let outcomes: Vec<_> = thread::scope(|scope| {
            let workers: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(work)).collect();
            let joined = workers.into_iter().map(thread::ScopedJoinHandle::join);
            joined
                .map(|joined| joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        for outcome in outcomes {
            for (blob, arrival) in outcome? {
                match arrival {
                    Arrival::Present => pushed.present += 1,
                    Arrival::Mounted(_) => pushed.mounted += 1,
                    Arrival::Sent => {
                        pushed.sent += 1;
                        pushed.bytes += blob.size;
                    }
                }
            }
        }
        Ok(())
    }

    fn send_blob(
        &self,
        blob: &Blob,
        records: &Records<'_>,
        progress: &Progress,
    ) -> Result<Arrival, Error> {
        let repository = self.session.repository();
        let mut candidates = records.repositories(&blob.digest);
        let source =
            self.options.source.filter(|source| source.registry() == self.session.registry());
        candidates.splice(0..0, source.map(|source| source.repository().to_owned()));
        candidates.retain(|name| name != repository);
        let upload = Upload { session: self.session, blob, candidates: &candidates, progress };
        let arrival = match upload.run()? {
            Some(arrival) => arrival,
            None => self.carry(blob, progress)?,
        };
        let ui = self.session.access.ui;
        let place = self.session.registry();
        match &arrival {
            Arrival::Present => ui.detail(format_args!("{} is at {place}", blob.digest)),
            Arrival::Mounted(from) => {
                ui.detail(format_args!("{} is mounted from {from}", blob.digest));
            }
            Arrival::Sent => {
                ui.detail(format_args!("{} is sent, {} bytes", blob.digest, blob.size));
            }
        }
        records.add(&blob.digest, repository);
        Ok(arrival)
    }

    /// Sends a blob whose bytes are at another registry, or in a repository it cannot be mounted from.
    fn carry(&self, blob: &Blob, progress: &Progress) -> Result<Arrival, Error> {
        let lacking = |source_image: String| Error::Elsewhere {
            registry: self.session.registry().into(),
            digest: blob.digest.to_string(),
            source_image,
        };
        let source = self.options.source.ok_or_else(|| lacking("its base image".into()))?;
        let access = self.session.access;
        let session = Session::open(access, source, Right::Pull)?;
        let aside = snakecrate_base::temporary::directory_in(&std::env::temp_dir())
            .map_err(|source| Error::Write { path: std::env::temp_dir(), source })?;
        let path = aside.path().join(blob.digest.hex());
        pull::download(&session, blob, &path)?;
        let here = Blob { content: Content::File(path), ..blob.clone() };
        let upload = Upload { session: self.session, blob: &here, candidates: &[], progress };
        upload.run()?.ok_or_else(|| lacking(source.to_string()))
    }

    fn send_manifest(&self, document: &Document, pushed: &mut Pushed) -> Result<(), Error> {
        self.session.store(document)?;
        pushed.bytes += document.bytes.len() as u64;
        Ok(())
    }

    /// Sends the manifests that refer to those of the image. A registry that refuses them keeps the
    /// image without its bill of materials.
    fn send_referrers(&self, pushed: &mut Pushed) -> Result<(), Error> {
        let mut refused = Vec::new();
        for referrer in &self.image.referrers {
            match self.session.attach(referrer) {
                Ok(bytes) => pushed.bytes += bytes,
                Err(error) if matches!(error.status(), Some(400..=499)) => refused.push(error),
                Err(error) => return Err(error),
            }
        }
        if let Some(first) = refused.first() {
            self.session.access.ui.warn(format_args!(
                "{} takes the image, but not {}: {first}",
                self.session.registry(),
                Count(refused.len(), "bill of materials"),
            ));
        }
        Ok(())
    }
}
