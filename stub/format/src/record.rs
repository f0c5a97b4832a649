//! The boot record: 256 bytes in a section of the launcher, filled in by the packer.
//!
//! ```text
//! offset size
//!      0    8  magic  89 53 4e 41 4b 45 0d 0a
//!      8    2  record version, little endian like every number here
//!     10    2  flags: bit 0: the manifest is signed; bit 1: the runtime is in another file; all
//!              others are zero
//!     12    4  zero
//!     16    8  absolute offset of manifest.json's bytes in the archive
//!     24    8  their length
//!     32    8  length of the whole archive; a code signature may follow it
//!     40   32  BLAKE3 of manifest.json
//!     72   16  key id: first half of the BLAKE3 of the public key, or zero
//!     88   64  Ed25519 signature of the manifest, or zero
//!    152   48  the name of the runtime file, filled with zeros; zero without bit 1
//!    200    1  bit 0: an entry is graphical; other bits are zero when written, ignored when read
//!    201   39  zero when written, ignored when read
//!    240   16  first half of the BLAKE3 of bytes 0 to 240
//! ```

use crate::digest::{Digest, FileDigest};
use crate::runtime_name;
pub use crate::runtime_name::RuntimeName;

/// Bytes in a record.
pub const LENGTH: usize = 256;
/// The section that holds it in ELF files.
pub const SECTION: &str = ".snakecrate";
/// The section that holds it in PE files, where names have at most 8 bytes.
pub const PE_SECTION: &str = ".snakecr";
/// The section that holds it in Mach-O files, in the segment `__DATA`.
pub const MACH_O_SECTION: &str = "__snakecrate";
/// The version this code reads and writes.
pub const VERSION: u16 = 2;
/// The longest manifest that is read, in bytes.
pub const MAX_MANIFEST: u64 = 16 << 20;

const MAGIC: [u8; 8] = *b"\x89SNAKE\r\n";
const SUM_AT: usize = 240;
/// The flag of a signed manifest.
const SIGNED: u16 = 1;
/// The flag of an archive whose runtime is in another file.
const EXTERNAL: u16 = 2;
const FLAGS: u16 = SIGNED | EXTERNAL;
const NAME_AT: usize = 152;
const GRAPHICAL_AT: usize = 200;
/// The text in front of the manifest's digest in a signed message.
const PURPOSE: &[u8; 24] = b"snakecrate manifest v2\0\0";

/// The record of a launcher without a payload. It has only the magic, by which the packer finds it.
pub const BLANK: [u8; LENGTH] = {
    let mut bytes = [0; LENGTH];
    let mut at = 0;
    while at < MAGIC.len() {
        bytes[at] = MAGIC[at];
        at += 1;
    }
    bytes
};

/// The position and the digest of the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootRecord {
    /// Absolute offset of the manifest's bytes in the archive.
    pub manifest_offset: u64,
    /// Length of the manifest in bytes.
    pub manifest_length: u64,
    /// Length of the archive in bytes, without data that was appended later.
    pub archive_length: u64,
    /// BLAKE3 of the manifest.
    pub manifest_digest: Digest,
    /// The publisher's signature, if there is one. The launcher does not check it.
    pub signature: Option<Signature>,
    /// The name of the runtime file, if the archive has no runtime. It is here, too, so that a warm
    /// start need not read the manifest.
    pub runtime: Option<RuntimeName>,
    /// Whether an entry is graphical. It is here, too, so that the launcher can show a window if the
    /// manifest of a damaged archive cannot be read.
    pub graphical: bool,
}

/// An Ed25519 signature (RFC 8032) of [`signed_message`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// Names the public key: the first half of its BLAKE3.
    pub key_id: [u8; 16],
    /// The signature.
    pub bytes: [u8; 64],
}

/// The bytes that a publisher signs for a manifest with this digest.
pub fn signed_message(manifest: &Digest) -> [u8; 56] {
    let mut message = [0; 56];
    let (purpose, digest) = message.split_at_mut(PURPOSE.len());
    purpose.copy_from_slice(PURPOSE);
    digest.copy_from_slice(&manifest.0);
    message
}

/// Why a record cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    /// The launcher was never given a payload.
    #[error("this launcher carries no application")]
    Blank,
    /// The magic is missing.
    #[error("no boot record")]
    Magic,
    /// The record is for another version of the launcher.
    #[error("the boot record has version {0}, this build knows {VERSION}")]
    Version(u16),
    /// A flag is set that this code does not know.
    #[error("the boot record has flags {0:#06x}, this build knows {FLAGS:#06x}")]
    Flags(u16),
    /// The checksum or a number in the record is wrong.
    #[error("the boot record is damaged")]
    Damaged,
}

impl BootRecord {
    /// The name of the environment in the cache: the key of the manifest's digest, or, with a runtime
    /// file, of the digest of both manifests' digests.
    pub fn key(&self, runtime: Option<&Self>) -> String {
        let Some(runtime) = runtime else { return self.manifest_digest.key() };
        let mut both = [0; 64];
        both[..32].copy_from_slice(&self.manifest_digest.0);
        both[32..].copy_from_slice(&runtime.manifest_digest.0);
        Digest::of(&both).key()
    }

    /// The bytes of this record.
    pub fn encode(&self) -> [u8; LENGTH] {
        let mut bytes = BLANK;
        bytes[8..10].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.manifest_offset.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.manifest_length.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.archive_length.to_le_bytes());
        bytes[40..72].copy_from_slice(&self.manifest_digest.0);
        if let Some(signature) = &self.signature {
            bytes[10] |= SIGNED.to_le_bytes()[0];
            bytes[72..88].copy_from_slice(&signature.key_id);
            bytes[88..152].copy_from_slice(&signature.bytes);
        }
        if let Some(name) = &self.runtime {
            bytes[10] |= EXTERNAL.to_le_bytes()[0];
            bytes[NAME_AT..NAME_AT + runtime_name::LENGTH].copy_from_slice(&name.0);
        }
        bytes[GRAPHICAL_AT] = u8::from(self.graphical);
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
        // Checked before the sum, since other versions may have it elsewhere.
        let version = u16::from_le_bytes([bytes[8], bytes[9]]);
        if version != VERSION {
            return Err(BadRecord::Version(version));
        }
        if FileDigest::of(&bytes[..SUM_AT]).0 != bytes[SUM_AT..] {
            return Err(BadRecord::Damaged);
        }
        let flags = u16::from_le_bytes([bytes[10], bytes[11]]);
        if flags & !FLAGS != 0 {
            return Err(BadRecord::Flags(flags));
        }
        let signature = Signature { key_id: array(bytes, 72), bytes: array(bytes, 88) };
        let is_signed = flags & SIGNED != 0;
        if is_signed == (signature.bytes == [0; 64]) || is_signed == (signature.key_id == [0; 16]) {
            return Err(BadRecord::Damaged);
        }
        let runtime = match flags & EXTERNAL {
            0 => None,
            _ => Some(RuntimeName::parse(array(bytes, NAME_AT)).ok_or(BadRecord::Damaged)?),
        };
        let number = |at| u64::from_le_bytes(array(bytes, at));
        let record = Self {
            manifest_offset: number(16),
            manifest_length: number(24),
            archive_length: number(32),
            manifest_digest: Digest(array(bytes, 40)),
            signature: is_signed.then_some(signature),
            runtime,
            graphical: bytes[GRAPHICAL_AT] & 1 != 0,
        };
        let end = record.manifest_offset.checked_add(record.manifest_length);
        let inside = end.is_some_and(|end| end <= record.archive_length);
        if !inside || record.manifest_length > MAX_MANIFEST || bytes[12..16] != [0; 4] {
            return Err(BadRecord::Damaged);
        }
        Ok(record)
    }
}

fn array<const N: usize>(bytes: &[u8; LENGTH], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
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
            signature: None,
            runtime: None,
            graphical: false,
        }
    }

    fn signed() -> BootRecord {
        let signature = Signature { key_id: [1; 16], bytes: [2; 64] };
        BootRecord { signature: Some(signature), ..record() }
    }

    fn external() -> BootRecord {
        let runtime = RuntimeName::new("cpython", "3.11.2", "cp311", "x86_64-linux");
        assert!(runtime.is_some());
        BootRecord { runtime, ..record() }
    }

    fn reseal(mut bytes: [u8; LENGTH]) -> Result<BootRecord, BadRecord> {
        let sum = FileDigest::of(&bytes[..SUM_AT]);
        bytes[SUM_AT..].copy_from_slice(&sum.0);
        BootRecord::parse(&bytes)
    }

    #[test]
    fn a_record_survives_the_round_trip() {
        assert_eq!(BootRecord::parse(&record().encode()), Ok(record()));
        assert_eq!(BootRecord::parse(&signed().encode()), Ok(signed()));
        assert_eq!(BootRecord::parse(&external().encode()), Ok(external()));
        let both = BootRecord { signature: signed().signature, ..external() };
        assert_eq!(BootRecord::parse(&both.encode()), Ok(both));
        let graphical = BootRecord { graphical: true, ..record() };
        assert_eq!(BootRecord::parse(&graphical.encode()), Ok(graphical));
    }

    #[test]
    fn a_runtime_is_named_by_a_plain_file_name() {
        let named = |name: &[u8]| {
            let mut bytes = external().encode();
            bytes[NAME_AT..NAME_AT + runtime_name::LENGTH].fill(0);
            bytes[NAME_AT..NAME_AT + name.len()].copy_from_slice(name);
            reseal(bytes)
        };
        assert!(named(b"cpython-3.13t-x86_64-linux.runtime").is_ok());
        let bad: [&[u8]; 6] =
            [b"", b".runtime", b"../x.runtime", b"x.so", b"a\0b.runtime", b"x\xff.runtime"];
        for name in bad {
            assert_eq!(named(name), Err(BadRecord::Damaged), "{}", name.escape_ascii());
        }
    }

    #[test]
    fn every_single_bit_flip_is_noticed() {
        for good in [record().encode(), signed().encode(), external().encode()] {
            for bit in 0..LENGTH * 8 {
                let mut bad = good;
                bad[bit / 8] ^= 1 << (bit % 8);
                assert!(BootRecord::parse(&bad).is_err(), "bit {bit}");
            }
        }
    }

    #[test]
    fn blank_foreign_newer_and_lying_records_have_their_own_errors() {
        assert_eq!(BootRecord::parse(&BLANK), Err(BadRecord::Blank));
        assert_eq!(BootRecord::parse(&[0; LENGTH]), Err(BadRecord::Magic));
        let mut newer = record().encode();
        newer[8] = 3;
        assert_eq!(BootRecord::parse(&newer), Err(BadRecord::Version(3)), "whatever the sum");
        let mut flags = record().encode();
        flags[10] = 4;
        assert_eq!(reseal(flags), Err(BadRecord::Flags(4)));
        let lying = BootRecord { manifest_offset: u64::MAX, ..record() };
        assert_eq!(BootRecord::parse(&lying.encode()), Err(BadRecord::Damaged));
        let huge =
            BootRecord { manifest_length: MAX_MANIFEST + 1, archive_length: u64::MAX, ..record() };
        assert_eq!(BootRecord::parse(&huge.encode()), Err(BadRecord::Damaged));
    }

    #[test]
    fn a_signature_is_whole_or_not_there() {
        let flagged = |record: BootRecord, flags| {
            let mut bytes = record.encode();
            bytes[10] = flags;
            reseal(bytes)
        };
        assert_eq!(flagged(record(), 1), Err(BadRecord::Damaged), "a flag alone");
        assert_eq!(flagged(signed(), 0), Err(BadRecord::Damaged), "no flag");
        for half in [72..88, 88..152] {
            let mut bytes = signed().encode();
            bytes[half].fill(0);
            assert_eq!(reseal(bytes), Err(BadRecord::Damaged));
        }
    }

    #[test]
    fn bytes_for_later_versions_are_ignored() {
        let mut bytes = record().encode();
        bytes[152..SUM_AT].fill(0xff);
        bytes[GRAPHICAL_AT] = 0xfe;
        assert_eq!(reseal(bytes), Ok(record()));
    }

    #[test]
    fn the_signed_message_names_its_purpose() {
        let message = signed_message(&Digest::of(b"{}"));
        assert!(message.starts_with(b"snakecrate manifest v2\0\0"));
        assert_eq!(message[24..], Digest::of(b"{}").0);
    }
}
