//! The zip behind a launcher, as the format has it.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::rc::Rc;

use snakecrate_format::manifest::Member;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use super::Error;
use crate::component::PackedMember;

/// Number of bytes that are copied at once.
const PIECE: usize = 1 << 20;

/// A zip whose offsets count from the start of the file, and which knows where its members are.
pub(super) struct Zip<'a> {
    inner: ZipWriter<Tracked<'a>>,
    position: Rc<Cell<u64>>,
}

impl<'a> Zip<'a> {
    /// A zip that begins at `position`.
    pub(super) fn new(file: &'a mut File, position: u64) -> Self {
        let position = Rc::new(Cell::new(position));
        Self { inner: ZipWriter::new(Tracked { file, position: Rc::clone(&position) }), position }
    }

    /// Starts a member of `length` bytes and returns the offset of the first.
    fn start(&mut self, name: &str, method: Method, length: u64) -> io::Result<u64> {
        let options = SimpleFileOptions::default()
            .system(System::Unix)
            .compression_method(match method {
                Method::Stored => CompressionMethod::Stored,
                Method::Deflated => CompressionMethod::Deflated,
            })
            .compression_level((method == Method::Deflated).then_some(9))
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .large_file(length >= u64::from(u32::MAX));
        self.inner.start_file(name, options)?;
        Ok(self.position.get())
    }

    /// Adds a member of these bytes and returns the offset of the first, as stored.
    pub(super) fn add(&mut self, name: &str, method: Method, bytes: &[u8]) -> io::Result<u64> {
        let offset = self.start(name, method, bytes.len() as u64)?;
        self.inner.write_all(bytes)?;
        Ok(offset)
    }

    /// Stores a packed member, and checks its digest on the way.
    pub(super) fn copy(
        &mut self,
        name: &str,
        packed: &PackedMember,
        out: &Path,
    ) -> Result<Member, Error> {
        let write_error = |source| Error::Write { path: out.to_owned(), source };
        let damaged = || Error::Cache(packed.path.clone());
        let unreadable = |source| Error::Read { path: packed.path.clone(), source };
        let offset = self.start(name, Method::Stored, packed.length).map_err(write_error)?;
        let mut hasher = blake3::Hasher::new();
        let mut left = packed.length;
        let mut piece = vec![0; PIECE];
        let mut file = packed.open().map_err(unreadable)?;
        while left > 0 {
            let want = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
            file.read_exact(&mut piece[..want]).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => damaged(),
                _ => unreadable(error),
            })?;
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

    /// Writes the central directory.
    pub(super) fn finish(self) -> io::Result<()> {
        self.inner.finish()?;
        Ok(())
    }
}

/// A file that shares its position: the zip writer owns it and does not say where it is.
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

/// How a member is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    Deflated,
}
