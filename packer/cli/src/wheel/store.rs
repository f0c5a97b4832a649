//! Keeps unpacked files while an archive is built.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest as _, Sha256};

use super::error::Kind;
use snakecrate_base::tree::{Content, Node, Tree};

/// Files up to this size may stay in memory, in bytes.
const SMALL: u64 = 4 << 20;
/// The sum of the files that stay in memory by default, in bytes.
const MEMORY: u64 = 32 << 20;
/// The number of bytes that are read at a time.
const CHUNK: usize = 128 << 10;

/// Keeps small files in memory until its share is used up, and the rest in a directory. Several
/// threads may use one store.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
    memory: AtomicU64,
    files: AtomicU64,
}

/// A file that was kept.
#[derive(Debug)]
pub struct Kept {
    /// The bytes.
    pub content: Content,
    /// Their number.
    pub size: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
}

impl Store {
    /// Writes files that do not fit in memory to `directory`. It exists, belongs to this process
    /// alone and stays until the contents have been used, as a `tempfile::TempDir` does.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self::with_memory(directory, MEMORY)
    }

    /// The same with this number of bytes in memory.
    pub fn with_memory(directory: impl Into<PathBuf>, memory: u64) -> Self {
        Self {
            directory: directory.into(),
            memory: AtomicU64::new(memory),
            files: AtomicU64::new(0),
        }
    }

    /// Keeps the bytes of `source`. There should be `size` of them, and only one more is read.
    pub fn keep(&self, source: &mut impl Read, size: u64) -> Result<Kept, Kind> {
        // One byte too many reveals a file that is longer than declared.
        let mut source = source.take(size.saturating_add(1));
        if size <= SMALL && self.reserve(size) {
            let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
            source.read_to_end(&mut bytes)?;
            let sha256 = Sha256::digest(&bytes).into();
            return Ok(Kept { size: bytes.len() as u64, sha256, content: bytes.into() });
        }
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        let path = self.directory.join(format!("{number:08}"));
        let (size, sha256) = spill(&mut source, &path)?;
        Ok(Kept { content: Content::Disk(path), size, sha256 })
    }

    /// Frees what holds contents that are used no more.
    pub fn discard(&self, kept: Kept) {
        match kept.content {
            Content::Disk(path) if path.starts_with(&self.directory) => {
                // What stays is removed with the directory.
                let _ = fs::remove_file(path);
            }
            Content::Memory(_) => {
                self.memory.fetch_add(kept.size, Ordering::Relaxed);
            }
            Content::Disk(_) => {}
        }
    }

    /// Removes the contents of `tree` that are on disk. Those in memory go with the last tree that has
    /// them; their share is not given out again.
    pub fn remove(&self, tree: &Tree) {
        for (_, node) in tree.iter() {
            if let Node::File { content: Content::Disk(path), .. } = node
                && path.starts_with(&self.directory)
            {
                // What stays is removed with the directory.
                let _ = fs::remove_file(path);
            }
        }
    }

    fn reserve(&self, size: u64) -> bool {
        let take = |left: u64| left.checked_sub(size);
        self.memory.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

fn spill(source: &mut impl Read, path: &Path) -> Result<(u64, [u8; 32]), Kind> {
    let failed = |source: io::Error| Kind::Write { path: path.to_owned(), source };
    let mut file = File::create_new(path).map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    let mut size = 0;
    loop {
        let read = match source.read(&mut buffer) {
            Ok(0) => return Ok((size, hasher.finalize().into())),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let _ = fs::remove_file(path);
                return Err(error.into());
            }
        };
        hasher.update(&buffer[..read]);
        file.write_all(&buffer[..read]).map_err(failed)?;
        size += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snakecrate_base::tree::Mode;

    #[test]
    fn files_beyond_the_memory_go_to_the_directory() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::with_memory(directory.path(), 5);
        let first = store.keep(&mut &b"abc"[..], 3).unwrap();
        let second = store.keep(&mut &b"def"[..], 3).unwrap();
        assert!(matches!(first.content, Content::Memory(_)));
        assert!(matches!(second.content, Content::Disk(_)));
        assert_eq!(&*second.content.read().unwrap(), b"def");
        assert_eq!(second.sha256, <[u8; 32]>::from(Sha256::digest(b"def")));
    }

    #[test]
    fn only_its_own_files_are_removed() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::with_memory(directory.path(), 0);
        let other = tempfile::NamedTempFile::new().unwrap();
        let kept = store.keep(&mut &b"abc"[..], 3).unwrap();
        let Content::Disk(path) = &kept.content else { panic!("{kept:?}") };
        let path = path.clone();
        let mut tree = Tree::default();
        tree.insert_file("a".parse().unwrap(), Mode::Plain, kept.content);
        let content = Content::Disk(other.path().to_owned());
        tree.insert_file("b".parse().unwrap(), Mode::Plain, content);
        store.remove(&tree);
        assert_eq!((path.exists(), other.path().exists()), (false, true));
    }

    #[test]
    fn no_more_than_one_byte_over_the_size_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(directory.path());
        assert_eq!(store.keep(&mut io::repeat(1), 10).unwrap().size, 11);
        assert_eq!(store.keep(&mut &b"abc"[..], 10).unwrap().size, 3);
    }
}
