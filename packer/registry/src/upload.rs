//! A blob's way into a repository: it is there, is mounted from another one, or is sent.
//!
//! It is sent by one `PUT`, which all registries take. A proxy that refuses requests of that size, or
//! breaks them off, gets it in parts (`PATCH`).

use std::io::Read;

use snakecrate_base::ui::Progress;
use snakecrate_image::{Blob, Content as Bytes};
use ureq::http::Method;
use url::Url;

use crate::Error;
use crate::http::Answer;
use crate::session::{Call, Content, Session};

/// The size of a part in bytes. Proxies of common providers let 100 MB pass.
pub(crate) const PART: u64 = 32 << 20;

/// The number of repositories that a blob is mounted from by trial.
const MOUNT_TRIALS: usize = 3;

/// The way a blob has come into the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// It was there.
    Present,
    /// The registry took it from this repository of its own.
    Mounted(String),
    /// It was sent.
    Sent,
}

/// A blob that is to be in the repository.
pub(crate) struct Upload<'a> {
    /// The repository.
    pub(crate) session: &'a Session<'a>,
    /// The blob.
    pub(crate) blob: &'a Blob,
    /// Repositories that may have it.
    pub(crate) candidates: &'a [String],
    /// The bytes that have been sent.
    pub(crate) progress: &'a Progress,
}

impl Upload<'_> {
    /// Gets the blob into the repository. `None` if it isn't there and its bytes aren't here.
    ///
    /// # Errors
    ///
    /// The registry refuses it or cannot be reached, or its file cannot be read.
    pub(crate) fn run(&self) -> Result<Option<Arrival>, Error> {
        let mut in_parts = false;
        self.session.access.persist(|attempt| {
            let outcome = self.attempt(attempt, &mut in_parts);
            // Many proxies close the connection instead of a proper answer.
            in_parts |= attempt > 1 && self.blob.size > PART && outcome.is_err();
            outcome
        })
    }

    fn attempt(&self, attempt: u32, in_parts: &mut bool) -> Result<Option<Arrival>, Error> {
        if self.is_present(attempt > 1)? {
            self.progress.advance(self.blob.size);
            return Ok(Some(Arrival::Present));
        }
        let place = match self.mount()? {
            Mount::Done(repository) => {
                self.progress.advance(self.blob.size);
                return Ok(Some(Arrival::Mounted(repository)));
            }
            Mount::Place(url) => Some(url),
            Mount::No => None,
        };
        if matches!(self.blob.content, Bytes::Elsewhere) {
            if let Some(unused) = place {
                self.cancel(unused);
            }
            return Ok(None);
        }
        if !*in_parts {
            match self.put(self.place(place.clone())?) {
                Err(Error::Status { status: 413, .. }) => *in_parts = true,
                outcome => return outcome.map(|()| Some(Arrival::Sent)),
            }
        }
        match self.put_in_parts(self.place(None)?) {
            // This registry knows no parts.
            Err(Error::Status { status: 400 | 404 | 405 | 415 | 416 | 501, ref codes, .. })
                if !codes.contains("BLOB_UPLOAD_") =>
            {
                *in_parts = false;
                self.put(self.place(None)?)
            }
            outcome => outcome,
        }
        .map(|()| Some(Arrival::Sent))
    }

    fn doing(&self) -> String {
        format!("store {}", self.blob.digest)
    }

    /// Whether the registry has the blob, complete. `insists` if it may be damaged: then only a clear
    /// answer counts.
    fn is_present(&self, insists: bool) -> Result<bool, Error> {
        let url = self.session.url(&format!("blobs/{}", self.blob.digest))?;
        let doing = format!("look for {}", self.blob.digest);
        let answer = self.session.send(&Call::new(Method::HEAD, url, &doing))?;
        match answer.status().as_u16() {
            200 => Ok(answer.length().is_none_or(|length| length == self.blob.size)),
            401 | 403 => Err(self.session.refused(answer, &doing)),
            408 | 429 | 500.. if !insists => Err(self.session.refused(answer, &doing)),
            _ => Ok(false),
        }
    }

    /// Asks for the blob from other repositories.
    fn mount(&self) -> Result<Mount, Error> {
        let mut place = Mount::No;
        for from in self.candidates.iter().take(MOUNT_TRIALS) {
            let mut url = self.session.url("blobs/uploads/")?;
            url.query_pairs_mut()
                .append_pair("mount", self.blob.digest.as_str())
                .append_pair("from", from);
            let doing = self.doing();
            let mut call = Call::new(Method::POST, url, &doing);
            call.content = Content::Bytes(b"");
            call.reads = Some(from);
            let answer = match self.session.send(&call) {
                Ok(answer) => answer,
                Err(error) if error.is_transient() => return Err(error),
                // The server of tokens doesn't let this user read the other repository.
                Err(_) => continue,
            };
            match answer.status().as_u16() {
                201 => return Ok(Mount::Done(from.clone())),
                202 => {
                    let new = self.session.location(&answer)?;
                    if let Mount::Place(unused) = std::mem::replace(&mut place, Mount::Place(new)) {
                        self.cancel(unused);
                    }
                }
                _ => {}
            }
        }
        Ok(place)
    }

    /// Gives an upload up that isn't needed. The registry forgets it by itself otherwise.
    fn cancel(&self, place: Url) {
        let _ = self.session.send(&Call::new(Method::DELETE, place, "cancel an upload"));
    }

    /// The address that the blob is sent to: the given one, or a new one.
    fn place(&self, given: Option<Url>) -> Result<Url, Error> {
        if let Some(given) = given {
            return Ok(given);
        }
        let doing = self.doing();
        let mut call = Call::new(Method::POST, self.session.url("blobs/uploads/")?, &doing);
        call.content = Content::Bytes(b"");
        let answer = self.session.send(&call)?;
        self.expect(answer, 202).and_then(|answer| self.session.location(&answer))
    }

    fn put(&self, place: Url) -> Result<(), Error> {
        let doing = self.doing();
        let open = || Ok(Box::new(self.counted(self.blob.open()?)) as Box<dyn Read + '_>);
        self.finish(place, Content::Open(&open, self.blob.size), &doing)
    }

    fn put_in_parts(&self, mut place: Url) -> Result<(), Error> {
        let doing = self.doing();
        let mut start = 0;
        while start < self.blob.size {
            let length = PART.min(self.blob.size - start);
            let open = || {
                let mut reader = self.blob.open()?;
                std::io::copy(&mut reader.by_ref().take(start), &mut std::io::sink())?;
                Ok(Box::new(self.counted(reader.take(length))) as Box<dyn Read + '_>)
            };
            let range = format!("{start}-{}", start + length - 1);
            let headers =
                [("content-type", "application/octet-stream"), ("content-range", &*range)];
            let mut call = Call::new(Method::PATCH, place, &doing);
            call.headers = &headers;
            call.content = Content::Open(&open, length);
            let answer = self.expect(self.session.send(&call)?, 202)?;
            place = self.session.location(&answer)?;
            start += length;
        }
        self.finish(place, Content::Bytes(b""), &doing)
    }

    fn finish<'b>(
        &self,
        mut place: Url,
        content: Content<'b>,
        doing: &'b str,
    ) -> Result<(), Error> {
        place.query_pairs_mut().append_pair("digest", self.blob.digest.as_str());
        let mut call = Call::new(Method::PUT, place, doing);
        call.headers = &[("content-type", "application/octet-stream")];
        call.content = content;
        let answer = self.session.send(&call)?;
        // Some registries answer 204.
        if answer.status() == 204 {
            return Ok(());
        }
        self.expect(answer, 201).map(drop)
    }

    fn expect(&self, answer: Answer, status: u16) -> Result<Answer, Error> {
        if answer.status() == status {
            return Ok(answer);
        }
        Err(self.session.refused(answer, &self.doing()))
    }

    fn counted<R: Read>(&self, inner: R) -> Counted<'_, R> {
        Counted { inner, progress: self.progress }
    }
}

/// The outcome of mounting.
enum Mount {
    /// The registry has taken the blob from this repository.
    Done(String),
    /// It hasn't, and gives the address for sending it.
    Place(Url),
    /// It hasn't.
    No,
}

/// A reader that advances a bar.
struct Counted<'a, R> {
    inner: R,
    progress: &'a Progress,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.progress.advance(count as u64);
        Ok(count)
    }
}
