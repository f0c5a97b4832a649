//! The zip around an archive's members, checked against the manifest: once with the `zip` crate,
//! as any tool reads it, and once byte by byte, so that nothing is hidden between or behind.

use std::io::{self, Read};

use snakecrate_format::digest::Digest;
use snakecrate_format::manifest::{Attachment, MAIN_MEMBER, MEMBER, Member, Role};
use zip::{CompressionMethod, DateTime, ZipArchive};

use super::{Archive, Error, MAIN};

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// 1980-01-01T00:00:00 as DOS tells time: the time word is zero.
const DATE: u16 = 0x21;
/// A regular file, mode 0644, where Unix keeps that in a zip.
const ATTRIBUTES: u32 = 0o100_644 << 16;
/// Sizes and offsets from here on need zip64 (APPNOTE 4.4.8 ff.).
const ZIP64: u64 = u32::MAX as u64;

/// A member as the zip must have it.
struct Expected {
    name: String,
    method: u16,
    /// The offset of its bytes in the file, if the manifest gives it.
    offset: Option<u64>,
    stored: u64,
    unpacked: u64,
    crc: u32,
}

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

/// Compares all bytes between and behind the members with the expected ones. Archives that need
/// zip64 are skipped: only the `zip` crate has checked those.
fn check_bytes(archive: &Archive, members: &[Expected]) -> Result<(), Error> {
    let length = archive.record().archive_length;
    if length >= ZIP64 || members.len() >= usize::from(u16::MAX) {
        return Ok(());
    }
    let mut at = archive.manifest().stub.length;
    let mut central = Vec::new();
    for member in members {
        central.extend(member.central(at));
        compare(archive, at, &member.local(), &member.name)?;
        at = at.saturating_add(member.local().len() as u64);
        if member.offset.is_some_and(|offset| offset != at) {
            let what = format!("{}: not right behind its header", member.name);
            return Err(archive.damaged_at(what, at));
        }
        // For attachments, only the directory gives this length.
        at = at.saturating_add(member.stored);
    }
    let start = at;
    let size = central.len() as u64;
    central.extend(end(members.len(), size, start));
    compare(archive, start, &central, "the central directory")?;
    let end = start.saturating_add(central.len() as u64);
    if end == length { Ok(()) } else { Err(archive.damaged_at("bytes follow the zip".into(), end)) }
}

fn compare(archive: &Archive, offset: u64, expected: &[u8], part: &str) -> Result<(), Error> {
    let mut bytes = vec![0; expected.len()];
    let length = archive.record().archive_length;
    let inside = offset.saturating_add(expected.len() as u64) <= length;
    if inside {
        let mut range = archive.range(offset, bytes.len() as u64);
        range.read_exact(&mut bytes).map_err(|source| archive.unreadable(source))?;
    }
    match bytes.iter().zip(expected).position(|(a, b)| a != b) {
        None if inside => Ok(()),
        at => {
            let at = offset + at.unwrap_or_default() as u64;
            Err(archive.damaged_at(format!("zip header of {part}"), at))
        }
    }
}

impl Expected {
    /// The local file header (APPNOTE 4.3.7).
    fn local(&self) -> Vec<u8> {
        let mut bytes = b"PK\x03\x04".to_vec();
        self.common(&mut bytes);
        bytes.extend(self.name.as_bytes());
        bytes
    }

    /// The central directory header (APPNOTE 4.3.12).
    fn central(&self, offset: u64) -> Vec<u8> {
        let mut bytes = b"PK\x01\x02".to_vec();
        // Made on Unix, by the version of the format that is needed to read it.
        bytes.extend([self.version(), 3]);
        self.common(&mut bytes);
        // No comment, disk 0, no internal attributes.
        bytes.extend([0; 6]);
        bytes.extend(ATTRIBUTES.to_le_bytes());
        bytes.extend(low(offset));
        bytes.extend(self.name.as_bytes());
        bytes
    }

    fn common(&self, bytes: &mut Vec<u8>) {
        // Bit 11: the name is UTF-8.
        let flags = if self.name.is_ascii() { 0 } else { 1u16 << 11 };
        bytes.extend([self.version(), 0]);
        for word in [flags, self.method, 0, DATE] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(self.crc.to_le_bytes());
        bytes.extend(low(self.stored));
        bytes.extend(low(self.unpacked));
        bytes.extend(&low(self.name.len() as u64)[..2]);
        bytes.extend([0; 2]);
    }

    /// 1.0 for stored members, 2.0 for deflate and folders in names.
    fn version(&self) -> u8 {
        if self.method == DEFLATED { 20 } else { 10 }
    }
}

/// The end of central directory record (APPNOTE 4.3.16).
fn end(members: usize, size: u64, offset: u64) -> Vec<u8> {
    let mut bytes = b"PK\x05\x06\0\0\0\0".to_vec();
    bytes.extend(&low(members as u64)[..2]);
    bytes.extend(&low(members as u64)[..2]);
    bytes.extend(low(size));
    bytes.extend(low(offset));
    bytes.extend([0; 2]);
    bytes
}

/// The low four bytes; callers have checked that there are no others.
fn low(number: u64) -> [u8; 4] {
    let [a, b, c, d, ..] = number.to_le_bytes();
    [a, b, c, d]
}
