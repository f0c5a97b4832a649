//! The place of the boot record in an executable.

use object::{BinaryFormat, Object, ObjectSection, ReadRef};
use snakecrate_format::record::{BLANK, BootRecord, LENGTH, MACH_O_SECTION, PE_SECTION, SECTION};

/// Bytes of an incomplete executable that are searched for a record.
pub(super) const SEARCHED: usize = 8 << 20;

/// The offset in the file of the record's section.
///
/// # Errors
///
/// A phrase that names the fault of the file.
pub(super) fn find<'data>(file: impl ReadRef<'data>) -> Result<u64, String> {
    if file.read_bytes_at(0, 8).is_ok_and(|start| start == &BLANK[..8]) {
        // A file without an executable begins with its record.
        return Ok(0);
    }
    let object = object::File::parse(file).map_err(|_| "it is not an executable".to_owned())?;
    let name = match object.format() {
        BinaryFormat::Pe | BinaryFormat::Coff => PE_SECTION,
        BinaryFormat::MachO => MACH_O_SECTION,
        _ => SECTION,
    };
    // Not by name: `object` would accept `.snakecrate` for `__snakecrate` and the other way round.
    let section = object.sections().find(|section| section.name() == Ok(name));
    let section = section.ok_or_else(|| format!("it has no section `{name}`"))?;
    match section.file_range() {
        // PE sections are padded to whole blocks in the file.
        Some((offset, length))
            if length == LENGTH as u64
                || (object.format() == BinaryFormat::Pe && section.size() == LENGTH as u64) =>
        {
            Ok(offset)
        }
        _ => Err(format!("its section `{name}` is not {LENGTH} bytes long")),
    }
}

/// A whole record anywhere in `bytes`. The table of sections is at the end of an ELF file; one that
/// was cut before it still says how long it should be.
pub(super) fn search(bytes: &[u8]) -> Option<BootRecord> {
    bytes
        .windows(LENGTH)
        .filter(|window| window[..8] == BLANK[..8])
        .find_map(|window| BootRecord::parse(window.try_into().ok()?).ok())
}
