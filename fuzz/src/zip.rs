//! A whole archive, as `verify`, `inspect` and `extract` read it, and then the launcher.

use std::fs::{self, File};
use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

use object::write::Object;
use object::{Architecture, BinaryFormat, Endianness, SectionKind};
use serde_json::Value;
use snakecrate::archive::{self, Archive, Report};
use snakecrate_base::ui::{Ui, Verbosity};
use snakecrate_cache::extract::extract;
use snakecrate_cache::listed::Listed;
use snakecrate_cache::progress::Progress;
use snakecrate_cache::signs_of_life::Pulse;
use snakecrate_format::digest::Digest;
use snakecrate_format::manifest::{Component, Feature, MAX_TREE};
use snakecrate_format::payload::Payload;
use snakecrate_format::record::{BLANK, BootRecord, LENGTH, SECTION};
use snakecrate_format::zstd::Decoder;
use snakecrate_platform::directory::Directory;
use snakecrate_platform::file::SharedFile;

use super::{memory, safe};

/// An ELF file with nothing but a launcher's section, in front of the bytes of this target.
pub static LAUNCHER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let id = object.add_section(vec![], SECTION.into(), SectionKind::Data);
    object.append_section_data(id, &BLANK, 16);
    object.write().expect("it is small")
});

/// Members and directory, as they follow the launcher. The boot record and all digests are
/// corrected, so that the code behind them is reached. Bytes that begin like an executable are used
/// as a whole file.
pub fn zip(data: &[u8]) {
    let bytes = if data.starts_with(b"\x7fELF") { data.to_vec() } else { sealed(data) };
    let place = tempfile::Builder::new().prefix("snakecrate-fuzz-").tempdir_in(memory()).unwrap();
    let path = place.path().join("archive");
    fs::write(&path, &bytes).unwrap();
    let ui = Ui::new(Verbosity::Quiet);
    let archive = match Archive::open(&path) {
        Ok(archive) => archive,
        Err(error) => return safe::message(&error.to_string()),
    };
    safe::manifest(archive.manifest(), archive.length());
    let report = Report::new(&archive);
    let shown = report.text() + &report.json();
    assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
    let verified = archive::verify(&archive, ui);
    let out = place.path().join("out");
    let extracted = archive::extract(&archive, &out, ui);
    match (&verified, &extracted) {
        (Ok(verified), Ok(extracted)) => {
            assert_eq!((verified.files, verified.bytes), (extracted.files, extracted.bytes));
            launched(place.path(), &path, *archive.record());
        }
        (Ok(_), Err(error)) => panic!("it is verified and cannot be extracted: {error}"),
        (Err(error), Ok(_)) => safe::message(&error.to_string()),
        (Err(error), Err(_)) => {
            safe::message(&error.to_string());
            assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing is left");
        }
    }
}

/// The launcher can read everything that `verify` accepts.
fn launched(place: &Path, archive: &Path, record: BootRecord) {
    let payload =
        Payload::new(SharedFile(File::open(archive).unwrap()), record).expect("it is long enough");
    let manifest = payload.manifest(Feature::ALL).expect("verified");
    let all: Vec<&Component> = manifest.components.iter().collect();
    let listed = Listed::checked(&payload, &manifest, &all).expect("verified");
    let into = place.join("into");
    fs::create_dir(&into).unwrap();
    let listed: Vec<_> = listed.iter().collect();
    let progress = Progress::default();
    let pulse = Pulse::new(&progress, None);
    extract(&payload, &listed, &Directory::open(&into).unwrap(), &pulse).expect("verified");
}

/// An archive of the launcher and `rest`, whose record and manifest vouch for what is there.
fn sealed(rest: &[u8]) -> Vec<u8> {
    let mut bytes = [&LAUNCHER[..], rest].concat();
    let Some(place) = manifest_in(&bytes) else { return bytes };
    if let Ok(document) = serde_json::from_slice::<Value>(&bytes[place.clone()]) {
        let mut texts = vec![];
        for component in document["components"].as_array().into_iter().flatten() {
            let tree = &component["tree"];
            texts.extend(renewed(tree, &bytes));
            texts.extend(
                component["blobs"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|blob| renewed(blob, &bytes)),
            );
            texts.extend(listing_digest(component, &bytes));
        }
        let launcher = &document["stub"]["blake3"];
        texts.extend(launcher.as_str().map(|old| (old.to_owned(), Digest::of(&LAUNCHER))));
        for (old, new) in texts {
            replace(&mut bytes[place.clone()], &old, &new.to_string());
        }
    }
    let record = BootRecord {
        manifest_offset: place.start as u64,
        manifest_length: place.len() as u64,
        archive_length: bytes.len() as u64,
        manifest_digest: Digest::of(&bytes[place]),
        signature: None,
        runtime: None,
        graphical: false,
    };
    let at = LAUNCHER.windows(8).position(|window| *window == BLANK[..8]).expect("it has one");
    bytes[at..at + LENGTH].copy_from_slice(&record.encode());
    bytes
}

/// From the last brace that a format follows to the last line that ends a document.
fn manifest_in(bytes: &[u8]) -> Option<Range<usize>> {
    let start = bytes.windows(12).rposition(|window| window == b"{\n  \"format\"")?;
    let end = bytes[start..].windows(3).rposition(|window| window == b"\n}\n")? + start + 3;
    Some(start..end)
}

/// The bytes of a member, as the manifest places it.
fn stored<'a>(member: &Value, bytes: &'a [u8]) -> Option<&'a [u8]> {
    let [offset, length] = ["offset", "length"].map(|field| member[field].as_u64());
    let start = usize::try_from(offset?).ok()?;
    bytes.get(start..start.checked_add(usize::try_from(length?).ok()?)?)
}

/// The digest that a member has, and the one that it should have.
fn renewed(member: &Value, bytes: &[u8]) -> Option<(String, Digest)> {
    Some((member["blake3"].as_str()?.to_owned(), Digest::of(stored(member, bytes)?)))
}

fn listing_digest(component: &Value, bytes: &[u8]) -> Option<(String, Digest)> {
    let tree = &component["tree"];
    let unpacked = tree["unpacked"].as_u64().filter(|&length| length < MAX_TREE >> 8)?;
    let mut text = vec![];
    let mut decoder = Decoder::new(stored(tree, bytes)?, unpacked).ok()?;
    std::io::Read::read_to_end(&mut decoder, &mut text).ok()?;
    Some((component["digest"].as_str()?.to_owned(), Digest::of(&text)))
}

/// Replaces a text with another of its length, everywhere.
fn replace(bytes: &mut [u8], old: &str, new: &str) {
    if old.len() != new.len() {
        return;
    }
    for at in 0..(bytes.len() + 1).saturating_sub(old.len()) {
        if bytes[at..].starts_with(old.as_bytes()) {
            bytes[at..at + old.len()].copy_from_slice(new.as_bytes());
        }
    }
}
