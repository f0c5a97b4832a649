//! What an ELF file needs to be loaded.

use goblin::elf::header::EM_X86_64;
use goblin::elf::{Elf, dynamic};

use super::Malformed;

/// The dynamic section in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// `DT_NEEDED`: names of libraries, or paths.
    pub needed: Vec<String>,
    /// `DT_RPATH`, split; empty where a `DT_RUNPATH` makes the loader ignore it.
    pub rpath: Vec<String>,
    /// `DT_RUNPATH`, split.
    pub runpath: Vec<String>,
    /// Whether it uses what only the C library it was built with has (`GLIBC_PRIVATE`): such a
    /// library is a part of that C library, whatever its name.
    pub is_libc_part: bool,
}

/// Whether a file that starts with these bytes is an ELF file.
pub fn is_elf(start: &[u8]) -> bool {
    start.starts_with(b"\x7fELF")
}

/// The machine an ELF file is for, as messages call it; `None` for one of ours, x86-64.
pub fn foreign_machine(bytes: &[u8]) -> Option<String> {
    let header = Elf::parse_header(bytes).ok()?;
    let wide = header.e_ident[goblin::elf::header::EI_CLASS] == goblin::elf::header::ELFCLASS64;
    if header.e_machine == EM_X86_64 && wide {
        return None;
    }
    let name = goblin::elf::header::machine_to_str(header.e_machine);
    Some(name.trim_start_matches("EM_").to_ascii_lowercase())
}

impl Facts {
    /// Reads them from the file's bytes.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        if foreign_machine(bytes).is_some() {
            return Err(Malformed("it is not for x86-64"));
        }
        let elf = Elf::parse(bytes).map_err(|_| Malformed("its ELF structure is damaged"))?;
        let split = |paths: &[&str]| -> Vec<String> {
            paths.iter().flat_map(|path| path.split(':')).map(ToOwned::to_owned).collect()
        };
        let has_runpath = elf
            .dynamic
            .as_ref()
            .is_some_and(|table| table.dyns.iter().any(|entry| entry.d_tag == dynamic::DT_RUNPATH));
        let is_libc_part = elf.verneed.as_ref().is_some_and(|files| {
            files
                .iter()
                .flat_map(|file| file.iter().collect::<Vec<_>>())
                .any(|version| elf.dynstrtab.get_at(version.vna_name) == Some("GLIBC_PRIVATE"))
        });
        Ok(Self {
            needed: elf.libraries.iter().map(|&name| name.to_owned()).collect(),
            rpath: if has_runpath { Vec::new() } else { split(&elf.rpaths) },
            runpath: split(&elf.runpaths),
            is_libc_part,
        })
    }
}
