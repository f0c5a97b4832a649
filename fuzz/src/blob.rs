//! A listing and a blob that claims to hold its files.

use std::fs::{self, File};
use std::io::{BufRead, Read};
use std::path::Path;

use snakecrate_cache::extract::{ExtractError, extract};
use snakecrate_cache::listed::Listed;
use snakecrate_cache::progress::Progress;
use snakecrate_cache::signs_of_life::Pulse;
use snakecrate_format::digest::Digest;
use snakecrate_format::listing::{Listing, Node};
use snakecrate_format::manifest::{Component, Kind, Member};
use snakecrate_format::payload::Payload;
use snakecrate_format::record::BootRecord;
use snakecrate_format::tar::{self, BLOCK};
use snakecrate_format::zstd::{Context, Decoder};
use snakecrate_platform::directory::Directory;
use snakecrate_platform::file::SharedFile;

use super::safe;

/// The longest decoded frame here, in bytes.
const MOST: usize = 1 << 20;

/// `[how, length of the listing: 2, unpacked: 3]`, the listing, then a tar (`how` is even) or a
/// frame of one. In a tar, checksums are made right unless `how` is 2.
///
/// Both go into a file like an archive's, which is extracted as in a first start.
pub fn blob(data: &[u8]) {
    let Some((&[how, low, high, a, b, c], rest)) = data.split_first_chunk() else { return };
    let (text, rest) = rest.split_at(rest.len().min(usize::from(u16::from_le_bytes([low, high]))));
    let (packed, unpacked) = if how % 2 == 0 {
        let mut bytes = rest[..rest.len().min(MOST)].to_vec();
        if how != 2 {
            seal(&mut bytes);
        }
        (compress(&bytes), bytes.len())
    } else {
        let unpacked = u32::from_le_bytes([a, b, c, 0]) as usize % MOST;
        (rest.to_vec(), unpacked)
    };
    if let Some(bytes) = decoded(&packed, unpacked) {
        read(&bytes);
    }
    if let Ok(listing) = Listing::parse(text) {
        extracted(text, &listing, &packed, unpacked);
    }
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut packed = vec![0; zstd_safe::compress_bound(bytes.len())];
    let length = zstd_safe::compress(&mut packed[..], bytes, 1).expect("there is room");
    packed.truncate(length);
    packed
}

/// Corrects the checksums of all headers.
fn seal(tar: &mut [u8]) {
    for block in tar.chunks_exact_mut(BLOCK).filter(|block| block[257..262] == *b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    }
}

/// Both decoders give the same, and never more than was declared.
fn decoded(packed: &[u8], unpacked: usize) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    let short = Context::new().expect("memory").decode(packed, unpacked, &mut whole);
    assert!(whole.len() <= unpacked);
    let mut streamed = Vec::new();
    let mut decoder = Decoder::new(packed, unpacked as u64).expect("memory");
    let long = decoder.read_to_end(&mut streamed);
    assert!(streamed.len() <= unpacked);
    match (short, long) {
        (Ok(()), Ok(_)) => {
            assert_eq!(whole.len(), unpacked);
            assert!(whole == streamed, "two decoders, one result");
            Some(whole)
        }
        // Only the stream allocates a window, and refuses a large one.
        (Ok(()), Err(_)) => Some(whole),
        (Err(error), Ok(_)) => panic!("only the stream can be decoded: {error}"),
        (Err(_), Err(_)) => None,
    }
}

/// A tar gives safe paths, and no more than it holds.
fn read(bytes: &[u8]) {
    let mut tar = tar::Reader::new(bytes);
    let mut sum = 0;
    loop {
        match tar.next_entry() {
            Err(error) => return safe::message(&error.to_string()),
            Ok(None) => break,
            Ok(Some(entry)) => {
                safe::path(entry.path.as_str());
                while let Ok(length @ 1..) = tar.fill_buf().map(<[u8]>::len) {
                    sum += length;
                    tar.consume(length);
                }
            }
        }
    }
    assert!(sum <= bytes.len());
}

/// An archive of this one component, extracted: all of the listing and nothing else, or the
/// archive is to blame.
fn extracted(text: &[u8], listing: &Listing, packed: &[u8], unpacked: usize) {
    let place = tempfile::Builder::new().prefix("snakecrate-fuzz-").tempdir_in(memory()).unwrap();
    let tree = compress(text);
    let file = place.path().join("archive");
    fs::write(&file, [&tree[..], packed].concat()).unwrap();
    let member = |offset: usize, bytes: &[u8], unpacked: usize| Member {
        offset: offset as u64,
        length: bytes.len() as u64,
        unpacked: unpacked as u64,
        blake3: Digest::of(bytes),
    };
    let component = Component {
        kind: Kind::Runtime,
        name: "fuzz".into(),
        version: "1".into(),
        digest: Digest::of(text),
        files: listing.items().len() as u64,
        bytes: listing.bytes(),
        source: None,
        whole: vec![],
        download: None,
        tree: member(0, &tree, text.len()),
        blobs: vec![member(tree.len(), packed, unpacked)],
    };
    let length = (tree.len() + packed.len()) as u64;
    let record = BootRecord {
        manifest_offset: 0,
        manifest_length: 0,
        archive_length: length,
        manifest_digest: Digest::of(b""),
        signature: None,
        runtime: None,
        graphical: false,
    };
    let payload =
        Payload::new(SharedFile(File::open(&file).unwrap()), record).expect("as long as it says");
    let listed = match Listed::all(&payload, &[&component]) {
        Ok(listed) => listed,
        Err(error) => return safe::message(&error.to_string()),
    };
    let into = place.path().join("into");
    fs::create_dir(&into).unwrap();
    let progress = Progress::default();
    let pulse = Pulse::new(&progress, None);
    match extract(&payload, &[&listed[0]], &Directory::open(&into).unwrap(), &pulse) {
        Ok(()) => {
            // Other targets check the archive; this one checks the extracted files.
            compare(&into.join(component.digest.key()), listing);
        }
        Err(ExtractError::Payload(error)) => safe::message(&error.to_string()),
        Err(ExtractError::Write(errno)) => panic!("the file system is to blame for it: {errno}"),
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2, "nothing beside");
    assert_eq!(fs::read_dir(&into).unwrap().count(), 1, "nothing beside");
}

fn compare(root: &Path, listing: &Listing) {
    let mut found = 0;
    let own = |entry: &walkdir::DirEntry| entry.depth() != 1 || entry.file_name() != ".snakecrate";
    for entry in walkdir::WalkDir::new(root).into_iter().filter_entry(own) {
        let entry = entry.unwrap();
        if entry.file_type().is_dir() {
            continue;
        }
        found += 1;
        let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap();
        match listing.get(path).expect("only what is listed") {
            Node::File { size, .. } => {
                assert!(entry.file_type().is_file());
                assert_eq!(entry.metadata().unwrap().len(), *size);
            }
            Node::Link(target) => {
                let there = fs::read_link(entry.path()).unwrap();
                assert_eq!(there, Path::new(target.as_str()));
            }
        }
    }
    assert_eq!(found, listing.items().len(), "all that is listed");
}

/// A directory in memory, if there is one.
pub fn memory() -> &'static Path {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() { shared } else { Path::new("/tmp") }
}
