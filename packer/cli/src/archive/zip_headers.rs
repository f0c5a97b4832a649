//! The bytes of a zip around its members, as an archive must have them (APPNOTE 6.3.10).

use std::io;

pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;
/// 1980-01-01T00:00:00 as DOS tells time: the time word is zero.
const DATE: u16 = 0x21;
/// A regular file, mode 0644, where Unix keeps that in a zip.
const ATTRIBUTES: u32 = 0o100_644 << 16;
/// In a field of four bytes: the number is in the zip64 extra field, or in the zip64 end record.
const ELSEWHERE: u32 = u32::MAX;
/// The same in the two bytes of a number of members.
const MANY: u16 = u16::MAX;
/// The extra field with numbers of eight bytes (APPNOTE 4.5.3).
const ZIP64: u16 = 1;

/// A member as the zip must have it.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    pub(super) name: String,
    pub(super) method: u16,
    /// The offset of its bytes in the file, if the manifest gives it.
    pub(super) offset: Option<u64>,
    pub(super) stored: u64,
    pub(super) unpacked: u64,
    pub(super) crc: u32,
}

/// Why the bytes are not those of a zip with these members.
#[derive(Debug)]
pub(super) enum Wrong {
    /// A phrase that names the fault, and its offset in the file.
    At(String, u64),
    /// The file cannot be read.
    Read(io::Error),
}

/// Compares all bytes between and behind the members with the expected ones. The zip begins at
/// `start` and ends at `length`; `read` fills a buffer from an offset, which lies before `length`.
pub(super) fn check(
    members: &[Expected],
    start: u64,
    length: u64,
    read: impl Fn(u64, &mut [u8]) -> io::Result<()>,
) -> Result<(), Wrong> {
    let compare = |offset: u64, expected: &[u8], part: &str| {
        let mut bytes = vec![0; expected.len()];
        let inside = offset.saturating_add(expected.len() as u64) <= length;
        if inside {
            read(offset, &mut bytes).map_err(Wrong::Read)?;
        }
        match bytes.iter().zip(expected).position(|(a, b)| a != b) {
            None if inside => Ok(()),
            at => {
                let at = offset + at.unwrap_or_default() as u64;
                Err(Wrong::At(format!("zip header of {part}"), at))
            }
        }
    };
    let mut at = start;
    let mut central = Vec::new();
    for member in members {
        central.extend(member.central(at));
        let local = member.local();
        compare(at, &local, &member.name)?;
        at = at.saturating_add(local.len() as u64);
        if member.offset.is_some_and(|offset| offset != at) {
            return Err(Wrong::At(format!("{}: not right behind its header", member.name), at));
        }
        // For attachments, only the directory gives this length.
        at = at.saturating_add(member.stored);
    }
    let start = at;
    let size = central.len() as u64;
    central.extend(end(members, size, start));
    compare(start, &central, "the central directory")?;
    let end = start.saturating_add(central.len() as u64);
    if end == length { Ok(()) } else { Err(Wrong::At("bytes follow the zip".into(), end)) }
}

impl Expected {
    /// Whether a length needs eight bytes. Then both have them.
    fn is_large(&self) -> bool {
        self.stored.max(self.unpacked) >= u64::from(ELSEWHERE)
    }

    /// The local file header (APPNOTE 4.3.7).
    fn local(&self) -> Vec<u8> {
        let mut bytes = b"PK\x03\x04".to_vec();
        let extra = self.extra(None);
        self.common(&mut bytes, extra.len());
        bytes.extend(self.name.as_bytes());
        bytes.extend(extra);
        bytes
    }

    /// The central directory header (APPNOTE 4.3.12).
    fn central(&self, offset: u64) -> Vec<u8> {
        let mut bytes = b"PK\x01\x02".to_vec();
        // Made on Unix, by the version of the format that is needed to read it.
        bytes.extend([self.version(), 3]);
        let extra = self.extra(Some(offset));
        self.common(&mut bytes, extra.len());
        // No comment, disk 0, no internal attributes.
        bytes.extend([0; 6]);
        bytes.extend(ATTRIBUTES.to_le_bytes());
        bytes.extend(short(offset));
        bytes.extend(self.name.as_bytes());
        bytes.extend(extra);
        bytes
    }

    fn common(&self, bytes: &mut Vec<u8>, extra: usize) {
        // Bit 11: the name is UTF-8.
        let flags = if self.name.is_ascii() { 0 } else { 1u16 << 11 };
        bytes.extend([self.version(), 0]);
        for word in [flags, self.method, 0, DATE] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(self.crc.to_le_bytes());
        for length in [self.stored, self.unpacked] {
            bytes.extend(if self.is_large() { ELSEWHERE.to_le_bytes() } else { short(length) });
        }
        for length in [self.name.len(), extra] {
            bytes.extend(u16::try_from(length).unwrap_or(MANY).to_le_bytes());
        }
    }

    /// The zip64 extra field with the numbers that do not fit their own field: lengths, and the
    /// header's offset. Empty if all fit.
    fn extra(&self, offset: Option<u64>) -> Vec<u8> {
        let mut numbers = Vec::new();
        if self.is_large() {
            numbers.extend([self.unpacked, self.stored]);
        }
        numbers.extend(offset.filter(|offset| *offset >= u64::from(ELSEWHERE)));
        if numbers.is_empty() {
            return Vec::new();
        }
        let length = u16::try_from(8 * numbers.len()).unwrap_or(MANY);
        let mut bytes = [ZIP64.to_le_bytes(), length.to_le_bytes()].concat();
        bytes.extend(numbers.into_iter().flat_map(u64::to_le_bytes));
        bytes
    }

    /// 1.0 for stored members, 2.0 for deflate, 4.5 for lengths of eight bytes.
    fn version(&self) -> u8 {
        match (self.is_large(), self.method) {
            (true, _) => 45,
            (false, DEFLATED) => 20,
            (false, _) => 10,
        }
    }
}

/// The end of the central directory, which is `size` bytes long and begins at `offset`: with the
/// zip64 records (APPNOTE 4.3.14 and 4.3.15) if a number needs them, and the record that every zip
/// ends with (4.3.16).
fn end(members: &[Expected], size: u64, offset: u64) -> Vec<u8> {
    let count = members.len() as u64;
    let is_large = count > u64::from(MANY) || size.max(offset) > u64::from(ELSEWHERE);
    let mut bytes = Vec::new();
    if is_large {
        let version = members.iter().map(Expected::version).max().unwrap_or(10);
        bytes.extend(b"PK\x06\x06");
        // The length of the rest of the record.
        bytes.extend(44_u64.to_le_bytes());
        bytes.extend([version, 0, version, 0]);
        // Disk 0 of disk 0.
        bytes.extend([0; 8]);
        bytes.extend([count, count, size, offset].into_iter().flat_map(u64::to_le_bytes));
        bytes.extend(b"PK\x06\x07\0\0\0\0");
        bytes.extend(offset.saturating_add(size).to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
    }
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    let count = u16::try_from(count).unwrap_or(MANY).to_le_bytes();
    bytes.extend([count, count].concat());
    bytes.extend(if is_large { ELSEWHERE.to_le_bytes() } else { short(size) });
    bytes.extend(short(offset));
    bytes.extend([0; 2]);
    bytes
}

/// The number in four bytes, or the sign that it is elsewhere.
fn short(number: u64) -> [u8; 4] {
    u32::try_from(number).unwrap_or(ELSEWHERE).to_le_bytes()
}

#[cfg(test)]
mod tests;
