//! Reads an archive as the launcher does: boot record, manifest, members. It ignores the zip.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use object::ReadCache;
use rayon::prelude::*;
use snakecrate_format::listing::Listing;
use snakecrate_format::manifest::{BadManifest, Component, Feature, Manifest, Member, Role};
use snakecrate_format::payload::{BadPayload, Payload, Section};
use snakecrate_format::record::{BadRecord, BootRecord, LENGTH};
use snakecrate_format::target::Target;
use snakecrate_platform::file::SharedFile;

use super::{Error, section};
use crate::component::{Packed, PackedMember};

/// The features that the packer's commands can show and verify. It has no decoder for large windows
/// and does not download.
const KNOWN: &[Feature] = &[
    Feature::DisabledCommands,
    Feature::EntryArguments,
    Feature::EntryDirectory,
    Feature::EntryEnvironment,
    Feature::ExposePath,
    Feature::ExternalRuntime,
    Feature::FirstRun,
    Feature::RuntimeFile,
    Feature::RuntimeParts,
];

/// An open archive whose manifest is what the boot record says it is.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    payload: Payload,
    length: u64,
    record_at: u64,
    manifest: Manifest,
}

impl Archive {
    /// Opens the archive at `path`, an application.
    ///
    /// # Errors
    ///
    /// Nothing there, not an archive, truncated, damaged, or a runtime file: see [`Error`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let archive = Self::open_any(path)?;
        match archive.manifest.role {
            Role::Application => Ok(archive),
            Role::Runtime => Err(Error::RuntimeFile(path.to_owned())),
        }
    }

    /// Opens the archive or runtime file at `path`.
    ///
    /// # Errors
    ///
    /// As of [`Archive::open`].
    pub fn open_any(path: &Path) -> Result<Self, Error> {
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
        let payload = Payload::new(SharedFile(file), record);
        let opened = payload.and_then(|payload| Ok((payload.manifest(KNOWN)?, payload)));
        let (manifest, payload) =
            opened.map_err(|error| blamed(path, error, |_| record.manifest_offset))?;
        if manifest.runtime_name() != record.runtime {
            let source = BadManifest::Nonsense("the boot record names another runtime file".into());
            return Err(Error::Manifest { path: path.to_owned(), source });
        }
        Ok(Self { path: path.to_owned(), payload, length, record_at, manifest })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Length of the file in bytes, including anything appended later.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Its boot record.
    pub fn record(&self) -> &BootRecord {
        self.payload.record()
    }

    /// Its manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The bytes of its manifest.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`].
    pub fn manifest_bytes(&self) -> Result<Vec<u8>, Error> {
        self.payload.manifest_bytes().map_err(|error| self.blamed(error))
    }

    /// Its target.
    ///
    /// # Errors
    ///
    /// This version doesn't know it.
    pub fn target(&self) -> Result<&'static Target, Error> {
        let target = &self.manifest.target;
        let unknown = || Error::Target { path: self.path.clone(), target: target.clone() };
        Target::named(target).ok_or_else(unknown)
    }

    /// `component` as it is stored, to be copied into another archive.
    pub fn packed(&self, component: &Component) -> Packed {
        let member = |member: &Member| PackedMember {
            path: self.path.clone(),
            offset: member.offset,
            length: member.length,
            unpacked: member.unpacked,
            blake3: member.blake3,
        };
        Packed {
            whole: component.whole.clone(),
            digest: component.digest,
            files: component.files,
            bytes: component.bytes,
            tree: member(&component.tree),
            blobs: component.blobs.iter().map(member).collect(),
        }
    }

    /// The listing of `component`, whose digest and counts are the component's.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`].
    pub fn listing(&self, component: &Component) -> Result<Listing, Error> {
        self.payload.listing(component).map_err(|error| self.blamed(error))
    }

    /// The listings of all components, in their order.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`].
    pub(super) fn listings(&self) -> Result<Vec<Listing>, Error> {
        self.manifest.components.par_iter().map(|component| self.listing(component)).collect()
    }

    /// The bytes behind the manifest.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// `length` bytes of the file from `offset`.
    pub(super) fn range(&self, offset: u64, length: u64) -> Section<'_> {
        self.payload.section(offset, length)
    }

    /// The boot record's offset in the file.
    pub(super) fn record_offset(&self) -> u64 {
        self.record_at
    }

    /// An error of the payload, with this file's path and the offset of the member.
    pub(super) fn blamed(&self, error: BadPayload) -> Error {
        blamed(&self.path, error, |name| self.offset_of(name))
    }

    /// The error for wrong bytes at `offset`.
    pub(super) fn damaged_at(&self, what: String, offset: u64) -> Error {
        Error::Damaged { path: self.path.clone(), what, offset }
    }

    /// The error for a file that cannot be read.
    pub(super) fn unreadable(&self, source: io::Error) -> Error {
        Error::Read { path: self.path.clone(), source }
    }

    /// The offset of the member of this name; 0 if there is none.
    fn offset_of(&self, name: &str) -> u64 {
        let components = self.manifest.components.iter();
        let component = components.filter(|one| name.starts_with(&one.folder())).find_map(|one| {
            let blobs = one.blobs.iter().enumerate().map(|(n, blob)| (one.blob_member(n), blob));
            let mut members = [(one.tree_member(), &one.tree)].into_iter().chain(blobs);
            members.find(|member| member.0 == name)
        });
        component.map_or(0, |(_, member)| member.offset)
    }
}

/// `error` of the payload of the archive at `path`; `offset_of` knows where its members begin.
fn blamed(path: &Path, error: BadPayload, offset_of: impl Fn(&str) -> u64) -> Error {
    let path = path.to_owned();
    let (member, what) = match error {
        BadPayload::Truncated { have, need } => return Error::Truncated { path, have, need },
        BadPayload::Manifest(source) => return Error::Manifest { path, source },
        BadPayload::Read(source) => return Error::Read { path, source },
        BadPayload::Digest(member) => {
            let offset = offset_of(&member);
            let what = format!("{member} is not what was packed");
            return Error::Damaged { path, what, offset };
        }
        BadPayload::Contents(member, error) => (member, error.to_string()),
        BadPayload::Tar(member, error) => (member, error.to_string()),
        BadPayload::Mismatch(member, error) => (member, error.to_string()),
        BadPayload::Listing(member, error) => (member, error.to_string()),
    };
    Error::Damaged { path, offset: offset_of(&member), what: format!("{member}: {what}") }
}

fn find_record(path: &Path, file: &File, length: u64) -> Result<(BootRecord, u64), Error> {
    let read_error = |source| Error::Read { path: path.to_owned(), source };
    let read_from = |offset, length| {
        let mut file = file;
        file.seek(SeekFrom::Start(offset))?;
        Ok(file.take(length))
    };
    let offset = match section::find(&ReadCache::new(file)) {
        Ok(offset) if offset.saturating_add(LENGTH as u64) <= length => offset,
        other => {
            let mut start = Vec::new();
            let searched = length.min(section::SEARCHED as u64);
            read_from(0, searched)
                .and_then(|mut reader| reader.read_to_end(&mut start))
                .map_err(read_error)?;
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
    read_from(offset, LENGTH as u64)
        .and_then(|mut reader| reader.read_exact(&mut bytes))
        .map_err(read_error)?;
    match BootRecord::parse(&bytes) {
        Ok(record) => Ok((record, offset)),
        Err(source @ (BadRecord::Blank | BadRecord::Magic)) => {
            Err(Error::NotAnArchive { path: path.to_owned(), reason: source.to_string() })
        }
        Err(source) => Err(Error::Record { path: path.to_owned(), source }),
    }
}
