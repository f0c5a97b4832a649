//! The payload of an open archive. Every byte is checked against its digest before it is used.
//! Long blobs are the exception: they are hashed while they are decoded. See [`Payload::blob`].

use std::fmt;
use std::io::{self, BufRead, Read, Seek, SeekFrom};

use crate::digest::Digest;
use crate::listing::{BadListing, Listing, Mismatch};
use crate::manifest::{BadManifest, Component, Feature, Kind, Manifest, Member};
use crate::record::BootRecord;
use crate::tar::BadTar;
use crate::zstd::{Context, Decoder, fill};

/// The greatest unpacked length in bytes of a blob that is decoded in memory. Only a blob that
/// holds one long file is longer.
const SHORT: u64 = 4 << 20;
/// The greatest packed length of such a blob in bytes.
const SHORT_PACKED: u64 = 2 << 20;
/// Bytes of a longer blob that are decoded, and written, at a time. Larger pieces are cheaper to write: the file
/// system allocates more pages at once.
const STREAM_BUFFER: usize = 512 << 10;

/// A file that several threads read at the same time, each at its own offsets.
pub trait ReadAt: Send + Sync {
    /// Fills `buffer` with the bytes from `offset` on. Fails if the file ends before that.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
    /// Its length in bytes.
    fn length(&self) -> io::Result<u64>;
}

/// An archive whose boot record is known. One open file serves all reads, and another one those of
/// the runtime, if that is in a file of its own.
pub struct Payload {
    file: Box<dyn ReadAt>,
    record: BootRecord,
    runtime: Option<Box<Self>>,
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload").field("record", &self.record).finish_non_exhaustive()
    }
}

/// Why something in an archive cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadPayload {
    /// The file is shorter than the record says.
    #[error("this file is incomplete: it has {have} bytes of {need}")]
    Truncated {
        /// The length of the file in bytes.
        have: u64,
        /// The length in the record, in bytes.
        need: u64,
    },
    /// A digest does not match.
    #[error("this file is damaged: {0} is not what was packed")]
    Digest(String),
    /// The digest matches, but the contents cannot be decoded.
    #[error("this file is damaged: {0}: {1}")]
    Contents(String, io::Error),
    /// A blob is not a tar of the format's subset.
    #[error("this file is damaged: {0}: {1}")]
    Tar(String, BadTar),
    /// A blob, or all of them together, differ from the listing.
    #[error("this file is damaged: {0}: {1}")]
    Mismatch(String, Mismatch),
    /// The manifest cannot be used.
    #[error(transparent)]
    Manifest(#[from] BadManifest),
    /// A listing cannot be used.
    #[error("this file is damaged: {0}: {1}")]
    Listing(String, BadListing),
    /// The operating system failed to read.
    #[error("cannot read the archive: {0}")]
    Read(#[from] io::Error),
}

impl BadPayload {
    /// Whether a member of a runtime file is damaged, if that is read together with an archive.
    pub fn is_in_runtime_file(&self) -> bool {
        let member = match self {
            Self::Digest(member)
            | Self::Contents(member, _)
            | Self::Tar(member, _)
            | Self::Mismatch(member, _)
            | Self::Listing(member, _) => member,
            Self::Truncated { .. } | Self::Manifest(_) | Self::Read(_) => return false,
        };
        let folder = member.strip_prefix("components/").unwrap_or_default();
        let kinds = [Kind::Runtime, Kind::Part, Kind::CLibrary];
        kinds.iter().any(|kind| folder.starts_with(&format!("{}-", kind.as_str())))
    }
}

impl Payload {
    /// Takes an open archive and checks that it is at least as long as its record says.
    pub fn new(file: impl ReadAt + 'static, record: BootRecord) -> Result<Self, BadPayload> {
        let (have, need) = (file.length()?, record.archive_length);
        if have < need {
            return Err(BadPayload::Truncated { have, need });
        }
        Ok(Self { file: Box::new(file), record, runtime: None })
    }

    /// With the payload of the runtime file: components of the runtime are read from there.
    #[must_use]
    pub fn with_runtime(self, runtime: Self) -> Self {
        Self { runtime: Some(Box::new(runtime)), ..self }
    }

    /// The payload of the runtime file.
    pub fn runtime(&self) -> Option<&Self> {
        self.runtime.as_deref()
    }

    /// The name of its environment in the cache.
    pub fn key(&self) -> String {
        self.record.key(self.runtime().map(Self::record))
    }

    /// The payload that has the members of `component`.
    fn of(&self, component: &Component) -> &Self {
        self.runtime().filter(|_| component.kind.is_in_runtime_file()).unwrap_or(self)
    }

    /// The record it was opened with.
    pub fn record(&self) -> &BootRecord {
        &self.record
    }

    /// Reads the manifest and checks its digest. `known` has the features that the reader knows.
    pub fn manifest(&self, known: &[Feature]) -> Result<Manifest, BadPayload> {
        let (bytes, record) = (self.manifest_bytes()?, &self.record);
        let manifest = Manifest::parse(&bytes, record.archive_length, known)?;
        // The packer compares the name as well.
        if manifest.is_without_runtime() != record.runtime.is_some() {
            let what = "the boot record names another runtime file".into();
            return Err(BadManifest::Nonsense(what).into());
        }
        Ok(manifest)
    }

    /// Reads the bytes of the manifest and checks their digest.
    pub fn manifest_bytes(&self) -> Result<Vec<u8>, BadPayload> {
        let record = &self.record;
        let bytes = self.read(record.manifest_offset, record.manifest_length)?;
        if Digest::of(&bytes) != record.manifest_digest {
            return Err(BadPayload::Digest("its manifest".into()));
        }
        Ok(bytes)
    }

    /// Reads a component's packed listing, as the cache stores it, and checks its digest.
    pub fn packed_listing(&self, component: &Component) -> Result<Vec<u8>, BadPayload> {
        let member = &component.tree;
        let bytes = self.of(component).read(member.offset, member.length)?;
        if Digest::of(&bytes) != member.blake3 {
            return Err(BadPayload::Digest(component.tree_member()));
        }
        Ok(bytes)
    }

    /// Reads a component's listing and checks it against the component: see [`unpack_listing`].
    pub fn listing(&self, component: &Component) -> Result<Listing, BadPayload> {
        unpack_listing(component, &self.packed_listing(component)?)
    }

    /// Decodes blob `index` of `component`, a tar, and gives it to `visit`.
    ///
    /// Every byte is read once. A short blob is read into memory and hashed before it is decoded. A
    /// longer one is hashed while it is decoded, so discard the results of `visit` if this returns
    /// an error.
    ///
    /// # Errors
    ///
    /// A wrong digest comes before all errors of the decoder and of `visit`, which it may have
    /// caused.
    pub fn blob<E: From<BadPayload>>(
        &self,
        component: &Component,
        index: usize,
        memory: &mut Memory,
        visit: impl FnOnce(&mut dyn BufRead) -> Result<(), E>,
    ) -> Result<(), E> {
        let (payload, member) = (self.of(component), &component.blobs[index]);
        let damaged = || E::from(BadPayload::Digest(component.blob_member(index)));
        if member.length <= SHORT_PACKED && member.unpacked <= SHORT {
            let tar = memory.decode(payload, member).map_err(|error| match error {
                Short::Read(error) => E::from(error),
                Short::Digest => damaged(),
                Short::Contents(error) => {
                    BadPayload::Contents(component.blob_member(index), error).into()
                }
            })?;
            return visit(&mut &*tar);
        }
        let hashed = Hashed {
            section: payload.section(member.offset, member.length),
            hasher: blake3::Hasher::new(),
        };
        let (context, buffer) = memory.streaming().map_err(BadPayload::from)?;
        let decoder = Decoder::with(hashed, member.unpacked, context).map_err(BadPayload::from)?;
        let mut reader = Buffered { inner: decoder, buffer, at: 0, end: 0 };
        let visited = visit(&mut reader);
        let mut hashed = reader.inner.into_inner();
        io::copy(&mut hashed, &mut io::sink()).map_err(BadPayload::from)?;
        if hashed.hasher.finalize().as_bytes() != &member.blake3.0 {
            return Err(damaged());
        }
        visited
    }

    /// A reader of the `length` bytes from `offset` on. The caller has checked that the archive has
    /// them.
    pub fn section(&self, offset: u64, length: u64) -> Section<'_> {
        Section { file: &*self.file, start: offset, at: offset, end: offset.saturating_add(length) }
    }

    fn read(&self, offset: u64, length: u64) -> Result<Vec<u8>, BadPayload> {
        let length = usize::try_from(length).map_err(io::Error::other)?;
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }
}

/// Decodes a packed listing, and checks its digest and its counts of files and bytes against
/// `component`.
pub fn unpack_listing(component: &Component, packed: &[u8]) -> Result<Listing, BadPayload> {
    let name = || component.tree_member();
    let mut bytes = Vec::new();
    Decoder::new(packed, component.tree.unpacked)?
        .read_to_end(&mut bytes)
        .map_err(|error| BadPayload::Contents(name(), error))?;
    if Digest::of(&bytes) != component.digest {
        return Err(BadPayload::Digest(name()));
    }
    let listing = Listing::parse(&bytes).map_err(|error| BadPayload::Listing(name(), error))?;
    if listing.items().len() as u64 != component.files || listing.bytes() != component.bytes {
        let what = io::Error::other("the manifest has other counts of files or bytes");
        return Err(BadPayload::Contents(name(), what));
    }
    Ok(listing)
}

/// A thread's buffers and decoder, kept from one blob to the next. It holds either the buffers of a
/// short blob or the window of a long one, so it takes about 6 MiB at most. Switching between the
/// two frees memory; to switch rarely, walk long blobs first.
#[derive(Default)]
pub struct Memory {
    context: Option<Context>,
    /// Whether `context` holds a window.
    streamed: bool,
    packed: Vec<u8>,
    unpacked: Vec<u8>,
}

/// Why a short blob cannot be used.
enum Short {
    Read(BadPayload),
    Digest,
    Contents(io::Error),
}

impl Memory {
    /// The context and the buffer for a long blob. Frees the buffers of short ones.
    fn streaming(&mut self) -> io::Result<(&mut Context, &mut [u8])> {
        if !std::mem::replace(&mut self.streamed, true) {
            *self = Self { streamed: true, unpacked: vec![0; STREAM_BUFFER], ..Self::default() };
        }
        let context = made(&mut self.context)?;
        Ok((context, &mut self.unpacked))
    }

    /// Reads, checks and decodes a short blob. Frees the window of long ones.
    fn decode(&mut self, payload: &Payload, member: &Member) -> Result<&[u8], Short> {
        if std::mem::take(&mut self.streamed) {
            *self = Self::default();
        }
        let length =
            |bytes| usize::try_from(bytes).map_err(|e| Short::Contents(io::Error::other(e)));
        let (packed, unpacked) = (length(member.length)?, length(member.unpacked)?);
        if self.packed.is_empty() {
            // Of the longest length at once: a vector that grows is filled byte by byte.
            self.packed = vec![0; length(SHORT_PACKED)?];
        }
        let packed = &mut self.packed[..packed];
        payload
            .file
            .read_exact_at(packed, member.offset)
            .map_err(|error| Short::Read(error.into()))?;
        if Digest::of(packed) != member.blake3 {
            return Err(Short::Digest);
        }
        made(&mut self.context)
            .and_then(|context| context.decode(packed, unpacked, &mut self.unpacked))
            .map_err(Short::Contents)?;
        Ok(&self.unpacked)
    }
}

fn made(context: &mut Option<Context>) -> io::Result<&mut Context> {
    Ok(match context {
        Some(context) => context,
        none => none.insert(Context::new()?),
    })
}

/// A reader with a buffer that stays when it goes. It fills the whole buffer each time.
struct Buffered<'a, R> {
    inner: R,
    buffer: &'a mut [u8],
    at: usize,
    end: usize,
}

impl<R: Read> BufRead for Buffered<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.end {
            (self.at, self.end) = (0, 0);
            self.end = fill(&mut self.inner, self.buffer)?;
        }
        Ok(&self.buffer[self.at..self.end])
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}

impl<R: Read> Read for Buffered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

/// A section that is hashed as it is read.
struct Hashed<'a> {
    section: Section<'a>,
    hasher: blake3::Hasher,
}

impl Read for Hashed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.section.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

/// A reader of a part of a file. It has its own cursor, so threads do not share one.
pub struct Section<'a> {
    file: &'a dyn ReadAt,
    start: u64,
    /// The offset in the file of the next byte.
    at: u64,
    end: u64,
}

impl Read for Section<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        self.file.read_exact_at(&mut buffer[..length], self.at)?;
        self.at += length as u64;
        Ok(length)
    }
}

impl Seek for Section<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => self.start.checked_add(offset),
            SeekFrom::End(offset) => self.end.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        self.at = target.filter(|&at| at >= self.start).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at - self.start)
    }
}
