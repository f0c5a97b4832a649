//! The walk through a component's blobs, which compares them with its listing.
//!
//! Several workers share a [`Walk`]: each blob is walked by one of them, in any order. Names, kinds
//! and sizes are compared here; a [`Sink`] receives the contents.

use std::io::{self, BufRead, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::digest::FileDigest;
use crate::listing::{Item, Listing, Mismatch, Node};
use crate::manifest::Component;
use crate::payload::{BadPayload, Memory, Payload};
use crate::tar::{Kind, Reader};

/// Receives the files of a component.
pub trait Sink: Sync {
    /// Why a file could not be taken. Faults of the archive arrive as [`BadPayload`]; all others
    /// are the sink's own.
    type Error: From<BadPayload>;

    /// Takes a file whose path, kind and size are those of `item`. The walk skips contents that the
    /// sink does not read.
    fn file(&self, item: &Item, contents: &mut Contents<'_, '_>) -> Result<(), Self::Error>;
}

/// Compares the digest of every file with the listing's.
#[derive(Debug, Clone, Copy)]
pub struct Compare;

impl Sink for Compare {
    type Error = BadPayload;

    fn file(&self, item: &Item, contents: &mut Contents<'_, '_>) -> Result<(), BadPayload> {
        let mut hasher = blake3::Hasher::new();
        contents.each(|bytes| {
            hasher.update(bytes);
            Ok::<_, BadPayload>(())
        })?;
        contents.compare(item, &hasher)
    }
}

/// A component whose blobs are being walked.
#[derive(Debug)]
pub struct Walk<'a> {
    component: &'a Component,
    listing: &'a Listing,
    /// For each item of the listing, whether a blob had it.
    seen: Vec<AtomicBool>,
}

impl<'a> Walk<'a> {
    /// A walk that has seen nothing yet. `listing` is that of `component`.
    pub fn new(component: &'a Component, listing: &'a Listing) -> Self {
        let seen = listing.items().iter().map(|_| AtomicBool::new(false)).collect();
        Self { component, listing, seen }
    }

    /// The component.
    pub fn component(&self) -> &'a Component {
        self.component
    }

    /// Its listing.
    pub fn listing(&self) -> &'a Listing {
        self.listing
    }

    /// Walks blob `index`: every file in it goes to `sink`.
    ///
    /// # Errors
    ///
    /// A damaged archive, a blob that differs from the listing, and the sink's errors.
    pub fn blob<S: Sink>(
        &self,
        payload: &Payload,
        index: usize,
        memory: &mut Memory,
        sink: &S,
    ) -> Result<(), S::Error> {
        payload.blob(self.component, index, memory, |tar| {
            let blame = Blame { component: self.component, index };
            let mut tar = Reader::new(tar);
            while let Some((item, is_file)) = self.next(&mut tar, blame)? {
                if is_file {
                    sink.file(item, &mut Contents { tar: &mut tar, blame })?;
                }
            }
            Ok(())
        })
    }

    /// Reads the next entry and compares it with its item of the listing. Returns the item, and
    /// whether it is a file.
    fn next(
        &self,
        tar: &mut Reader<&mut dyn BufRead>,
        blame: Blame<'_>,
    ) -> Result<Option<(&'a Item, bool)>, BadPayload> {
        let entry = tar.next_entry().map_err(|error| BadPayload::Tar(blame.member(), error))?;
        let Some(entry) = entry else { return Ok(None) };
        let path = entry.path.as_str();
        let at =
            self.listing.find(path).ok_or_else(|| blame.on(Mismatch::Unlisted(path.into())))?;
        if self.seen[at].swap(true, Ordering::Relaxed) {
            return Err(blame.on(Mismatch::Twice(path.into())));
        }
        let item = &self.listing.items()[at];
        match (&entry.kind, &item.node) {
            (&Kind::File { executable, size }, Node::File { mode, size: listed, .. })
                if size == *listed && executable == mode.is_executable() =>
            {
                Ok(Some((item, true)))
            }
            (Kind::Link(target), Node::Link(listed)) if target == listed => Ok(Some((item, false))),
            _ => Err(blame.on(Mismatch::Differs(path.into()))),
        }
    }

    /// Checks, after all blobs, that each item of the listing was in one of them.
    pub fn finish(&self) -> Result<(), BadPayload> {
        match self.seen.iter().position(|seen| !seen.load(Ordering::Relaxed)) {
            None => Ok(()),
            Some(at) => {
                let missing = Mismatch::Missing(self.listing.items()[at].path.as_str().into());
                Err(BadPayload::Mismatch(self.component.tree_member(), missing))
            }
        }
    }
}

/// The contents of one file in a blob.
pub struct Contents<'a, 't> {
    tar: &'a mut Reader<&'t mut dyn BufRead>,
    blame: Blame<'a>,
}

impl Contents<'_, '_> {
    /// Gives all contents to `take`, piece by piece and without copying them.
    ///
    /// # Errors
    ///
    /// [`BadPayload`] if the archive cannot be read, and the errors of `take`.
    pub fn each<E: From<BadPayload>>(
        &mut self,
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            let bytes = match self.tar.fill_buf() {
                Ok([]) => return Ok(()),
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(BadPayload::Contents(self.blame.member(), error).into()),
            };
            take(bytes)?;
            let length = bytes.len();
            self.tar.consume(length);
        }
    }

    /// Compares the digest in the listing with `read`, the hash of all contents of `item`.
    pub fn compare(&self, item: &Item, read: &blake3::Hasher) -> Result<(), BadPayload> {
        match &item.node {
            Node::File { digest, .. } if FileDigest::from_hash(&read.finalize()) == *digest => {
                Ok(())
            }
            _ => Err(self.blame.on(Mismatch::Differs(item.path.as_str().into()))),
        }
    }
}

/// For sinks that pass a reader on. They cannot distinguish errors of the archive from other
/// errors; use [`Contents::each`] where that matters.
impl Read for Contents<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tar.read(buffer)
    }
}

/// The blob that an error message names.
#[derive(Clone, Copy)]
struct Blame<'a> {
    component: &'a Component,
    index: usize,
}

impl Blame<'_> {
    fn member(self) -> String {
        self.component.blob_member(self.index)
    }

    fn on(self, mismatch: Mismatch) -> BadPayload {
        BadPayload::Mismatch(self.member(), mismatch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::entry_path::EntryPath;
    use crate::listing::Mode;
    use crate::manifest::{Member, sample::sample};
    use crate::payload::ReadAt;
    use crate::record::BootRecord;
    use crate::tar::{END, header, padding};

    struct Bytes(Vec<u8>);

    impl ReadAt for Bytes {
        fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
            let start = usize::try_from(offset).unwrap();
            buffer.copy_from_slice(&self.0[start..start + buffer.len()]);
            Ok(())
        }

        fn length(&self) -> io::Result<u64> {
            Ok(self.0.len() as u64)
        }
    }

    fn item(path: &str, contents: &[u8]) -> Item {
        let (size, digest) = (contents.len() as u64, FileDigest::of(contents));
        let node = Node::File { mode: Mode::Plain, size, digest };
        Item { path: EntryPath::new(path).unwrap(), node }
    }

    /// A path and contents.
    type Named<'a> = (&'a str, &'a [u8]);

    /// Walks one blob with these files against a listing of those.
    fn walked(files: &[Named<'_>], listed: &[Named<'_>]) -> Result<(), String> {
        let mut tar = Vec::new();
        for (path, contents) in files {
            let item = item(path, contents);
            tar.extend(header(&item.path, &item.node));
            tar.extend(*contents);
            tar.resize(tar.len() + padding(contents.len() as u64), 0);
        }
        tar.extend(END);
        let mut packed = vec![0; zstd_safe::compress_bound(tar.len())];
        let length = zstd_safe::compress(&mut packed[..], &tar, 3).unwrap();
        packed.truncate(length);
        let mut component = sample().components[0].clone();
        let (length, unpacked) = (packed.len() as u64, tar.len() as u64);
        component.blobs = vec![Member { offset: 0, length, unpacked, blake3: Digest::of(&packed) }];
        let record = BootRecord {
            manifest_offset: 0,
            manifest_length: 0,
            archive_length: length,
            manifest_digest: Digest::of(b""),
            signature: None,
            runtime: None,
            graphical: false,
        };
        let listing = Listing::new(listed.iter().map(|(path, text)| item(path, text)).collect());
        let listing = listing.unwrap();
        let payload = Payload::new(Bytes(packed), record).unwrap();
        let walk = Walk::new(&component, &listing);
        walk.blob(&payload, 0, &mut Memory::default(), &Compare)
            .and_then(|()| walk.finish())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn each_difference_from_the_listing_is_named() {
        let (a, b): (Named<'_>, Named<'_>) = (("a", b"1"), ("b", b"22"));
        assert_eq!(walked(&[a, b], &[a, b]), Ok(()));
        let refused =
            |files: &[Named<'_>], listed: &[Named<'_>]| walked(files, listed).unwrap_err();
        assert!(refused(&[a, b], &[a]).ends_with("`b` is not in the listing"));
        assert!(refused(&[a], &[a, b]).ends_with("tree.zst: `b` is in no blob"));
        assert!(refused(&[a, a], &[a]).ends_with("`a` is there twice"));
        let same_size: Named<'_> = ("a", b"2");
        assert!(refused(&[a], &[same_size]).ends_with("`a` is not as the listing has it"));
        assert!(refused(&[a], &[("a", b"longer")]).ends_with("`a` is not as the listing has it"));
    }

    #[test]
    fn an_error_of_the_sink_stays_the_sinks() {
        struct Full;
        #[derive(Debug, PartialEq)]
        enum Stop {
            Archive,
            Disk,
        }
        impl From<BadPayload> for Stop {
            fn from(_: BadPayload) -> Self {
                Self::Archive
            }
        }
        impl Sink for Full {
            type Error = Stop;

            fn file(&self, _: &Item, contents: &mut Contents<'_, '_>) -> Result<(), Stop> {
                contents.each(|_| Err(Stop::Disk))
            }
        }
        let (component, listing) = (sample().components[0].clone(), [item("a", b"1")]);
        let blame = Blame { component: &component, index: 0 };
        let take = |bytes: &[u8]| {
            let mut bytes = bytes;
            let mut tar = Reader::new(&mut bytes as &mut dyn BufRead);
            tar.next_entry().unwrap();
            Full.file(&listing[0], &mut Contents { tar: &mut tar, blame })
        };
        let mut whole = header(&listing[0].path, &listing[0].node);
        assert_eq!(take(&whole), Err(Stop::Archive), "the contents are missing");
        whole.push(b'1');
        assert_eq!(take(&whole), Err(Stop::Disk));
    }
}
