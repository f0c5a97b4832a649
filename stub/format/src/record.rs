//! The boot record: 128 bytes in a link section of the stub, patched by the packer.
//!
//! ```text
//! offset size
//!      0    8  magic  89 53 4e 41 4b 45 0d 0a
//!      8    2  record version, little endian like every number here
//!     10    2  flags, none defined: zero
//!     12    4  zero
//!     16    8  absolute offset of manifest.json's bytes in the archive
//!     24    8  their length
//!     32    8  length of the whole archive; a signature may follow
//!     40   32  BLAKE3 of manifest.json
//!     72   40  zero
//!    112   16  first half of the BLAKE3 of bytes 0 to 112
//! ```

use crate::digest::{Digest, FileDigest};

/// Bytes in a record.
pub const LENGTH: usize = 128;
/// The name of the link section that holds it.
pub const SECTION: &str = ".snakecrate";
/// The version this code reads and writes.
pub const VERSION: u16 = 1;
/// The longest manifest that is read, in bytes.
pub const MAX_MANIFEST: u64 = 16 << 20;

const MAGIC: [u8; 8] = *b"\x89SNAKE\r\n";
const SUM_AT: usize = 112;

/// What a stub without a payload carries: the magic alone, so that the packer finds its place.
pub const BLANK: [u8; LENGTH] = {
    let mut bytes = [0; LENGTH];
    let mut at = 0;
    while at < MAGIC.len() {
        bytes[at] = MAGIC[at];
        at += 1;
    }
    bytes
};

/// Where the manifest is, and what it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootRecord {
    /// Absolute offset of the manifest's bytes in the archive.
    pub manifest_offset: u64,
    /// Length of the manifest in bytes.
    pub manifest_length: u64,
    /// Length of the archive in bytes, without anything appended behind it later.
    pub archive_length: u64,
    /// BLAKE3 of the manifest.
    pub manifest_digest: Digest,
}

/// Why a record cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    /// The stub was never given a payload.
    #[error("this launcher carries no application")]
    Blank,
    /// No magic.
    #[error("no boot record")]
    Magic,
    /// Made for a newer launcher than this code knows.
    #[error("the boot record has version {0}, this build knows {VERSION}")]
    Version(u16),
    /// The checksum or a number in it is wrong.
    #[error("the boot record is damaged")]
    Damaged,
}

impl BootRecord {
    /// The bytes of this record.
    pub fn encode(&self) -> [u8; LENGTH] {
        let mut bytes = BLANK;
        bytes[8..10].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.manifest_offset.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.manifest_length.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.archive_length.to_le_bytes());
        bytes[40..72].copy_from_slice(&self.manifest_digest.0);
        let sum = FileDigest::of(&bytes[..SUM_AT]);
        bytes[SUM_AT..].copy_from_slice(&sum.0);
        bytes
    }

    /// Reads a record.
    pub fn parse(bytes: &[u8; LENGTH]) -> Result<Self, BadRecord> {
        if bytes[..8] != MAGIC {
            return Err(BadRecord::Magic);
        }
        if *bytes == BLANK {
            return Err(BadRecord::Blank);
        }
        if FileDigest::of(&bytes[..SUM_AT]).0 != bytes[SUM_AT..] {
            return Err(BadRecord::Damaged);
        }
        let version = u16::from_le_bytes([bytes[8], bytes[9]]);
        if version != VERSION {
            return Err(BadRecord::Version(version));
        }
        let number = |at: usize| {
            let mut raw = [0; 8];
            raw.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(raw)
        };
        let mut digest = [0; 32];
        digest.copy_from_slice(&bytes[40..72]);
        let record = Self {
            manifest_offset: number(16),
            manifest_length: number(24),
            archive_length: number(32),
            manifest_digest: Digest(digest),
        };
        let end = record.manifest_offset.checked_add(record.manifest_length);
        let inside = end.is_some_and(|end| end <= record.archive_length);
        if !inside || record.manifest_length > MAX_MANIFEST || bytes[10..16] != [0; 6] {
            return Err(BadRecord::Damaged);
        }
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> BootRecord {
        BootRecord {
            manifest_offset: 8_000_000,
            manifest_length: 4_321,
            archive_length: 8_010_000,
            manifest_digest: Digest::of(b"{}"),
        }
    }

    #[test]
    fn a_record_survives_the_round_trip() {
        assert_eq!(BootRecord::parse(&record().encode()), Ok(record()));
    }

    #[test]
    fn every_single_bit_flip_is_noticed() {
        let good = record().encode();
        for bit in 0..LENGTH * 8 {
            let mut bad = good;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(BootRecord::parse(&bad).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn blank_foreign_newer_and_lying_records_have_their_own_errors() {
        assert_eq!(BootRecord::parse(&BLANK), Err(BadRecord::Blank));
        assert_eq!(BootRecord::parse(&[0; LENGTH]), Err(BadRecord::Magic));
        let reseal = |mut bytes: [u8; LENGTH]| {
            let sum = FileDigest::of(&bytes[..SUM_AT]);
            bytes[SUM_AT..].copy_from_slice(&sum.0);
            BootRecord::parse(&bytes)
        };
        let mut newer = record().encode();
        newer[8] = 2;
        assert_eq!(reseal(newer), Err(BadRecord::Version(2)));
        let lying = BootRecord { manifest_offset: u64::MAX, ..record() };
        assert_eq!(BootRecord::parse(&lying.encode()), Err(BadRecord::Damaged));
        let huge =
            BootRecord { manifest_length: MAX_MANIFEST + 1, archive_length: u64::MAX, ..record() };
        assert_eq!(BootRecord::parse(&huge.encode()), Err(BadRecord::Damaged));
    }
}
