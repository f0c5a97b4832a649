//! The zip around an archive's members, checked against the manifest: once with the `zip` crate,
//! as any tool reads it, and once byte by byte, so that nothing is hidden between or behind.

use std::io::{self, Read};

use snakecrate_format::digest::Digest;
use snakecrate_format::manifest::{Attachment, MAIN_MEMBER, MEMBER, Member, Role};
use zip::{CompressionMethod, DateTime, ZipArchive};

use super::zip_headers::{self, DEFLATED, Expected, STORED, Wrong};
use super::{Archive, Error, MAIN};

/// Checks the zip and returns the number of its members.
pub(super) fn check(archive: &Archive) -> Result<usize, Error> {
    let expected = read_all(archive)?;
    check_bytes(archive, &expected)?;
    Ok(expected.len())
}

/// The facts that the manifest gives about a member.
#[derive(Clone, Copy)]
enum Declared<'a> {
    /// Stored at this offset, with this length in bytes.
    Place(u64, u64),
    /// Deflated; with the length and digest of its contents.
    Attachment(&'a Attachment),
    /// Stored; always the same bytes.
    Main,
}

/// The members that the manifest names, in the order of an archive.
fn named(archive: &Archive) -> Vec<(String, Declared<'_>)> {
    let manifest = archive.manifest();
    let place = |member: &Member| Declared::Place(member.offset, member.length);
    let mut all = Vec::new();
    for component in &manifest.components {
        all.push((component.tree_member(), place(&component.tree)));
        for (index, blob) in component.blobs.iter().enumerate() {
            all.push((component.blob_member(index), place(blob)));
        }
    }
    for attachment in &manifest.attachments {
        all.push((attachment.name.to_string(), Declared::Attachment(attachment)));
    }
    if manifest.role == Role::Application {
        all.push((MAIN_MEMBER.into(), Declared::Main));
    }
    let record = archive.record();
    all.push((MEMBER.into(), Declared::Place(record.manifest_offset, record.manifest_length)));
    all
}

/// Reads every member with the `zip` crate, which checks its CRC.
fn read_all(archive: &Archive) -> Result<Vec<Expected>, Error> {
    let named = named(archive);
    let length = archive.record().archive_length;
    let bad = |what: String| archive.damaged_at(format!("the zip directory: {what}"), length);
    let mut zip = ZipArchive::new(io::BufReader::new(archive.range(0, length)))
        .map_err(|error| bad(error.to_string()))?;
    if zip.offset() != 0 || zip.len() != named.len() {
        return Err(bad(format!("{} members, the manifest names {}", zip.len(), named.len())));
    }
    let mut expected = Vec::with_capacity(named.len());
    for (index, (name, declared)) in named.into_iter().enumerate() {
        let mut file = zip.by_index(index).map_err(|error| bad(format!("{name}: {error}")))?;
        let wrong = |what: &str| Err(bad(format!("{name}: {what}")));
        if file.name_raw() != name.as_bytes() {
            // The name comes from the archive and may hold any bytes.
            let found = String::from_utf8_lossy(file.name_raw());
            let found: String = found.escape_debug().take(300).collect();
            return wrong(&format!("`{found}` stands in its place"));
        }
        let method = match (file.compression(), declared) {
            (CompressionMethod::Stored, Declared::Place(..) | Declared::Main) => STORED,
            (CompressionMethod::Deflated, Declared::Attachment(_)) => DEFLATED,
            _ => return wrong("another compression than it should have"),
        };
        if let Declared::Place(offset, length) = declared
            && (file.data_start() != Some(offset)
                || file.size() != length
                || file.compressed_size() != length)
        {
            return wrong("another place or length than the manifest says");
        }
        if file.last_modified() != Some(DateTime::default()) {
            return wrong("another time than it should have");
        }
        let (stored, unpacked, crc) = (file.compressed_size(), file.size(), file.crc32());
        let mut hasher = blake3::Hasher::new();
        match io::copy(&mut (&mut file).take(unpacked.saturating_add(1)), &mut hasher) {
            Ok(read) if read == unpacked => {}
            Ok(_) => return wrong("another length than the directory says"),
            Err(error) => return wrong(&error.to_string()),
        }
        let digest = Digest(*hasher.finalize().as_bytes());
        match declared {
            Declared::Attachment(attachment)
                if digest != attachment.blake3 || unpacked != attachment.bytes =>
            {
                return wrong("another length or digest than the manifest says");
            }
            // The manifest has no digest of this code.
            Declared::Main if digest != Digest::of(MAIN) => {
                return wrong("not what starts an archive");
            }
            _ => {}
        }
        let offset = match declared {
            Declared::Place(offset, _) => Some(offset),
            _ => None,
        };
        expected.push(Expected { name, method, offset, stored, unpacked, crc });
    }
    Ok(expected)
}

/// Compares all bytes between and behind the members with the expected ones.
fn check_bytes(archive: &Archive, members: &[Expected]) -> Result<(), Error> {
    let (start, length) = (archive.manifest().stub.length, archive.record().archive_length);
    let read =
        |offset, buffer: &mut [u8]| archive.range(offset, buffer.len() as u64).read_exact(buffer);
    zip_headers::check(members, start, length, read).map_err(|wrong| match wrong {
        Wrong::At(what, offset) => archive.damaged_at(what, offset),
        Wrong::Read(source) => archive.unreadable(source),
    })
}
