//! Reading an archive the way the launcher does: boot record, manifest, members. Not the zip.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use object::ReadCache;
use snakecrate_format::digest::Digest;
use snakecrate_format::listing::Listing;
use snakecrate_format::manifest::{Component, MAX_TREE, MEMBER, Manifest, Member};
use snakecrate_format::record::{BadRecord, BootRecord, LENGTH};
use snakecrate_format::zstd::Decoder;

use super::range::Range;
use super::{Error, section};

/// An open archive whose manifest is what the boot record says it is.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    file: File,
    length: u64,
    record: BootRecord,
    record_at: u64,
    manifest: Manifest,
}

impl Archive {
    /// Opens the archive at `path`.
    ///
    /// # Errors
    ///
    /// Nothing there, not an archive, truncated, or damaged: see [`Error`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let read_error = |source| Error::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::NotFound(path.to_owned()),
            _ => read_error(source),
        })?;
        let meta = file.metadata().map_err(read_error)?;
        if !meta.is_file() {
            let reason = "it is not a file".to_owned();
            return Err(Error::NotAnArchive { path: path.to_owned(), reason });
        }
        let length = meta.len();
        let (record, record_at) = find_record(path, &file, length)?;
        if length < record.archive_length {
            let need = record.archive_length;
            return Err(Error::Truncated { path: path.to_owned(), have: length, need });
        }
        let mut bytes = Vec::new();
        Range::new(&file, record.manifest_offset, record.manifest_length)
            .read_to_end(&mut bytes)
            .map_err(read_error)?;
        if Digest::of(&bytes) != record.manifest_digest {
            return Err(Error::Damaged {
                path: path.to_owned(),
                what: format!("{MEMBER} has another digest than the boot record says"),
                offset: record.manifest_offset,
            });
        }
        let manifest = Manifest::parse(&bytes, record.archive_length)
            .map_err(|source| Error::Manifest { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file, length, record, record_at, manifest })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Length of the file in bytes, with anything that was appended later.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Where the manifest is, and what it must be.
    pub fn record(&self) -> &BootRecord {
        &self.record
    }

    /// What it holds and how it starts.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The contents of `member`, unpacked: never more than was declared.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] if its bytes have another digest or unpack to another length.
    pub fn read_member(&self, member: &Member) -> Result<Vec<u8>, Error> {
        self.check_digest(member, |_| {})?;
        let mut bytes = Vec::new();
        self.unpack(member)
            .and_then(|mut reader| reader.read_to_end(&mut bytes))
            .map_err(|error| self.damaged(member, &error))?;
        Ok(bytes)
    }

    /// The listing of `component`, whose digest is the component's.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`].
    pub fn component_listing(&self, component: &Component) -> Result<Listing, Error> {
        let member = &component.tree;
        if member.unpacked > MAX_TREE {
            return Err(self.damaged(member, &"its listing is too long"));
        }
        let bytes = self.read_member(member)?;
        if Digest::of(&bytes) != component.digest {
            return Err(self.damaged(member, &"not the listing of the component's digest"));
        }
        Listing::parse(&bytes).map_err(|error| self.damaged(member, &error))
    }

    /// Reads `member` as it is stored and checks its digest; `progress` is told of each piece.
    pub(super) fn check_digest(
        &self,
        member: &Member,
        mut progress: impl FnMut(u64),
    ) -> Result<(), Error> {
        let mut hasher = blake3::Hasher::new();
        let mut reader = self.range(member.offset, member.length);
        let mut piece = vec![0; 256 << 10];
        loop {
            match reader.read(&mut piece) {
                Ok(0) => break,
                Ok(got) => {
                    hasher.update(&piece[..got]);
                    progress(got as u64);
                }
                Err(source) => return Err(self.unreadable(source)),
            }
        }
        if hasher.finalize().as_bytes() == &member.blake3.0 {
            Ok(())
        } else {
            Err(self.damaged(member, &"its bytes have another digest"))
        }
    }

    /// A reader of the contents of `member`, unpacked; it fails rather than give more or less than
    /// the member declares.
    pub(super) fn unpack(&self, member: &Member) -> io::Result<impl Read + use<'_>> {
        Decoder::new(self.range(member.offset, member.length), member.unpacked)
    }

    /// `length` bytes of the file from `offset`.
    pub(super) fn range(&self, offset: u64, length: u64) -> Range<'_> {
        Range::new(&self.file, offset, length)
    }

    /// Where the boot record is in the file.
    pub(super) fn record_offset(&self) -> u64 {
        self.record_at
    }

    /// The error for a member whose bytes are wrong.
    pub(super) fn damaged(&self, member: &Member, what: &dyn std::fmt::Display) -> Error {
        let what = format!("{}: {what}", self.name_of(member));
        self.damaged_at(what, member.offset)
    }

    /// The error for wrong bytes at `offset`.
    pub(super) fn damaged_at(&self, what: String, offset: u64) -> Error {
        Error::Damaged { path: self.path.clone(), what, offset }
    }

    /// The error for a file that cannot be read.
    pub(super) fn unreadable(&self, source: io::Error) -> Error {
        Error::Read { path: self.path.clone(), source }
    }

    fn name_of(&self, member: &Member) -> String {
        for component in &self.manifest.components {
            if component.tree == *member {
                return component.tree_member();
            }
            if let Some(index) = component.blobs.iter().position(|blob| blob == member) {
                return component.blob_member(index);
            }
        }
        "a member".to_owned()
    }
}

fn find_record(path: &Path, file: &File, length: u64) -> Result<(BootRecord, u64), Error> {
    let read_error = |source| Error::Read { path: path.to_owned(), source };
    let offset = match section::find(&ReadCache::new(file)) {
        Ok(offset) if offset.saturating_add(LENGTH as u64) <= length => offset,
        other => {
            let mut start = Vec::new();
            let searched = length.min(section::SEARCHED as u64);
            Range::new(file, 0, searched).read_to_end(&mut start).map_err(read_error)?;
            return Err(match section::search(&start) {
                Some(record) if record.archive_length > length => Error::Truncated {
                    path: path.to_owned(),
                    have: length,
                    need: record.archive_length,
                },
                _ => Error::NotAnArchive {
                    path: path.to_owned(),
                    reason: other.err().unwrap_or_else(|| "it ends too early".into()),
                },
            });
        }
    };
    let mut bytes = [0; LENGTH];
    Range::new(file, offset, LENGTH as u64).read_exact(&mut bytes).map_err(read_error)?;
    match BootRecord::parse(&bytes) {
        Ok(record) => Ok((record, offset)),
        Err(source @ (BadRecord::Blank | BadRecord::Magic)) => {
            Err(Error::NotAnArchive { path: path.to_owned(), reason: source.to_string() })
        }
        Err(source) => Err(Error::Record { path: path.to_owned(), source }),
    }
}
