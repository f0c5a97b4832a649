//! What an ELF file is, and what it says about itself.

use object::elf;
use object::read::elf::{FileHeader, SectionHeader as _};
use object::{Object as _, ObjectSymbol};
use serde::Deserialize;

/// The owner and the kind of the note with the package of a file
/// (<https://systemd.io/PACKAGE_METADATA_FOR_EXECUTABLE_FILES/>).
const OWNER: &[u8] = b"FDO";
const PACKAGE: u32 = 0xcafe_1a7e;
/// The byte of an ELF file that says how long its words are, and its value for 64 bits.
const CLASS: usize = 4;
const BITS_64: u8 = 2;

/// An ELF file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Native {
    /// What it is.
    pub kind: NativeKind,
    /// The package that it says that it is from.
    pub package: Option<Package>,
}

/// What an ELF file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NativeKind {
    /// A module of Python.
    Extension,
    /// A program.
    Program,
    /// Any other shared object.
    Library,
    /// An object file, a file of debugging data, or one that cannot be read.
    Other,
}

/// A package as the note `.note.package` names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Package {
    /// `deb`, `rpm`
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// `debian`
    pub os: Option<String>,
    /// `12`
    #[serde(rename = "osVersion")]
    pub os_version: Option<String>,
    /// `openssl`
    pub name: Option<String>,
    /// `3.0.11-1`
    pub version: Option<String>,
    /// `amd64`
    pub architecture: Option<String>,
}

/// The ELF file with these bytes; `None` if they are none.
pub fn native(bytes: &[u8]) -> Option<Native> {
    if !bytes.starts_with(b"\x7fELF") {
        return None;
    }
    let package = match bytes.get(CLASS) {
        Some(&BITS_64) => note::<elf::FileHeader64<object::Endianness>>(bytes),
        _ => note::<elf::FileHeader32<object::Endianness>>(bytes),
    };
    Some(Native { kind: kind(bytes), package })
}

fn kind(bytes: &[u8]) -> NativeKind {
    let Ok(file) = object::File::parse(bytes) else { return NativeKind::Other };
    let mut exported = file.dynamic_symbols().filter(ObjectSymbol::is_definition);
    let is_module =
        exported.any(|symbol| symbol.name_bytes().is_ok_and(|name| name.starts_with(b"PyInit_")));
    match file.kind() {
        object::ObjectKind::Dynamic if is_module => NativeKind::Extension,
        object::ObjectKind::Executable => NativeKind::Program,
        object::ObjectKind::Dynamic if file.entry() != 0 && has_interpreter(bytes) => {
            NativeKind::Program
        }
        object::ObjectKind::Dynamic => NativeKind::Library,
        _ => NativeKind::Other,
    }
}

/// Whether a loader starts the file: a position-independent program is a shared object, too.
fn has_interpreter(bytes: &[u8]) -> bool {
    fn of<H: FileHeader<Endian = object::Endianness>>(bytes: &[u8]) -> Option<bool> {
        use object::read::elf::ProgramHeader as _;
        let header = H::parse(bytes).ok()?;
        let endian = header.endian().ok()?;
        let segments = header.program_headers(endian, bytes).ok()?;
        Some(segments.iter().any(|segment| segment.p_type(endian) == elf::PT_INTERP))
    }
    let found = match bytes.get(CLASS) {
        Some(&BITS_64) => of::<elf::FileHeader64<object::Endianness>>(bytes),
        _ => of::<elf::FileHeader32<object::Endianness>>(bytes),
    };
    found.unwrap_or(false)
}

fn note<H: FileHeader<Endian = object::Endianness>>(bytes: &[u8]) -> Option<Package> {
    let header = H::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, bytes).ok()?;
    for section in sections.iter() {
        let Ok(Some(mut notes)) = section.notes(endian, bytes) else { continue };
        while let Ok(Some(note)) = notes.next() {
            if note.name() == OWNER && note.n_type(endian) == elf::NoteType(PACKAGE) {
                let text = note.desc().split(|byte| *byte == 0).next()?;
                return serde_json::from_slice(text).ok();
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::write::{Object, Symbol, SymbolSection};
    use object::{Architecture, BinaryFormat, Endianness, SectionKind};

    /// An object file with a section `.note.package` of `desc`.
    fn forged(desc: &[u8]) -> Vec<u8> {
        let mut file = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
        let mut note = Vec::new();
        for word in [4, u32::try_from(desc.len()).unwrap(), PACKAGE] {
            note.extend(word.to_le_bytes());
        }
        note.extend(b"FDO\0");
        note.extend(desc);
        note.resize(note.len().next_multiple_of(4), 0);
        let section = file.add_section(vec![], b".note.package".to_vec(), SectionKind::Note);
        file.append_section_data(section, &note, 4);
        file.add_symbol(Symbol {
            name: b"PyInit_x".to_vec(),
            value: 0,
            size: 0,
            kind: object::SymbolKind::Data,
            scope: object::SymbolScope::Dynamic,
            weak: false,
            section: SymbolSection::Section(section),
            flags: object::SymbolFlags::None,
        });
        file.write().unwrap()
    }

    #[test]
    fn notes_name_the_package() {
        let text = br#"{"type":"deb","os":"debian","name":"openssl","version":"3.0-1","x":1}"#;
        let found = native(&forged(text)).unwrap();
        assert_eq!(found.kind, NativeKind::Other);
        let package = found.package.unwrap();
        assert_eq!(package.name.as_deref(), Some("openssl"));
        assert_eq!(package.version.as_deref(), Some("3.0-1"));
    }

    #[test]
    fn damaged_files_are_no_panic() {
        let whole = forged(b"{not json");
        assert_eq!(native(&whole).unwrap().package, None);
        assert_eq!(native(b"#!/bin/sh"), None);
        for length in 0..whole.len() {
            let _ = native(&whole[..length]);
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0xff;
            let _ = native(&changed);
        }
    }

    #[test]
    fn this_program_is_a_program() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(native(&own).unwrap().kind, NativeKind::Program);
    }
}
