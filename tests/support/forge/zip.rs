//! A zip made by hand, as the format has it.

use std::io::Write;

/// How a member is stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Stored,
    Deflate,
}

/// A zip behind other bytes.
pub struct Zip {
    bytes: Vec<u8>,
    central: Vec<u8>,
    members: u16,
}

impl Zip {
    pub fn behind(start: &[u8]) -> Self {
        Self { bytes: start.to_vec(), central: vec![], members: 0 }
    }

    /// Adds a member and returns the offset of its bytes.
    pub fn add(&mut self, name: &str, method: Method, contents: &[u8]) -> usize {
        let stored = if method == Method::Stored { contents.to_vec() } else { deflate(contents) };
        let (version, number) = if method == Method::Stored { (10, 0u16) } else { (20, 8) };
        let mut common = vec![version, 0, 0, 0];
        common.extend(number.to_le_bytes());
        common.extend([0, 0, 0x21, 0]);
        common.extend(crc(contents).to_le_bytes());
        common.extend(low(stored.len()));
        common.extend(low(contents.len()));
        common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend([0, 0]);
        self.central.extend([&b"PK\x01\x02"[..], &[version, 3], &common, &[0; 6]].concat());
        self.central.extend((0o100_644u32 << 16).to_le_bytes());
        self.central.extend(low(self.bytes.len()));
        self.central.extend(name.bytes());
        self.bytes.extend([&b"PK\x03\x04"[..], &common, name.as_bytes()].concat());
        let offset = self.bytes.len();
        self.bytes.extend(stored);
        self.members += 1;
        offset
    }

    pub fn finish(mut self) -> Vec<u8> {
        let members = self.members.to_le_bytes();
        let start = low(self.bytes.len());
        let end = [
            b"PK\x05\x06\0\0\0\0",
            &members[..],
            &members,
            &low(self.central.len()),
            &start,
            &[0, 0],
        ];
        self.bytes.extend([&self.central[..], &end.concat()].concat());
        self.bytes
    }
}

fn low(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_le_bytes()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(vec![], flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
