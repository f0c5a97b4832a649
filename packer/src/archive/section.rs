//! Where the boot record is in an executable.

use object::{Object, ObjectSection, ReadRef};
use snakecrate_stub::record::{LENGTH, SECTION};

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
