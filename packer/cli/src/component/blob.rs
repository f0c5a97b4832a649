//! Blobs: files grouped, each group a tar, compressed as one zstd frame.

use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::RangeInclusive;
use std::path::Path;

use snakecrate_format::digest::{Digest, FileDigest};
use snakecrate_format::entry_path::EntryPath;
use snakecrate_format::listing::{Item, Listing, Node};
use snakecrate_format::manifest::MAX_WINDOW_LOG;
use snakecrate_format::tar::{self, BLOCK, MAX_FILE};
use zstd::stream::raw::CParameter;

use super::effort::Effort;
use super::{Error, PackedMember};
use snakecrate_base::tree::{self, Tree};
use snakecrate_base::ui::Progress;

/// The compression levels of zstd.
pub const LEVELS: RangeInclusive<i32> = 1..=22;
/// The longest tar of a group, in bytes, unless one file alone is longer. It fits the compressor's
/// window, so matches are found in the whole blob.
pub const TARGET: u64 = 4 << 20;

/// Pieces in which contents go to the compressor. Their size is fixed, and no read is cut short,
/// because the compressor may find other matches when its input comes in other pieces.
const PIECE: usize = 128 << 10;

/// Files that share a blob.
#[derive(Debug)]
pub(super) struct Group<'a> {
    items: Vec<&'a Item>,
    /// Length of the tar in bytes.
    pub(super) unpacked: u64,
}

/// Divides the listing's items into groups of similar files (measured in `FORMAT.md`).
pub(super) fn groups(listing: &Listing) -> Vec<Group<'_>> {
    grouped(listing, TARGET)
}

fn grouped(listing: &Listing, target: u64) -> Vec<Group<'_>> {
    let mut items: Vec<&Item> = listing.items().iter().collect();
    items.sort_by_cached_key(|item| likeness(&item.path));
    let mut groups: Vec<Group> = Vec::new();
    for item in items {
        let size = match item.node {
            Node::File { size, .. } => size.next_multiple_of(BLOCK as u64),
            Node::Link(_) => 0,
        };
        let length = tar::header(&item.path, &item.node).len() as u64 + size;
        match groups.last_mut() {
            Some(group) if group.unpacked + length <= target => {
                group.items.push(item);
                group.unpacked += length;
            }
            _ => {
                let unpacked = length + tar::END.len() as u64;
                groups.push(Group { items: vec![item], unpacked });
            }
        }
    }
    groups
}

/// The key that files are sorted by: extension, name, directory. Packages have many files of one
/// name. Bytecode repeats the names and texts of its source, so it is sorted beside the source.
pub fn likeness(path: &EntryPath) -> (&str, &str, &str, bool) {
    let (name, directory) = (path.file_name(), path.parent().unwrap_or_default());
    let bytecode = directory
        .strip_suffix("__pycache__")
        .and_then(|directory| Some((directory, name.strip_suffix(".pyc")?.rsplit_once('.')?.0)));
    if let Some((directory, module)) = bytecode {
        return ("py", module, directory.trim_end_matches('/'), true);
    }
    let extension = path.extension();
    let stem = name.strip_suffix(extension).unwrap_or(name).trim_end_matches('.');
    (extension, stem, directory, false)
}

impl Group<'_> {
    /// Writes the blob to a new file at `path`.
    pub(super) fn write(
        &self,
        tree: &Tree,
        effort: Effort,
        path: &Path,
        progress: &Progress,
    ) -> Result<PackedMember, Error> {
        let write_error = |source| Error::Write { path: path.to_owned(), source };
        let level = effort.level(&self.items, self.unpacked > TARGET, tree)?;
        let mut frame = Frame::new(path, level, self.unpacked).map_err(write_error)?;
        let mut piece = vec![0; PIECE];
        for item in &self.items {
            let head = tar::header(&item.path, &item.node);
            frame.write_all(&head).map_err(write_error)?;
            if let Node::File { size, digest, .. } = item.node {
                let Some(tree::Node::File { content, .. }) = tree.get(&item.path) else {
                    return Err(Error::Changed(item.path.clone()));
                };
                if size > MAX_FILE {
                    return Err(Error::TooLarge(item.path.clone()));
                }
                let read_error = |source| Error::Read { path: item.path.clone(), source };
                let mut reader = content.open().map_err(read_error)?;
                let mut hasher = blake3::Hasher::new();
                let mut left = size;
                while left > 0 {
                    let want = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
                    let piece = &mut piece[..want];
                    reader.read_exact(piece).map_err(|error| match error.kind() {
                        io::ErrorKind::UnexpectedEof => Error::Changed(item.path.clone()),
                        _ => read_error(error),
                    })?;
                    hasher.update(piece);
                    frame.write_all(piece).map_err(write_error)?;
                    left -= want as u64;
                    progress.advance(want as u64);
                }
                if FileDigest::from_hash(&hasher.finalize()) != digest {
                    return Err(Error::Changed(item.path.clone()));
                }
                frame.write_all(&[0; BLOCK][..tar::padding(size)]).map_err(write_error)?;
            }
        }
        frame.write_all(&tar::END).map_err(write_error)?;
        frame.finish(path, self.unpacked).map_err(write_error)
    }
}

/// Writes `bytes` as one zstd frame to a new file at `path`.
pub(super) fn write_frame(bytes: &[u8], level: i32, path: &Path) -> io::Result<PackedMember> {
    let mut frame = Frame::new(path, level, bytes.len() as u64)?;
    for piece in bytes.chunks(PIECE) {
        frame.write_all(piece)?;
    }
    frame.finish(path, bytes.len() as u64)
}

/// A zstd frame on its way to a file: its length in its header, no checksum (the manifest has a
/// better one), one thread, and a window that the launcher accepts.
struct Frame(zstd::Encoder<'static, Hashed>);

impl Frame {
    fn new(path: &Path, level: i32, unpacked: u64) -> io::Result<Self> {
        let file =
            Hashed { file: File::create_new(path)?, hasher: blake3::Hasher::new(), length: 0 };
        let mut encoder = zstd::Encoder::new(file, level)?;
        encoder.set_parameter(CParameter::WindowLog(MAX_WINDOW_LOG))?;
        encoder.set_pledged_src_size(Some(unpacked))?;
        encoder.include_contentsize(true)?;
        encoder.include_checksum(false)?;
        Ok(Self(encoder))
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn finish(self, path: &Path, unpacked: u64) -> io::Result<PackedMember> {
        let Hashed { hasher, length, .. } = self.0.finish()?;
        let blake3 = Digest(*hasher.finalize().as_bytes());
        Ok(PackedMember { path: path.to_owned(), offset: 0, length, unpacked, blake3 })
    }
}

/// A file that is hashed and counted while it is written.
struct Hashed {
    file: File,
    hasher: blake3::Hasher,
    length: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snakecrate_format::listing::Mode;

    fn file(path: &str, size: u64) -> Item {
        let digest = FileDigest::of(b"");
        let node = Node::File { mode: Mode::Plain, size, digest };
        Item { path: EntryPath::new(path).unwrap(), node }
    }

    fn dealt(items: Vec<Item>) -> Vec<Vec<String>> {
        let listing = Listing::new(items).unwrap();
        let path = |item: &&Item| item.path.to_string();
        grouped(&listing, 8192).iter().map(|group| group.items.iter().map(path).collect()).collect()
    }

    #[test]
    fn like_files_are_beside_each_other() {
        let items = [
            "y/a.so",
            "y/__pycache__/b.cpython-312.pyc",
            "y/a.py",
            "__pycache__/a.cpython-312.pyc",
            "x/a.so",
            "y/b.py",
            "a.py",
        ];
        let dealt = dealt(items.iter().map(|path| file(path, 1)).collect());
        let expected = [
            "a.py",
            "__pycache__/a.cpython-312.pyc",
            "y/a.py",
            "y/b.py",
            "y/__pycache__/b.cpython-312.pyc",
            "x/a.so",
            "y/a.so",
        ];
        assert_eq!(dealt, [expected]);
    }

    #[test]
    fn a_group_ends_before_it_grows_past_the_target_and_large_files_are_alone() {
        let items = vec![file("a", 3000), file("b", 3000), file("c", 3000), file("d", 9000)];
        assert_eq!(dealt(items), [vec!["a", "b"], vec!["c"], vec!["d"]]);
        assert!(dealt(vec![]).is_empty());
    }
}
