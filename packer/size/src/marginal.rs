//! What leaving out files saves.
//!
//! A file's share of its blob is more than that if other files repeat it: they have to say then what it
//! said. And blobs take other files in its place. So the component is packed twice at a fast level, as
//! it is and without the files, and its real length shrinks as that one does. Few files move few others,
//! so for these only their own blobs are packed again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read as _};

use rayon::prelude::*;
use snakecrate_format::manifest::Component;
use snakecrate_format::payload::{BadPayload, Memory};
use snakecrate_format::tar::{BLOCK, BadTar, Reader, padding};
use zstd_safe::{CCtx, CParameter};

use crate::Error;
use crate::measure::Opened;

/// The level at which components are compared.
const COMPARED: i32 = 5;
/// The window of blobs, as a power of two (`window_log` of a manifest that has none).
const WINDOW: u32 = 22;
/// The tar of a blob takes files up to this length in bytes.
const FULL: usize = 4 << 20;
/// Components with more bytes are not packed again: they lose the shares of their files.
const LONGEST: u64 = 1 << 30;

/// The paths of files that go together, by the label of their component.
pub(crate) type Leaving<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// A file or link, and its contents.
type Piece = (String, Vec<u8>);

/// The packed bytes that the archive's blobs lose without each set of files. `shares` knows those of a
/// component's files.
pub(crate) fn saved(
    archive: Opened<'_>,
    sets: &[Leaving<'_>],
    shares: impl Fn(&str, &BTreeSet<&str>) -> u64,
) -> Result<Vec<u64>, Error> {
    let mut sums = vec![0; sets.len()];
    // One after the other, as each is in memory as a whole.
    for component in &archive.manifest.components {
        let label = component.label();
        let concerned: Vec<(usize, &BTreeSet<&str>)> =
            sets.iter().enumerate().filter_map(|(at, set)| Some((at, set.get(&*label)?))).collect();
        if concerned.is_empty() {
            continue;
        }
        let is_long = component.bytes > LONGEST;
        let sets: Vec<&BTreeSet<&str>> = concerned.iter().map(|(_, set)| *set).collect();
        let saved = if is_long {
            sets.iter().map(|set| shares(&label, set)).collect()
        } else {
            of_component(archive, component, &sets)
                .map_err(|error| Error::of(archive.path, error))?
        };
        for ((at, _), bytes) in concerned.iter().zip(saved) {
            sums[*at] += bytes;
        }
    }
    Ok(sums)
}

/// The packed bytes that the blobs of `component` lose without each set of paths.
fn of_component(
    archive: Opened<'_>,
    component: &Component,
    sets: &[&BTreeSet<&str>],
) -> Result<Vec<u64>, BadPayload> {
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
    let saved = |set: &&BTreeSet<&str>| {
        let leaves = |piece: &&Piece| set.contains(&*piece.0);
        let pieces = blobs.iter().flatten();
        if pieces.clone().all(|piece| leaves(&piece)) {
            return length;
        }
        let leaving: usize = pieces.clone().filter(leaves).map(|piece| piece.1.len()).sum();
        let rest: usize = if leaving < FULL {
            let rest = |(blob, before): (&Vec<Piece>, &usize)| {
                let left: Vec<&Piece> = blob.iter().filter(|piece| !leaves(piece)).collect();
                if left.len() == blob.len() { *before } else { packed(left) }
            };
            blobs.par_iter().zip(&lengths).map(rest).sum()
        } else {
            let left: Vec<&Piece> = pieces.filter(|piece| !leaves(piece)).collect();
            filled(&left).into_par_iter().map(packed).sum()
        };
        let saved = u128::from(length) * whole.saturating_sub(rest) as u128;
        u64::try_from(saved / whole.max(1) as u128).unwrap_or(length)
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
        pieces.push((entry.path.as_str().to_owned(), contents));
    }
    Ok(pieces)
}

/// The blobs that `pieces`, in this order, would be in.
fn filled<'a>(pieces: &[&'a Piece]) -> Vec<Vec<&'a Piece>> {
    let (mut blobs, mut length) = (Vec::new(), 0);
    for piece in pieces {
        let size = piece.1.len();
        let taken = BLOCK + size + padding(size as u64);
        if blobs.is_empty() || length + taken > FULL {
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

/// The length of these files packed together.
fn packed<'a>(pieces: impl IntoIterator<Item = &'a Piece>) -> usize {
    let mut tar = Vec::new();
    for (path, contents) in pieces {
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
