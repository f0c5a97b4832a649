use super::*;
use snakecrate_base::tree::{Mode, Node};
use snakecrate_base::ui::{Ui, Verbosity};
use snakecrate_format::entry_path::{EntryPath, LinkTarget};
use snakecrate_format::tar::{Kind, Reader};
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
    let noise: Vec<u8> = (0..1_200_000u32).flat_map(|n| n.wrapping_mul(n).to_le_bytes()).collect();
    let large = directory.join("large");
    fs::write(&large, noise).unwrap();
    tree.insert_file(
        path("lib/large.so"),
        Mode::Executable,
        snakecrate_base::tree::Content::Disk(large),
    );
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
    let packed = Store::new(&BuildCache::at(directory.path().join("cache")))
        .pack(&tree, 1, &progress())
        .unwrap();
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
        Store::new(&BuildCache::at(directory.path().join(name))).pack(tree, 5, &progress()).unwrap()
    };
    assert_eq!(contents(&pack("a", &on_disk)), contents(&pack("b", &in_memory)));
}

#[test]
fn the_window_is_never_larger_than_the_launcher_accepts() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("frame");
    // Repeats itself at a distance of 6 MiB: a larger window would find that.
    let noise: Vec<u8> = (0..1_500_000u32).flat_map(|n| n.wrapping_mul(n).to_le_bytes()).collect();
    let bytes = [&noise[..], &noise].concat();
    blob::write_frame(&bytes, 22, &path).unwrap();
    let mut decoder = zstd::Decoder::new(fs::File::open(&path).unwrap()).unwrap();
    decoder.window_log_max(snakecrate_format::manifest::MAX_WINDOW_LOG).unwrap();
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
    let store = Store::new(&BuildCache::at(directory.path().join("cache")));
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
    let store = Store::new(&BuildCache::at("/nonexistent"));
    let error = store.pack(&Tree::default(), 23, &progress()).unwrap_err();
    assert_eq!(error.to_string(), "no compression level 23: levels go from 1 to 22");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let mut tree = Tree::default();
    let gone = snakecrate_base::tree::Content::Disk("/nonexistent/x".into());
    tree.insert_file(path("lib/x.py"), Mode::Plain, gone);
    let error = listing(&tree).unwrap_err();
    assert!(error.to_string().starts_with("cannot read the contents of `lib/x.py`"), "{error}");
}
