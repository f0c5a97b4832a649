//! Writes an archive: launcher, zip, and the boot record that ties them together.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use snakecrate_base::{interrupt, temporary};
use snakecrate_format::digest::Digest;
use snakecrate_format::manifest::{
    Attachment, Component, FORMAT, Feature, MAIN_MEMBER, MEMBER, Manifest, Member, Role, Stub,
};
use snakecrate_format::record::{BLANK, BootRecord, LENGTH};

use super::spec::{ArchiveSpec, AttachmentSpec, ComponentSpec};
use super::zip_writer::{Method, Zip};
use super::{Error, MAIN, section};
use crate::component::Packed;
use tempfile::TempPath;

/// An archive that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its length in bytes.
    pub length: u64,
    /// BLAKE3 of its manifest: names its environment in the cache.
    pub manifest: Digest,
}

/// A whole archive under a temporary name in the output's directory. Dropping it removes the file.
#[derive(Debug)]
pub struct Aside {
    path: TempPath,
    /// Protects the file from other builds, which remove what nobody locks. It is open for reading
    /// only, since the system executes no file that is open for writing.
    _lock: File,
    out: PathBuf,
    /// The archive.
    pub written: Written,
}

impl Aside {
    /// Its path, until it is published.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it the output's name; another file of this name is replaced.
    ///
    /// # Errors
    ///
    /// The system cannot rename it.
    pub fn publish(self) -> Result<Written, Error> {
        let out = self.out.clone();
        self.publish_as(&out)
    }

    /// Gives it another name.
    ///
    /// # Errors
    ///
    /// The system cannot rename it.
    pub fn publish_as(self, name: &Path) -> Result<Written, Error> {
        // An interrupt may have ended a proof, so that it seems to have failed.
        interrupt::wait_if_pending();
        let failed = |source| Error::Write { path: name.to_owned(), source };
        self.path.persist(name).map_err(|error| failed(error.error))?;
        Ok(self.written)
    }
}

/// Writes an archive that begins with `stub` to `out`.
///
/// The file appears at `out` when it is complete. If this fails, an existing file stays. The bytes
/// depend on `stub` and `spec` alone.
///
/// # Errors
///
/// A stub without a blank boot record, a specification that contradicts itself, a damaged component
/// cache, an output that cannot be written.
pub fn write(out: &Path, stub: &[u8], spec: ArchiveSpec) -> Result<Written, Error> {
    write_aside(out, stub, spec)?.publish()
}

/// Writes an archive like [`write`], and leaves it to the caller to give it its name.
///
/// # Errors
///
/// As of [`write`].
pub fn write_aside(out: &Path, stub: &[u8], spec: ArchiveSpec) -> Result<Aside, Error> {
    let record_at = blank_record(stub)?;
    let write_error = |source| Error::Write { path: out.to_owned(), source };
    if out.is_dir() {
        return Err(write_error(io::ErrorKind::IsADirectory.into()));
    }
    let directory = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !directory.is_dir() {
        return Err(write_error(io::ErrorKind::NotFound.into()));
    }
    temporary::remove_abandoned(directory);
    let builder = match spec.role {
        Role::Application => temporary::executable_builder(),
        Role::Runtime => temporary::readable_builder(),
    };
    let mut temporary = temporary::locked_file_in(directory, &builder).map_err(write_error)?;
    let written = fill(temporary.as_file_mut(), stub, record_at, spec, out)?;
    let lock = File::open(temporary.path()).map_err(write_error)?;
    // Shared by both files for a moment, so that it is locked all the time.
    let _ = temporary.as_file().lock_shared().and_then(|()| lock.lock_shared());
    Ok(Aside { path: temporary.into_temp_path(), _lock: lock, out: out.to_owned(), written })
}

/// The offset of the launcher's record, which must be blank. In place of a launcher, a runtime file has
/// the record alone.
fn blank_record(stub: &[u8]) -> Result<usize, Error> {
    if stub == BLANK {
        return Ok(0);
    }
    let offset = section::find(stub).map_err(Error::Stub)?;
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let bytes = offset.checked_add(LENGTH).and_then(|end| stub.get(offset..end));
    if bytes != Some(&BLANK) {
        return Err(Error::Stub("its boot record is not blank".into()));
    }
    Ok(offset)
}

fn fill(
    file: &mut File,
    stub: &[u8],
    record_at: usize,
    spec: ArchiveSpec,
    out: &Path,
) -> Result<Written, Error> {
    let write_error = |source| Error::Write { path: out.to_owned(), source };
    file.write_all(stub).map_err(write_error)?;
    let mut zip = Zip::new(&mut *file, stub.len() as u64);
    let manifest = add_all(&mut zip, spec, stub, out)?;
    let bytes = manifest.encode();
    let offset = zip.add(MEMBER, Method::Stored, &bytes).map_err(write_error)?;
    zip.finish().map_err(write_error)?;
    let length = file.seek(SeekFrom::End(0)).map_err(write_error)?;
    // The launcher has to accept it.
    let known = match manifest.role {
        Role::Application => Feature::LAUNCHER,
        Role::Runtime => Feature::RUNTIME,
    };
    if let Err(error) = Manifest::parse(&bytes, length, known) {
        return Err(Error::Spec(error.to_string()));
    }
    let runtime = manifest.runtime_name();
    if runtime.is_none() && manifest.is_without_runtime() {
        return Err(Error::Spec("its interpreter is no name for a runtime file".into()));
    }
    let record = BootRecord {
        manifest_offset: offset,
        manifest_length: bytes.len() as u64,
        archive_length: length,
        manifest_digest: Digest::of(&bytes),
        signature: None,
        runtime,
        graphical: manifest.entries.iter().any(|entry| entry.graphical),
    }
    .encode();
    if BootRecord::parse(&record).is_err() {
        return Err(Error::Spec("its manifest is too long".into()));
    }
    file.seek(SeekFrom::Start(record_at as u64)).map_err(write_error)?;
    file.write_all(&record).map_err(write_error)?;
    Ok(Written { length, manifest: Digest::of(&bytes) })
}

/// Adds all members but the manifest, and returns that.
fn add_all(zip: &mut Zip, spec: ArchiveSpec, stub: &[u8], out: &Path) -> Result<Manifest, Error> {
    let write_error = |source| Error::Write { path: out.to_owned(), source };
    let components = add_components(zip, spec.components, out)?;
    let attachments = add_attachments(zip, spec.attachments, out)?;
    if spec.role == Role::Application {
        zip.add(MAIN_MEMBER, Method::Stored, MAIN).map_err(write_error)?;
    }
    let mut entries = spec.entries;
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some(pair) = entries.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(Error::Spec(format!("two entries are called `{}`", pair[0].name)));
    }
    let mut manifest = Manifest {
        format: FORMAT,
        requires: vec![],
        role: spec.role,
        name: spec.name,
        version: spec.version,
        vendor: spec.about.vendor,
        contact: spec.about.contact,
        icon: spec.about.icon,
        mime_types: spec.about.mime_types,
        target: spec.target.triple.into(),
        stub: Stub { length: stub.len() as u64, blake3: Digest::of(stub) },
        python: spec.python,
        runtime: spec.runtime,
        launch: spec.launch,
        c_library: spec.c_library,
        window_log: None,
        entries,
        components,
        attachments,
    };
    manifest.requires = manifest.features();
    Ok(manifest)
}

/// Adds components in the manifest's order.
fn add_components(
    zip: &mut Zip,
    mut specs: Vec<ComponentSpec>,
    out: &Path,
) -> Result<Vec<Component>, Error> {
    specs.sort_by(|a, b| (a.kind, &a.name, &a.version).cmp(&(b.kind, &b.name, &b.version)));
    let mut folders = BTreeSet::new();
    let mut components = Vec::new();
    for ComponentSpec { kind, name, version, source, packed } in specs {
        let Packed { digest, files, bytes, whole, tree, blobs } = packed;
        let later = Member { offset: 0, length: 0, unpacked: 0, blake3: digest };
        let mut component = Component {
            kind,
            name,
            version,
            digest,
            files,
            bytes,
            source,
            whole,
            download: None,
            tree: later,
            blobs: vec![],
        };
        if !folders.insert(component.folder()) {
            let Component { name, version, .. } = component;
            return Err(Error::Spec(format!("{name} {version} is in it twice")));
        }
        component.tree = zip.copy(&component.tree_member(), &tree, out)?;
        for (index, blob) in blobs.iter().enumerate() {
            component.blobs.push(zip.copy(&component.blob_member(index), blob, out)?);
        }
        components.push(component);
    }
    Ok(components)
}

/// Adds attachments in the manifest's order.
fn add_attachments(
    zip: &mut Zip,
    mut specs: Vec<AttachmentSpec>,
    out: &Path,
) -> Result<Vec<Attachment>, Error> {
    specs.sort_by(|a, b| a.name.cmp(&b.name));
    let mut attachments = Vec::new();
    for AttachmentSpec { name, role, component, contents } in specs {
        zip.add(name.as_str(), Method::Deflated, &contents)
            .map_err(|source| Error::Write { path: out.to_owned(), source })?;
        let (bytes, blake3) = (contents.len() as u64, Digest::of(&contents));
        attachments.push(Attachment { name, role, component, bytes, blake3 });
    }
    Ok(attachments)
}

#[cfg(test)]
mod tests;
