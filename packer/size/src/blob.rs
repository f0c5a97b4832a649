//! The packed bytes of each file in a blob.
//!
//! A blob is one zstd frame, in which files share their matches and statistics. The packed length of
//! each block is known, and blocks have at most 128 KiB. So a file that fills blocks has nearly its
//! exact length; files that share a block share its bytes as they would if each were compressed alone.
//! The modules in a pack are weighed like files.

use std::io::{self, BufRead, Read};
use std::ops::Range;

use snakecrate_format::manifest::Component;
use snakecrate_format::payload::{BadPayload, Payload};
use snakecrate_format::tar::{BadTar, Reader};

use crate::classify::{Class, FileKind, HEAD, classify};
use crate::frame::{Block, Frame};
use crate::pack::{self, Module};

/// The level at which pieces of a block are compared.
const COMPARED: i32 = 1;
/// What a file's header takes, packed: a path, a size and a checksum, which the next header does not
/// repeat.
const HEADER: usize = 40;

/// A file or link in a blob, or a module in a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) path: String,
    /// Its share of the blob's bytes.
    pub(crate) packed: u64,
    pub(crate) class: Class,
    /// The place of a module in a pack. The pack comes right before its modules.
    pub(crate) packed_with: Option<InPack>,
}

/// The pack that has a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InPack {
    /// The path of the pack.
    pub(crate) pack: String,
    /// The module's bytes, unpacked.
    pub(crate) unpacked: u64,
}

/// Weighs the files of blob `index`. Their bytes are those of the blob.
pub(crate) fn weigh(
    payload: &Payload,
    component: &Component,
    index: usize,
) -> Result<Vec<Found>, BadPayload> {
    let member = &component.blobs[index];
    let name = || component.blob_member(index);
    let hashed = Hashed {
        inner: payload.section(member.offset, member.length),
        hasher: blake3::Hasher::new(),
    };
    let mut frame = Frame::new(io::BufReader::with_capacity(1 << 20, hashed));
    let weighed = read(&mut frame, member.length);
    let mut hashed = frame.into_inner().into_inner();
    io::copy(&mut hashed, &mut io::sink())?;
    // A wrong digest explains all other faults.
    if hashed.hasher.finalize().as_bytes() != &member.blake3.0 {
        return Err(BadPayload::Digest(name()));
    }
    weighed.map_err(|fault| match fault {
        Fault::Read(error) => BadPayload::Contents(name(), error),
        Fault::Tar(error) => BadPayload::Tar(name(), error),
    })
}

#[derive(Debug)]
enum Fault {
    Read(io::Error),
    Tar(BadTar),
}

/// Reads the tar in a frame of `length` packed bytes.
fn read(frame: &mut Frame<impl Read>, length: u64) -> Result<Vec<Found>, Fault> {
    let block = frame.block();
    let mut tar = Reader::new(frame);
    let mut weights = Weights::default();
    let mut found: Vec<Found> = Vec::new();
    while let Some(entry) = tar.next_entry().map_err(Fault::Tar)? {
        let path = entry.path.as_str().to_owned();
        let file = found.len();
        weights.begin(block.get());
        weights.add(file, HEADER);
        let (mut head, mut contents) = (Vec::new(), Vec::new());
        let (is_pack, mut chunks) = (pack::is_pack(&path), Vec::new());
        loop {
            let bytes = tar.fill_buf().map_err(Fault::Read)?;
            if bytes.is_empty() {
                break;
            }
            let (count, at) = (bytes.len(), block.get());
            let wanted = HEAD.saturating_sub(head.len()).min(count);
            head.extend_from_slice(&bytes[..wanted]);
            if is_pack {
                chunks.push((at, contents.len()..contents.len() + count));
                contents.extend_from_slice(bytes);
            } else {
                weights.begin(at);
                weights.add(file, weight(bytes, at));
            }
            tar.consume(count);
        }
        let modules = pack::modules(&path, &contents).unwrap_or_default();
        for (at, place) in chunks {
            weights.begin(at);
            weights.add_parts(file, &modules, &contents, place);
        }
        let mut class = classify(&path, &head);
        if !modules.is_empty() {
            class.kind = FileKind::Bytecode;
        }
        let modules = modules.into_iter().map(|module| Found {
            packed: 0,
            class: classify(&module.path, b""),
            packed_with: Some(InPack { pack: path.clone(), unpacked: module.place.len() as u64 }),
            path: module.path,
        });
        let modules: Vec<Found> = modules.collect();
        found.push(Found { path, packed: 0, class, packed_with: None });
        found.extend(modules);
    }
    let shares = weights.shares(found.len(), length);
    for (one, share) in found.iter_mut().zip(shares) {
        one.packed = share;
    }
    Ok(found)
}

/// The weight of `bytes` in `block`. A block that they fill needs no comparison.
fn weight(bytes: &[u8], block: Block) -> usize {
    if bytes.len() == block.unpacked { bytes.len() } else { alone(bytes) }
}

/// The length of `bytes` compressed alone.
fn alone(bytes: &[u8]) -> usize {
    let mut packed = vec![0; zstd_safe::compress_bound(bytes.len())];
    zstd_safe::compress(&mut packed[..], bytes, COMPARED).unwrap_or(bytes.len())
}

/// Spreads the packed bytes of blocks over files.
#[derive(Default)]
struct Weights {
    block: Block,
    /// Files with bytes in the current block, and their weights there.
    current: Vec<(usize, usize)>,
    /// The packed bytes that are spread.
    spread: u64,
    /// The packed bytes of each file.
    packed: Vec<f64>,
}

#[allow(clippy::cast_precision_loss, reason = "packed blobs are far shorter than 2^52 bytes")]
impl Weights {
    /// Is told the block of what follows.
    fn begin(&mut self, block: Block) {
        if block.number != self.block.number {
            self.close();
            self.block = block;
        }
    }

    fn add(&mut self, file: usize, weight: usize) {
        self.current.push((file, weight));
        if self.packed.len() <= file {
            self.packed.resize(file + 1, 0.0);
        }
    }

    /// Adds the part of a pack at `place` of its `contents`: file number `file`, followed by its modules.
    fn add_parts(&mut self, file: usize, modules: &[Module], contents: &[u8], place: Range<usize>) {
        let (mut at, end) = (place.start, place.end);
        let first = modules.partition_point(|module| module.place.end <= at);
        for (number, module) in modules.iter().enumerate().skip(first) {
            if at < module.place.start.min(end) {
                let until = module.place.start.min(end);
                self.add(file, weight(&contents[at..until], self.block));
                at = until;
            }
            let until = module.place.end.min(end);
            if at < until {
                self.add(file + 1 + number, weight(&contents[at..until], self.block));
                at = until;
            }
            if at == end {
                return;
            }
        }
        self.add(file, weight(&contents[at..end], self.block));
    }

    /// Spreads the packed bytes up to the end of the current block.
    fn close(&mut self) {
        let sum: usize = self.current.iter().map(|(_, weight)| weight).sum();
        if sum == 0 {
            return;
        }
        let each = (self.block.end - self.spread) as f64 / sum as f64;
        for (file, weight) in self.current.drain(..) {
            self.packed[file] += weight as f64 * each;
        }
        self.spread = self.block.end;
    }

    /// Whole bytes for each of `count` files, which together are all `length` bytes of the blob.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "no sum is negative"
    )]
    fn shares(mut self, count: usize, length: u64) -> Vec<u64> {
        self.close();
        self.packed.resize(count, 0.0);
        if let Some(last) = self.packed.last_mut() {
            // Only the end of the tar is left.
            *last += (length - self.spread.min(length)) as f64;
        }
        let (mut sum, mut before) = (0.0, 0);
        let mut share = |packed: f64| {
            sum += packed;
            let so_far = sum.round() as u64;
            let share = so_far - before;
            before = so_far;
            share
        };
        self.packed.iter().map(|&packed| share(packed)).collect()
    }
}

/// A reader that hashes everything that is read.
struct Hashed<R> {
    inner: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use snakecrate_format::digest::FileDigest;
    use snakecrate_format::entry_path::EntryPath;
    use snakecrate_format::listing::{Mode, Node};
    use snakecrate_format::tar::{END, header, padding};

    use super::*;

    /// A blob with these files.
    fn blob(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut tar = Vec::new();
        for (path, contents) in files {
            let (size, digest) = (contents.len() as u64, FileDigest::of(contents));
            let node = Node::File { mode: Mode::Plain, size, digest };
            tar.extend(header(&EntryPath::new(path).unwrap(), &node));
            tar.extend(contents);
            tar.resize(tar.len() + padding(size), 0);
        }
        tar.extend(END);
        packed(&tar, 18)
    }

    fn packed(bytes: &[u8], level: i32) -> Vec<u8> {
        let mut packed = vec![0; zstd_safe::compress_bound(bytes.len())];
        let length = zstd_safe::compress(&mut packed[..], bytes, level).unwrap();
        packed.truncate(length);
        packed
    }

    /// Bytes that do not compress.
    fn noise(count: u32) -> Vec<u8> {
        let mut state = u64::from(count);
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0]
        };
        (0..count).map(|_| next()).collect()
    }

    fn weighed(files: &[(&str, Vec<u8>)]) -> (Vec<u64>, u64) {
        let blob = blob(files);
        let length = blob.len() as u64;
        let found = read(&mut Frame::new(&blob[..]), length).unwrap();
        let names: Vec<_> = found.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(names, files.iter().map(|file| file.0).collect::<Vec<_>>());
        (found.iter().map(|one| one.packed).collect(), length)
    }

    #[test]
    fn the_files_have_all_bytes_of_the_blob() {
        let files: Vec<_> = (0..300)
            .map(|n: u32| (format!("d/f{n}"), format!("line {n}\n").repeat(7 * n as usize)))
            .collect();
        let files: Vec<_> =
            files.iter().map(|(name, text)| (name.as_str(), text.clone().into_bytes())).collect();
        let (shares, length) = weighed(&files);
        assert_eq!(shares.iter().sum::<u64>(), length);
        let (shares, length) = weighed(&[("empty", vec![])]);
        assert_eq!(shares, [length]);
    }

    #[test]
    fn noise_takes_its_length_and_repetition_little() {
        let zeros = vec![0; 300_000];
        let files = [("a", noise(100_000)), ("b", zeros.clone()), ("c", noise(50_000))];
        let (shares, _) = weighed(&files);
        assert!(shares[0].abs_diff(100_000) < 1_000, "{shares:?}");
        assert!(shares[1] < 1_000, "{shares:?}");
        assert!(shares[2].abs_diff(50_000) < 1_000, "{shares:?}");
    }

    #[test]
    fn the_modules_of_a_pack_are_weighed_like_files() {
        let (large, small) = (noise(300_000), vec![0; 100_000]);
        let modules = [("", "__init__", &b"x"[..]), ("d", "large", &large), ("d", "small", &small)];
        let path = "lib/python3.12/site-packages/__pycache__/p.cpython-312.pack";
        let files = [
            ("a", noise(5_000)),
            (path, pack::made(&modules)),
            ("b", noise(7_000)),
            ("lib/python3.12/site-packages/__pycache__/q.cpython-312.pack", b"no pack".to_vec()),
        ];
        let blob = blob(&files);
        let length = blob.len() as u64;
        let found = read(&mut Frame::new(&blob[..]), length).unwrap();
        let name = |one: &Found| one.path.rsplit('/').next().unwrap().to_owned();
        let names: Vec<_> = found.iter().map(name).collect();
        let expected = [
            "a",
            "p.cpython-312.pack",
            "__init__.cpython-312.pyc",
            "large.cpython-312.pyc",
            "small.cpython-312.pyc",
            "b",
            "q.cpython-312.pack",
        ];
        assert_eq!(names, expected);
        let kinds: Vec<_> = found.iter().map(|one| one.class.kind).collect();
        let (data, code) = (FileKind::Data, FileKind::Bytecode);
        assert_eq!(kinds, [data, code, code, code, code, data, data]);
        let in_pack = |one: &Found| one.packed_with.as_ref().map(|in_pack| in_pack.unpacked);
        let unpacked: Vec<_> = found.iter().map(in_pack).collect();
        assert_eq!(unpacked, [None, None, Some(1), Some(300_000), Some(100_000), None, None]);
        let shares: Vec<_> = found.iter().map(|one| one.packed).collect();
        assert_eq!(shares.iter().sum::<u64>(), length);
        for (at, about) in [(0, 5_000_u64), (3, 300_000), (5, 7_000)] {
            assert!(shares[at].abs_diff(about) < 1_500, "{shares:?}");
        }
        for at in [1, 2, 4, 6] {
            assert!(shares[at] < 1_000, "{shares:?}");
        }
    }

    #[test]
    fn a_long_file_takes_what_it_takes_alone() {
        let numbers = (0..90_000_u32).map(|n| (n.wrapping_mul(n) % 7919).to_string());
        let text = numbers.collect::<Vec<_>>().join(" ").into_bytes();
        let files = [("before", noise(3_000)), ("long", text.clone()), ("x", noise(3_000))];
        let (shares, _) = weighed(&files);
        let alone = packed(&text, 18).len() as u64;
        assert!(shares[1].abs_diff(alone) < alone / 20, "{} {alone}", shares[1]);
    }
}
