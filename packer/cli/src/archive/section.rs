//! Where the boot record is in an executable.

use object::{Object, ObjectSection, ReadRef};
use snakecrate_format::record::{BLANK, BootRecord, LENGTH, SECTION};

/// How many bytes of a file that is no whole executable are searched for a record.
pub(super) const SEARCHED: usize = 8 << 20;

/// The offset in the file of the record's section, or what is wrong with the file.
pub(super) fn find<'data>(file: impl ReadRef<'data>) -> Result<u64, String> {
    let object = object::File::parse(file).map_err(|_| "it is not an executable".to_owned())?;
    let section =
        object.section_by_name(SECTION).ok_or_else(|| format!("it has no section `{SECTION}`"))?;
    match section.file_range() {
        Some((offset, length)) if length == LENGTH as u64 => Ok(offset),
        _ => Err(format!("its section `{SECTION}` is not {LENGTH} bytes long")),
    }
}

/// A whole record anywhere in `bytes`: the table of sections is at the end of an executable, and a
/// file that was cut before it still tells how long it should be.
pub(super) fn search(bytes: &[u8]) -> Option<BootRecord> {
    bytes
        .windows(LENGTH)
        .filter(|window| window[..8] == BLANK[..8])
        .find_map(|window| BootRecord::parse(window.try_into().ok()?).ok())
}
