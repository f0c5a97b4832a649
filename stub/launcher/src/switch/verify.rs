//! `verify`: this file, and what was unpacked of it, against what was packed.
//!
//! Of the file: the launcher, the manifest, every listing, every blob and every file in them. The
//! zip directory, which only other tools read, is left to `snakecrate verify`.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use super::{NOT_WELL, Switch, Text, in_cache, print, roots};
use crate::cache::root::{Root, Size};
use crate::cache::verify::{Finding, verify_one};
use crate::error::Error;
use crate::extract::{Listed, run_all};
use snakecrate_format::digest::FileDigest;
use snakecrate_format::listing::{Item, Node};
use snakecrate_format::manifest::{Component, Manifest};
use snakecrate_format::payload::{BadPayload, Memory, Payload};
use snakecrate_format::record::{BLANK, LENGTH};
use snakecrate_format::tar::{Kind, Reader};

pub(super) fn run(switch: &Switch<'_>) -> Result<i32, Error> {
    switch.no_arguments()?;
    let manifest = &switch.manifest;
    launcher(&switch.payload, manifest)?;
    components(&switch.payload, manifest)?;
    let mut text = Text::default();
    text.line(format_args!(
        "{}: whole: {} components, {}",
        switch.archive.display(),
        manifest.components.len(),
        Size(switch.payload.record().archive_length),
    ));
    let mut well = true;
    for root in roots() {
        let findings = verify_one(&root, &switch.key(), manifest).map_err(in_cache(&root))?;
        if let Some(findings) = findings {
            well &= findings.is_empty();
            tell(&mut text, &root, &findings);
        }
    }
    print(text.0)?;
    Ok(if well { 0 } else { NOT_WELL })
}

/// A line for each difference, or that there is none.
pub(super) fn tell(text: &mut Text, root: &Root, findings: &[Finding]) {
    if findings.is_empty() {
        text.line(format_args!("{}: as it was packed", root.path().display()));
    }
    for finding in findings {
        let tree = root.path().join(&finding.tree);
        for difference in &finding.differences {
            let path = if difference.path.is_empty() { "the tree" } else { &difference.path };
            let (tree, what) = (tree.display(), &finding.what);
            text.line(format_args!("{tree} ({what}): {path}: {}", difference.what));
        }
    }
}

/// The launcher is what it was, but for its boot record.
fn launcher(payload: &Payload, manifest: &Manifest) -> Result<(), Error> {
    let damaged = || BadPayload::Digest("its launcher".into());
    let mut bytes = Vec::new();
    payload.start(manifest.stub.length).read_to_end(&mut bytes).map_err(BadPayload::from)?;
    let record = payload.record().encode();
    let at = bytes.windows(LENGTH).position(|window| window == record).ok_or_else(damaged)?;
    bytes[at..at + LENGTH].copy_from_slice(&BLANK);
    if blake3::hash(&bytes).as_bytes() == &manifest.stub.blake3.0 {
        Ok(())
    } else {
        Err(damaged().into())
    }
}

fn components(payload: &Payload, manifest: &Manifest) -> Result<(), BadPayload> {
    let all: Vec<&Component> = manifest.components.iter().collect();
    let walks: Vec<Walk<'_>> =
        Listed::checked(payload, manifest, &all)?.into_iter().map(Walk::new).collect();
    let blobs: Vec<(&Walk<'_>, usize)> = walks
        .iter()
        .flat_map(|walk| (0..walk.listed.component.blobs.len()).map(move |index| (walk, index)))
        .collect();
    run_all(&blobs, |memory, (walk, index)| walk.blob(payload, memory, *index))?;
    walks.iter().try_for_each(Walk::finish)
}

/// A component whose files are compared with its listing.
struct Walk<'a> {
    listed: Listed<'a>,
    seen: Vec<AtomicBool>,
}

impl<'a> Walk<'a> {
    fn new(listed: Listed<'a>) -> Self {
        let seen = listed.listing.items().iter().map(|_| AtomicBool::new(false)).collect();
        Self { listed, seen }
    }

    fn blob(&self, payload: &Payload, memory: &mut Memory, index: usize) -> Result<(), BadPayload> {
        let component = self.listed.component;
        let bad = |what: String| {
            BadPayload::Contents(component.blob_member(index), io::Error::other(what))
        };
        payload.blob(component, index, memory, |tar| {
            let mut tar = Reader::new(tar);
            while let Some(entry) = tar.next_entry().map_err(|error| bad(error.to_string()))? {
                let path = entry.path.as_str();
                let wrong = |what: &str| bad(format!("`{path}` {what}"));
                let listing = &self.listed.listing;
                let at = listing.find(path).ok_or_else(|| wrong("is not in the listing"))?;
                if self.seen[at].swap(true, Ordering::Relaxed) {
                    return Err(wrong("is there twice"));
                }
                if !matches(&listing.items()[at], &entry.kind, &mut tar)
                    .map_err(|error| bad(error.to_string()))?
                {
                    return Err(wrong("is not as the listing has it"));
                }
            }
            Ok(())
        })
    }

    fn finish(&self) -> Result<(), BadPayload> {
        let missing = self.seen.iter().position(|seen| !seen.load(Ordering::Relaxed));
        missing.map_or(Ok(()), |at| {
            let what = format!("`{}` is in no blob", self.listed.listing.items()[at].path);
            Err(BadPayload::Contents(self.listed.component.tree_member(), io::Error::other(what)))
        })
    }
}

fn matches(item: &Item, kind: &Kind, contents: &mut impl Read) -> io::Result<bool> {
    Ok(match (&item.node, kind) {
        (Node::Link(listed), Kind::Link(target)) => listed == target,
        (Node::File { mode, size: listed, digest }, &Kind::File { executable, size })
            if size == *listed && executable == mode.is_executable() =>
        {
            let mut hasher = blake3::Hasher::new();
            io::copy(contents, &mut hasher)?;
            FileDigest::from_hash(&hasher.finalize()) == *digest
        }
        _ => false,
    })
}
