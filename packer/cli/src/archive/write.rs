//! Writing an archive: launcher, zip, and the boot record that ties them together.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::rc::Rc;

use snakecrate_format::digest::Digest;
use snakecrate_format::manifest::{
    CLibrary, Component, Entry, FORMAT, Kind, Launch, MAIN_MEMBER, MEMBER, Manifest, Member,
    Python, SBOM_MEMBER, Source, Stub,
};
use snakecrate_format::record::{BLANK, BootRecord, LENGTH};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use super::{Error, MAIN, section};
use crate::component::{Packed, PackedMember};
use snakecrate_base::temporary;

/// What an archive is to hold.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The application's name.
    pub name: String,
    /// Its version, where it has one.
    pub version: Option<String>,
    /// What the archive runs on, as a Rust target triple.
    pub target: String,
    /// The interpreter.
    pub python: Python,
    /// How entries are started.
    pub launch: Launch,
    /// The C library among the components, if there is one.
    pub c_library: Option<CLibrary>,
    /// What can be started; sorted here.
    pub entries: Vec<Entry>,
    /// What it is made of; put in the manifest's order here.
    pub components: Vec<PlannedComponent>,
    /// The bill of materials, a `CycloneDX` document in JSON.
    pub sbom: Vec<u8>,
}

/// A component of a [`Plan`].
#[derive(Debug, Clone)]
pub struct PlannedComponent {
    /// What it is.
    pub kind: Kind,
    /// Its normalised name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it was got.
    pub source: Option<Source>,
    /// Its members.
    pub packed: Packed,
}

/// An archive that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its length in bytes.
    pub length: u64,
    /// BLAKE3 of its manifest: what its environment is called in the cache.
    pub manifest: Digest,
}

/// Writes an archive that begins with `stub` to `out`.
///
/// The file appears at `out` when it is whole; until then, and for good if this fails, what was
/// there stays. Its bytes depend on `stub` and `plan` alone.
///
/// # Errors
///
/// A stub without a blank boot record, a plan that contradicts itself, a damaged component cache,
/// an output that cannot be written.
pub fn write(out: &Path, stub: &[u8], plan: Plan) -> Result<Written, Error> {
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
    let builder = temporary::executable_builder();
    let mut temporary = temporary::locked_file_in(directory, &builder).map_err(write_error)?;
    let written = fill(temporary.as_file_mut(), stub, record_at, plan, out)?;
    temporary.persist(out).map_err(|error| write_error(error.error))?;
    Ok(written)
}

fn blank_record(stub: &[u8]) -> Result<usize, Error> {
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
    plan: Plan,
    out: &Path,
) -> Result<Written, Error> {
    let write_error = |source| Error::Write { path: out.to_owned(), source };
    file.write_all(stub).map_err(write_error)?;
    let mut zip = Zip::new(&mut *file, stub.len() as u64);
    let manifest = add_all(&mut zip, plan, stub, out)?;
    let bytes = manifest.encode();
    let offset = zip.add(MEMBER, CompressionMethod::Stored, &bytes).map_err(write_error)?;
    zip.finish().map_err(write_error)?;
    let length = file.seek(SeekFrom::End(0)).map_err(write_error)?;
    if let Err(error) = Manifest::parse(&bytes, length) {
        return Err(Error::Plan(error.to_string()));
    }
    let record = BootRecord {
        manifest_offset: offset,
        manifest_length: bytes.len() as u64,
        archive_length: length,
        manifest_digest: Digest::of(&bytes),
    }
    .encode();
    if BootRecord::parse(&record).is_err() {
        return Err(Error::Plan("its manifest is too long".into()));
    }
    file.seek(SeekFrom::Start(record_at as u64)).map_err(write_error)?;
    file.write_all(&record).map_err(write_error)?;
    Ok(Written { length, manifest: Digest::of(&bytes) })
}

/// Adds all members but the manifest, and returns that.
fn add_all(zip: &mut Zip, plan: Plan, stub: &[u8], out: &Path) -> Result<Manifest, Error> {
    let write_error = |source| Error::Write { path: out.to_owned(), source };
    let mut planned = plan.components;
    planned.sort_by(|a, b| (a.kind, &a.name, &a.version).cmp(&(b.kind, &b.name, &b.version)));
    let mut entries = plan.entries;
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some(pair) = entries.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(Error::Plan(format!("two entries are called `{}`", pair[0].name)));
    }
    let mut folders = BTreeSet::new();
    let mut components = Vec::new();
    for PlannedComponent { kind, name, version, source, packed } in planned {
        let Packed { digest, files, bytes, tree, blobs } = packed;
        let later = Member { offset: 0, length: 0, unpacked: 0, blake3: digest };
        let mut component = Component {
            kind,
            name,
            version,
            digest,
            files,
            bytes,
            source,
            tree: later,
            blobs: vec![],
        };
        if !folders.insert(component.folder()) {
            let Component { name, version, .. } = component;
            return Err(Error::Plan(format!("{name} {version} is in it twice")));
        }
        component.tree = zip.copy(&component.tree_member(), &tree, out)?;
        for (index, blob) in blobs.iter().enumerate() {
            component.blobs.push(zip.copy(&component.blob_member(index), blob, out)?);
        }
        components.push(component);
    }
    zip.add(SBOM_MEMBER, CompressionMethod::Deflated, &plan.sbom).map_err(write_error)?;
    zip.add(MAIN_MEMBER, CompressionMethod::Stored, MAIN).map_err(write_error)?;
    Ok(Manifest {
        format: FORMAT,
        name: plan.name,
        version: plan.version,
        target: plan.target,
        stub: Stub { length: stub.len() as u64, blake3: Digest::of(stub) },
        python: plan.python,
        launch: plan.launch,
        c_library: plan.c_library,
        entries,
        components,
    })
}

/// A zip whose offsets count from the start of the file, and which tells where its members are.
struct Zip<'a> {
    inner: ZipWriter<Tracked<'a>>,
    position: Rc<Cell<u64>>,
}

impl<'a> Zip<'a> {
    fn new(file: &'a mut File, position: u64) -> Self {
        let position = Rc::new(Cell::new(position));
        Self { inner: ZipWriter::new(Tracked { file, position: Rc::clone(&position) }), position }
    }

    /// Starts a member of `length` bytes and returns the offset of the first.
    fn start(&mut self, name: &str, method: CompressionMethod, length: u64) -> io::Result<u64> {
        let options = SimpleFileOptions::default()
            .system(System::Unix)
            .compression_method(method)
            .compression_level((method == CompressionMethod::Deflated).then_some(9))
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .large_file(length >= u64::from(u32::MAX));
        self.inner.start_file(name, options)?;
        Ok(self.position.get())
    }

    fn add(&mut self, name: &str, method: CompressionMethod, bytes: &[u8]) -> io::Result<u64> {
        let offset = self.start(name, method, bytes.len() as u64)?;
        self.inner.write_all(bytes)?;
        Ok(offset)
    }

    /// Stores a packed member, checking on the way that it is what was packed.
    fn copy(&mut self, name: &str, packed: &PackedMember, out: &Path) -> Result<Member, Error> {
        let write_error = |source| Error::Write { path: out.to_owned(), source };
        let damaged = || Error::Cache(packed.path.clone());
        let offset =
            self.start(name, CompressionMethod::Stored, packed.length).map_err(write_error)?;
        let mut hasher = blake3::Hasher::new();
        let mut left = packed.length;
        let mut piece = vec![0; 1 << 20];
        let mut file = File::open(&packed.path).map_err(|_| damaged())?;
        while left > 0 {
            let want = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
            io::Read::read_exact(&mut file, &mut piece[..want]).map_err(|_| damaged())?;
            hasher.update(&piece[..want]);
            self.inner.write_all(&piece[..want]).map_err(write_error)?;
            left -= want as u64;
        }
        if hasher.finalize().as_bytes() != &packed.blake3.0 {
            return Err(damaged());
        }
        let PackedMember { length, unpacked, blake3, .. } = *packed;
        Ok(Member { offset, length, unpacked, blake3 })
    }

    fn finish(self) -> io::Result<()> {
        self.inner.finish()?;
        Ok(())
    }
}

/// A file that tells where it is written to, also to others than its owner.
struct Tracked<'a> {
    file: &'a mut File,
    position: Rc<Cell<u64>>,
}

impl Write for Tracked<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.position.set(self.position.get() + written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Tracked<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = self.file.seek(to)?;
        self.position.set(position);
        Ok(position)
    }
}

#[cfg(test)]
mod tests;
