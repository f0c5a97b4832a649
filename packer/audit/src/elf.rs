//! The header of ELF files.

use goblin::elf::Elf;
use goblin::elf::header::{EI_CLASS, ELFCLASS64, machine_to_str};
use snakecrate_format::target::Target;

/// Length of an ELF file's header in bytes: enough for [`foreign_machine`].
pub const HEADER: usize = 64;

/// Whether a file that starts with these bytes is an ELF file.
pub fn is_elf(start: &[u8]) -> bool {
    start.starts_with(b"\x7fELF")
}

/// The machine that an ELF file is for, as messages name it (`aarch64`), if it isn't `target`'s.
/// `None` if it is, and for anything without an ELF header.
pub fn foreign_machine(bytes: &[u8], target: &Target) -> Option<String> {
    let header = Elf::parse_header(bytes).ok()?;
    let is_64 = header.e_ident[EI_CLASS] == ELFCLASS64;
    let machine = target.glibc.as_ref().map(|glibc| glibc.elf_machine);
    if is_64 && machine == Some(header.e_machine) {
        return None;
    }
    Some(machine_to_str(header.e_machine).trim_start_matches("EM_").to_ascii_lowercase())
}
