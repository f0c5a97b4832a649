//! Files mapped into memory, for readers that need small parts of a long file.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

/// A file mapped for reading.
#[derive(Debug)]
pub struct MappedFile(memmap2::Mmap);

impl MappedFile {
    /// Maps the file at `path`. An empty file is an empty map.
    ///
    /// The file must not become shorter while it is mapped: reading beyond its new end would kill
    /// the process. Map only files that no other process truncates, such as this process's own and
    /// installed libraries (package managers replace these by renaming).
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let file = File::open(path)?;
        // SAFETY: the map is private and read-only; that no process shortens the file meanwhile is
        // the condition above, and breaking it ends the process instead of giving wrong bytes.
        unsafe { memmap2::MmapOptions::new().map_copy_read_only(&file) }.map(Self)
    }
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for MappedFile {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_has_the_bytes_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        for contents in [&b"some bytes"[..], b""] {
            std::fs::write(&path, contents).unwrap();
            assert_eq!(&*MappedFile::open(&path).unwrap(), contents);
        }
    }
}
