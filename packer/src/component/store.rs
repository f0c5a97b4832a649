//! The packer's cache of components.
//!
//! ```text
//! <dir>/components/<form>/<key of the listing's digest>-<level>/   tree.zst 00.tar.zst … packed.json
//! <dir>/inputs/<form>/<hash of an input key>                       the name of a directory above
//! ```
//!
//! `<form>` names what else the bytes depend on: the layout of blobs and the compressor. Both kinds
//! of entry are written aside and renamed, so any number of packers may share the cache; whoever
//! loses a race uses the winner's, which has the same bytes.

use std::path::{Path, PathBuf};
use std::{fs, io};

use rayon::prelude::*;
use snakecrate_stub::digest::Digest;
use snakecrate_stub::listing::Listing;

use super::{Error, LEVELS, Packed, blob, check_limits, entry, listing};
use crate::tree::Tree;
use crate::ui::Progress;

/// Counts up when the same tree is to become other bytes.
const LAYOUT: u32 = 1;

/// The cache; see the module.
#[derive(Debug, Clone)]
pub struct Store {
    components: PathBuf,
    inputs: PathBuf,
}

impl Store {
    /// The cache below `directory`, which need not exist yet.
    pub fn new(directory: &Path) -> Self {
        let form = format!("{LAYOUT}-zstd{}", zstd::zstd_safe::version_number());
        Self {
            components: directory.join("components").join(&form),
            inputs: directory.join("inputs").join(&form),
        }
    }

    /// Packs `tree` at `level` (of [`LEVELS`]), or finds that it was packed before. `progress` is
    /// advanced by the bytes of the tree's files.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn pack(&self, tree: &Tree, level: i32, progress: &Progress) -> Result<Packed, Error> {
        if !LEVELS.contains(&level) {
            return Err(Error::Level(level));
        }
        let listing = listing(tree)?;
        let name = format!("{}-{level}", listing.digest().key());
        let place = self.components.join(name);
        if let Some(packed) = entry::read(&place) {
            progress.advance(packed.bytes);
            return Ok(packed);
        }
        let write_error = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Write { path, source }
        };
        fs::create_dir_all(&self.components).map_err(write_error(&self.components))?;
        let staging = tempfile::Builder::new()
            .prefix(".new-")
            .tempdir_in(&self.components)
            .map_err(write_error(&self.components))?;
        let mut packed = compress(tree, &listing, level, staging.path(), progress)?;
        entry::describe(staging.path(), &packed).map_err(write_error(staging.path()))?;
        publish(staging, &place).map_err(write_error(&place))?;
        entry::place(&mut packed, &place);
        Ok(packed)
    }

    /// What [`Store::remember`] was told for `input_key`, if all of it is still there.
    pub fn lookup(&self, input_key: &str) -> Option<Packed> {
        let name = fs::read_to_string(self.input(input_key)).ok()?;
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (plain && !name.is_empty()).then(|| entry::read(&self.components.join(name)))?
    }

    /// Notes that the input with this key (which names everything that the tree depends on) becomes
    /// `packed`.
    ///
    /// # Errors
    ///
    /// [`Error::Write`].
    pub fn remember(&self, input_key: &str, packed: &Packed) -> Result<(), Error> {
        let path = self.input(input_key);
        let note = || -> io::Result<()> {
            let directory = packed.tree.path.parent().and_then(Path::file_name);
            let name =
                directory.and_then(|name| name.to_str()).ok_or(io::ErrorKind::InvalidInput)?;
            fs::create_dir_all(&self.inputs)?;
            let mut file = tempfile::NamedTempFile::new_in(&self.inputs)?;
            io::Write::write_all(&mut file, name.as_bytes())?;
            file.persist(&path)?;
            Ok(())
        };
        note().map_err(|source| Error::Write { path: path.clone(), source })
    }

    fn input(&self, key: &str) -> PathBuf {
        self.inputs.join(Digest::of(key.as_bytes()).key())
    }
}

fn compress(
    tree: &Tree,
    listing: &Listing,
    level: i32,
    directory: &Path,
    progress: &Progress,
) -> Result<Packed, Error> {
    let text = listing.encode();
    let groups = blob::groups(listing);
    check_limits(listing, text.len(), groups.len())?;
    // Longest first, handed out one by one: no thread is left with the longest at the end.
    let mut order: Vec<_> = groups.iter().enumerate().collect();
    order.sort_by_key(|(_, group)| std::cmp::Reverse(group.unpacked));
    let blobs: Result<Vec<_>, Error> = order
        .into_iter()
        .par_bridge()
        .map(|(index, group)| {
            let path = directory.join(entry::blob(index));
            Ok((index, group.write(tree, level, &path, progress)?))
        })
        .collect();
    let mut blobs = blobs?;
    blobs.sort_by_key(|(index, _)| *index);
    let path = directory.join(entry::TREE);
    let member = blob::write_frame(text.as_bytes(), level, &path)
        .map_err(|source| Error::Write { path, source })?;
    Ok(Packed {
        digest: listing.digest(),
        files: listing.items().len() as u64,
        bytes: listing.bytes(),
        tree: member,
        blobs: blobs.into_iter().map(|(_, blob)| blob).collect(),
    })
}

/// Renames `staging` to `place`, where a damaged entry may be in the way, or another packer's.
fn publish(staging: tempfile::TempDir, place: &Path) -> io::Result<()> {
    if fs::rename(staging.path(), place).is_ok() {
        let _gone = staging.keep();
        return Ok(());
    }
    if entry::read(place).is_some() {
        return Ok(());
    }
    let parent = place.parent().unwrap_or(place);
    let damaged = tempfile::Builder::new().prefix(".old-").tempdir_in(parent)?;
    match fs::rename(place, damaged.path().join("entry")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    match fs::rename(staging.path(), place) {
        Err(error) if entry::read(place).is_none() => Err(error),
        Err(_) => Ok(()),
        Ok(()) => {
            let _gone = staging.keep();
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Mode, Node};
    use crate::ui::{Ui, Verbosity};
    use snakecrate_stub::entry_path::{EntryPath, LinkTarget};
    use snakecrate_stub::tar::{Kind, Reader};
    use std::io::Read;

    fn progress() -> Progress {
        Ui::new(Verbosity::Quiet).bytes("", 0)
    }

    fn path(text: &str) -> EntryPath {
        EntryPath::new(text).unwrap()
    }

    /// Compressible and not, small and larger than a blob, in memory and on disk.
    fn tree(directory: &Path) -> Tree {
        let mut tree = Tree::default();
        let noise: Vec<u8> =
            (0..1_200_000u32).flat_map(|n| n.wrapping_mul(n).to_le_bytes()).collect();
        let large = directory.join("large");
        fs::write(&large, noise).unwrap();
        tree.insert_file(path("lib/large.so"), Mode::Executable, crate::tree::Content::Disk(large));
        for n in 0..3000 {
            let text = format!("value = {n}\n").repeat(300);
            tree.insert_file(path(&format!("app/m{n}.py")), Mode::Plain, text.into_bytes());
        }
        tree.insert_file(path("bin/tool"), Mode::Script, b"#!python\n".to_vec());
        let link = path("lib64");
        let target = LinkTarget::new(&link, "lib").unwrap();
        tree.insert(link, Node::Link(target));
        tree
    }

    fn contents(packed: &Packed) -> Vec<Vec<u8>> {
        packed.members().map(|member| fs::read(&member.path).unwrap()).collect()
    }

    #[test]
    fn a_packed_tree_reads_back_as_its_listing_says() {
        let directory = tempfile::tempdir().unwrap();
        let tree = tree(directory.path());
        let packed =
            Store::new(&directory.path().join("cache")).pack(&tree, 1, &progress()).unwrap();
        let text = zstd::decode_all(fs::File::open(&packed.tree.path).unwrap()).unwrap();
        let listing = Listing::parse(&text).unwrap();
        assert_eq!((listing.digest(), text.len() as u64), (packed.digest, packed.tree.unpacked));
        assert_eq!((packed.files, packed.bytes), (3002 + 1, listing.bytes()));
        assert!(packed.blobs.len() > 2);
        let mut seen = 0;
        for blob in &packed.blobs {
            let stored = fs::read(&blob.path).unwrap();
            assert_eq!((stored.len() as u64, Digest::of(&stored)), (blob.length, blob.blake3));
            let tar = zstd::decode_all(&stored[..]).unwrap();
            assert_eq!(tar.len() as u64, blob.unpacked);
            let mut reader = Reader::new(&tar[..]);
            while let Some(entry) = reader.next_entry().unwrap() {
                let mut bytes = Vec::new();
                reader.read_to_end(&mut bytes).unwrap();
                match (tree.get(&entry.path).unwrap(), entry.kind) {
                    (Node::Link(a), Kind::Link(b)) => assert_eq!(*a, b),
                    (Node::File { mode, content }, Kind::File { executable, .. }) => {
                        assert_eq!(mode.is_executable(), executable);
                        assert_eq!(*content.read().unwrap(), bytes);
                    }
                    _ => panic!("{} became something else", entry.path),
                }
                seen += 1;
            }
        }
        assert_eq!(seen, tree.len());
    }

    #[test]
    fn the_bytes_depend_on_tree_and_level_alone() {
        let directory = tempfile::tempdir().unwrap();
        let on_disk = tree(directory.path());
        let mut in_memory = Tree::default();
        for (path, node) in on_disk.iter() {
            let node = match node {
                Node::File { mode, content } => {
                    Node::File { mode: *mode, content: content.read().unwrap().to_vec().into() }
                }
                Node::Link(target) => Node::Link(target.clone()),
            };
            in_memory.insert(path.clone(), node);
        }
        let pack = |name: &str, tree: &Tree| {
            Store::new(&directory.path().join(name)).pack(tree, 5, &progress()).unwrap()
        };
        assert_eq!(contents(&pack("a", &on_disk)), contents(&pack("b", &in_memory)));
    }

    #[test]
    fn the_window_is_never_larger_than_the_launcher_accepts() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("frame");
        // Repeats itself at a distance of 6 MiB: a larger window would find that.
        let noise: Vec<u8> =
            (0..1_500_000u32).flat_map(|n| n.wrapping_mul(n).to_le_bytes()).collect();
        let bytes = [&noise[..], &noise].concat();
        blob::write_frame(&bytes, 22, &path).unwrap();
        let mut decoder = zstd::Decoder::new(fs::File::open(&path).unwrap()).unwrap();
        decoder.window_log_max(snakecrate_stub::manifest::MAX_WINDOW_LOG).unwrap();
        let mut back = Vec::new();
        decoder.read_to_end(&mut back).unwrap();
        assert!(back == bytes);
        let frame = fs::read(&path).unwrap();
        assert_eq!(zstd::zstd_safe::get_frame_content_size(&frame).unwrap(), Some(12_000_000));
        assert_eq!(frame[4] & 4, 0, "no checksum");
    }

    #[test]
    fn what_was_packed_is_found_again_and_a_damaged_entry_is_remade() {
        let directory = tempfile::tempdir().unwrap();
        let tree = tree(directory.path());
        let store = Store::new(&directory.path().join("cache"));
        assert_eq!(store.lookup("wheel"), None);
        let packed = store.pack(&tree, 1, &progress()).unwrap();
        store.remember("wheel", &packed).unwrap();
        let bytes = contents(&packed);
        let inode = || {
            use std::os::unix::fs::MetadataExt;
            fs::metadata(&packed.tree.path).unwrap().ino()
        };
        let first = inode();
        assert_eq!(store.pack(&tree, 1, &progress()).unwrap(), packed);
        assert_eq!(store.lookup("wheel").unwrap(), packed);
        assert_eq!(inode(), first);
        assert_eq!(store.lookup("another"), None);
        let blob = &packed.blobs[1].path;
        for damage in [|path: &Path| fs::remove_file(path), |path: &Path| fs::write(path, b"cut")] {
            damage(blob).unwrap();
            assert_eq!(store.lookup("wheel"), None);
            assert_eq!(store.pack(&tree, 1, &progress()).unwrap(), packed);
            assert_eq!(contents(&packed), bytes);
        }
        let names = fs::read_dir(&store.components).unwrap().count();
        assert_eq!(names, 1, "nothing is left beside the entry");
    }

    #[test]
    fn a_level_that_zstd_does_not_have_is_refused() {
        let store = Store::new(Path::new("/nonexistent"));
        let error = store.pack(&Tree::default(), 23, &progress()).unwrap_err();
        assert_eq!(error.to_string(), "no compression level 23: levels go from 1 to 22");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let mut tree = Tree::default();
        let gone = crate::tree::Content::Disk("/nonexistent/x".into());
        tree.insert_file(path("lib/x.py"), Mode::Plain, gone);
        let error = listing(&tree).unwrap_err();
        assert!(error.to_string().starts_with("cannot read the contents of `lib/x.py`"), "{error}");
    }
}
