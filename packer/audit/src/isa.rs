//! The x86-64 level that a file says it requires.
//!
//! There is nothing like it for 64-bit Arm. Its property of a linked file
//! (`GNU_PROPERTY_AARCH64_FEATURE_1_AND`: BTI, PAC, GCS) says what the file is compatible with, not
//! what it requires (ELF for the Arm 64-bit Architecture, "Program Property"), so it isn't read.

use goblin::elf::header::EM_X86_64;
use goblin::elf::{Elf, note};

/// `GNU_PROPERTY_X86_ISA_1_NEEDED` (x86-64 psABI, "Program Property"): bits 0 to 3 are the levels.
const ISA_NEEDED: u32 = 0xc000_8002;

/// The level in `.note.gnu.property`, from 1. Few compilers write it, so most files have none.
pub(crate) fn level(elf: &Elf<'_>, bytes: &[u8]) -> Option<u8> {
    if elf.header.e_machine != EM_X86_64 {
        return None;
    }
    let notes = elf.iter_note_headers(bytes)?;
    let ours = |note: &note::Note<'_>| {
        note.n_type == note::NT_GNU_PROPERTY_TYPE_0 && note.name.trim_end_matches('\0') == "GNU"
    };
    notes.flatten().filter(ours).filter_map(|note| isa(note.desc)).max()
}

/// The highest bit of the property, from 1; properties are 8-byte aligned in 64-bit files.
fn isa(mut properties: &[u8]) -> Option<u8> {
    let word = |bytes: &[u8]| bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
    while let (Some(kind), Some(length)) = (word(properties), properties.get(4..).and_then(word)) {
        let length = usize::try_from(length).ok()?;
        let data = properties.get(8..8_usize.checked_add(length)?)?;
        if kind == ISA_NEEDED {
            let bits = word(data)? & 0xf;
            return u8::try_from(u32::BITS - bits.leading_zeros()).ok().filter(|level| *level > 0);
        }
        properties = properties.get(8 + length.next_multiple_of(8)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_the_highest_bit_of_the_property() {
        let property = |kind: u32, data: u32| {
            [kind.to_le_bytes(), 4_u32.to_le_bytes(), data.to_le_bytes(), [0; 4]].concat()
        };
        let ibt = property(0xc000_0002, 3);
        assert_eq!(isa(&[ibt.clone(), property(ISA_NEEDED, 0b111)].concat()), Some(3));
        assert_eq!(isa(&property(ISA_NEEDED, 0)), None);
        assert_eq!(isa(&ibt), None);
        assert_eq!(isa(&property(ISA_NEEDED, 1)[..9]), None);
    }
}
