//! `verify`: this file, and what was unpacked of it, against what was packed.
//!
//! Of the file: the launcher, the manifest, every listing, every blob and every file in them. The
//! zip directory, which only other tools read, is left to `snakecrate verify`.

use std::io::Read;

use super::{NOT_WELL, Switch, Text, in_cache, print, roots};
use crate::cache::root::Root;
use crate::cache::verify::{Finding, verify_one};
use crate::error::Error;
use crate::extract::{Listed, run_all};
use snakecrate_format::manifest::{Component, Manifest};
use snakecrate_format::payload::{BadPayload, Payload};
use snakecrate_format::record::{BLANK, LENGTH};
use snakecrate_format::size::Size;
use snakecrate_format::walk::{Compare, Walk};

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
    payload.section(0, manifest.stub.length).read_to_end(&mut bytes).map_err(BadPayload::from)?;
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
    let listed = Listed::checked(payload, manifest, &all)?;
    let walks: Vec<Walk<'_>> =
        listed.iter().map(|one| Walk::new(one.component, &one.listing)).collect();
    let blobs: Vec<(&Walk<'_>, usize)> = walks
        .iter()
        .flat_map(|walk| (0..walk.component().blobs.len()).map(move |index| (walk, index)))
        .collect();
    run_all(&blobs, |memory, (walk, index)| walk.blob(payload, *index, memory, &Compare))?;
    walks.iter().try_for_each(Walk::finish)
}
