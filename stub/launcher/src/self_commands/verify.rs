//! `verify`: compare this file, and the files that were unpacked from it, with what was packed.
//!
//! In the file it checks the launcher, the manifest, every listing, every blob and every file in
//! them. The zip directory, which only other tools read, is left to `snakecrate verify`.

use std::io::Read;

use snakecrate_cache::listed::Listed;
use snakecrate_cache::verify::verify_one;
use snakecrate_format::manifest::{Component, Manifest};
use snakecrate_format::payload::{BadPayload, Payload};
use snakecrate_format::record::{BLANK, LENGTH};
use snakecrate_format::size::Size;
use snakecrate_format::walk::{Compare, Walk};
use snakecrate_platform::workers::run_all;

use super::invocation::{Invocation, all_roots};
use super::report::{NOT_WELL, Text, in_cache, print};
use crate::error::Error;

pub fn run(invocation: &Invocation<'_>) -> Result<i32, Error> {
    invocation.no_arguments()?;
    let manifest = &invocation.manifest;
    launcher(&invocation.payload, manifest)?;
    components(&invocation.payload, manifest)
        .map_err(|error| Error::from(error).in_runtime_file(invocation.runtime.path()))?;
    let mut text = Text::default();
    text.line(format_args!(
        "{}: whole: {} components, {}",
        invocation.archive.display(),
        manifest.components.len(),
        Size(invocation.payload.record().archive_length),
    ));
    let mut well = true;
    for root in all_roots() {
        let findings = verify_one(&root, &invocation.key(), manifest).map_err(in_cache(&root))?;
        if let Some(findings) = findings {
            well &= findings.is_empty();
            text.findings(&root, &findings);
        }
    }
    print(text.0)?;
    Ok(if well { 0 } else { NOT_WELL })
}

/// Checks that the launcher is unchanged except for its boot record.
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
