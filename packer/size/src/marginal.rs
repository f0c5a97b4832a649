//! What leaving out files saves.
//!
//! A file's share of its blob is more than that if other files repeat it: they have to say then what it
//! said. And blobs take other files in its place. So the component is packed twice at a fast level, as
//! it is and without the files, and its real length shrinks as that one does. Few files move few others,
//! so for these only their own blobs are packed again. Files that stay and change are packed as they become.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read as _};

use rayon::prelude::*;
use snakecrate_format::manifest::Component;
use snakecrate_format::payload::{BadPayload, Memory};
use snakecrate_format::tar::{BLOCK, BadTar, Reader, padding};
use zstd_safe::{CCtx, CParameter};

use crate::Error;
use crate::measure::Opened;
use crate::pack;

/// The level at which components are compared.
const COMPARED: i32 = 5;
/// The window of blobs, as a power of two (`window_log` of a manifest that has none).
const WINDOW: u32 = 22;
/// The tar of a blob takes files up to this length in bytes.
const FULL: usize = 4 << 20;
/// Components with more bytes are not packed again: they lose the shares of their files.
const LONGEST: u64 = 1 << 30;

/// The paths of files, by the label of their component.
pub(crate) type Paths<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Gives the new contents of a file that stays, by its path and contents; `None`: it keeps its own.
pub(crate) type Rewrite<'a> = &'a (dyn Fn(&str, &[u8]) -> Option<Vec<u8>> + Sync);

/// The changes that an option makes.
#[derive(Default)]
pub(crate) struct Change<'a> {
    /// The files that go.
    pub(crate) leaving: Paths<'a>,
    /// Gives other contents to files that stay, of the components that lose files.
    pub(crate) rewrite: Option<Rewrite<'a>>,
}

/// The bytes that a change saves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Saved {
    /// Bytes of blobs.
    pub(crate) packed: u64,
    /// Unpacked bytes of files that get other contents.
    pub(crate) rewritten: u64,
}

/// A file or link, or a module in a pack.
struct Piece {
    path: String,
    contents: Vec<u8>,
    /// Whether the file before goes on with it.
    continues: bool,
}

/// The savings of each change. `shares` gives the packed bytes of a component's files.
pub(crate) fn saved(
    archive: Opened<'_>,
    changes: &[Change<'_>],
    shares: impl Fn(&str, &BTreeSet<&str>) -> u64,
) -> Result<Vec<Saved>, Error> {
    let mut sums = vec![Saved::default(); changes.len()];
    // One after the other, as each is in memory as a whole.
    for component in &archive.manifest.components {
        let label = component.label();
        let own = changes.iter().enumerate();
        let (places, sets): (Vec<usize>, Vec<Set<'_>>) = own
            .filter_map(|(at, change)| Some((at, (change.leaving.get(&*label)?, change.rewrite))))
            .unzip();
        if sets.is_empty() {
            continue;
        }
        let saved = if component.bytes > LONGEST {
            let share = |(set, _): &Set<'_>| Saved { packed: shares(&label, set), rewritten: 0 };
            sets.iter().map(share).collect()
        } else {
            of_component(archive, component, &sets)
                .map_err(|error| Error::of(archive.path, error))?
        };
        for (at, saved) in places.into_iter().zip(saved) {
            sums[at].packed += saved.packed;
            sums[at].rewritten += saved.rewritten;
        }
    }
    Ok(sums)
}

/// The paths of a component that go, and what the others become.
type Set<'a> = (&'a BTreeSet<&'a str>, Option<Rewrite<'a>>);

/// The savings of each set in `component`.
fn of_component(
    archive: Opened<'_>,
    component: &Component,
    sets: &[Set<'_>],
) -> Result<Vec<Saved>, BadPayload> {
    let blobs: Vec<Vec<Piece>> = (0..component.blobs.len())
        .into_par_iter()
        .map_init(Memory::default, |memory, index| {
            let mut pieces = Vec::new();
            archive.payload.blob(component, index, memory, |tar| {
                pieces = read(tar).map_err(|fault| match fault {
                    Fault::Tar(error) => BadPayload::Tar(component.blob_member(index), error),
                    Fault::Read(error) => BadPayload::Contents(component.blob_member(index), error),
                })?;
                Ok::<_, BadPayload>(())
            })?;
            Ok(pieces)
        })
        .collect::<Result<_, BadPayload>>()?;
    let length: u64 = component.blobs.iter().map(|blob| blob.length).sum();
    let lengths: Vec<usize> = blobs.par_iter().map(packed).collect();
    let whole: usize = lengths.iter().sum();
    let saved = |(set, rewrite): &Set<'_>| {
        let leaves = |piece: &&Piece| set.contains(&*piece.path);
        let pieces = || blobs.iter().flatten();
        if pieces().all(|piece| leaves(&piece)) {
            return Saved { packed: length, rewritten: 0 };
        }
        let leaving: usize = pieces().filter(leaves).map(|piece| piece.contents.len()).sum();
        let mut rewritten = 0;
        let rest: usize = if let Some(rewrite) = rewrite {
            let stay: Vec<&Piece> = pieces().filter(|piece| !leaves(piece)).collect();
            let other = |piece: &&Piece| {
                let Piece { path, contents, .. } = *piece;
                let contents = rewrite(path, contents).unwrap_or_else(|| contents.clone());
                Piece { path: path.clone(), contents, continues: false }
            };
            let others: Vec<Piece> = stay.par_iter().map(other).collect();
            rewritten = unpacked(stay).saturating_sub(unpacked(&others));
            filled(&others.iter().collect::<Vec<_>>()).into_par_iter().map(packed).sum()
        } else if leaving < FULL {
            let rest = |(blob, before): (&Vec<Piece>, &usize)| {
                let left: Vec<&Piece> = blob.iter().filter(|piece| !leaves(piece)).collect();
                if left.len() == blob.len() { *before } else { packed(left) }
            };
            blobs.par_iter().zip(&lengths).map(rest).sum()
        } else {
            let left: Vec<&Piece> = pieces().filter(|piece| !leaves(piece)).collect();
            filled(&left).into_par_iter().map(packed).sum()
        };
        let saved = u128::from(length) * whole.saturating_sub(rest) as u128;
        let packed = u64::try_from(saved / whole.max(1) as u128).unwrap_or(length);
        Saved { packed, rewritten }
    };
    Ok(sets.iter().map(saved).collect())
}

#[derive(Debug)]
enum Fault {
    Tar(BadTar),
    Read(std::io::Error),
}

fn read(tar: &mut dyn BufRead) -> Result<Vec<Piece>, Fault> {
    let (mut tar, mut pieces) = (Reader::new(tar), Vec::new());
    while let Some(entry) = tar.next_entry().map_err(Fault::Tar)? {
        let mut contents = Vec::new();
        tar.read_to_end(&mut contents).map_err(Fault::Read)?;
        let path = entry.path.as_str().to_owned();
        let modules = pack::modules(&path, &contents).unwrap_or_default();
        let end = modules.first().map_or(contents.len(), |module| module.place.start);
        let bytecode = modules.into_iter().map(|one| Piece {
            path: one.path,
            contents: contents[one.place].to_vec(),
            continues: true,
        });
        let bytecode: Vec<Piece> = bytecode.collect();
        contents.truncate(end);
        pieces.push(Piece { path, contents, continues: false });
        pieces.extend(bytecode);
    }
    Ok(pieces)
}

/// The blobs that `pieces`, in this order, would be in.
fn filled<'a>(pieces: &[&'a Piece]) -> Vec<Vec<&'a Piece>> {
    let (mut blobs, mut length) = (Vec::new(), 0);
    for piece in pieces {
        let size = piece.contents.len();
        let taken = if piece.continues { size } else { BLOCK + size + padding(size as u64) };
        if blobs.is_empty() || length + taken > FULL && !piece.continues {
            blobs.push(Vec::new());
            length = 0;
        }
        length += taken;
        if let Some(blob) = blobs.last_mut() {
            blob.push(*piece);
        }
    }
    blobs
}

fn unpacked<'a>(pieces: impl IntoIterator<Item = &'a Piece>) -> u64 {
    pieces.into_iter().map(|piece| piece.contents.len() as u64).sum()
}

/// The length of these files packed together.
fn packed<'a>(pieces: impl IntoIterator<Item = &'a Piece>) -> usize {
    let mut tar = Vec::new();
    for Piece { path, contents, .. } in pieces {
        tar.extend_from_slice(path.as_bytes());
        tar.extend_from_slice(contents);
    }
    let mut context = CCtx::create();
    let set = [CParameter::CompressionLevel(COMPARED), CParameter::WindowLog(WINDOW)];
    if set.into_iter().any(|parameter| context.set_parameter(parameter).is_err()) {
        return tar.len();
    }
    let mut packed = vec![0; zstd_safe::compress_bound(tar.len())];
    context.compress2(&mut packed[..], &tar).unwrap_or(tar.len())
}
