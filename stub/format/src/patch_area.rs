//! The patch area in an interpreter's executable. It is filled in if an environment uses its own C
//! library.
//!
//! The kernel starts the loader that `PT_INTERP` names, by its absolute path; the loader finds
//! libraries by the executable's `DT_RPATH`. Both depend on where the cache is. So the packer
//! reserves space for them, and the launcher writes them into the environment's copy:
//!
//! ```text
//! "snakecrate patch"
//! the loader's path         2,048 bytes, filled with NUL; PT_INTERP names it
//! the search path           4,096 bytes, filled with NUL; DT_RPATH names it
//! then 12 times            16 bytes  the offset of an unused dynamic entry: hex digits
//!                          32 bytes  the library that it names, filled with NUL
//! ```
//!
//! Loaders skip an entry with the unused tag. If its tag is changed to `DT_NEEDED`, they load its
//! library. This is for objects with a `DT_RUNPATH` of their own: they ignore the executable's
//! `DT_RPATH`, but they find libraries that are already loaded. (`ld.so(8)`; System V ABI, dynamic
//! linking.)

/// The beginning of a patch area.
pub const MAGIC: &[u8; 16] = b"snakecrate patch";
/// Bytes for the loader's path, with a NUL at the end. The kernel would allow 4,096.
pub const LOADER: usize = 2048;
/// Bytes for the search path, with a NUL at the end.
pub const SEARCH: usize = 4096;
/// The number of libraries that an interpreter can load.
pub const LIBRARIES: usize = 12;
/// Bytes for a library's file name.
pub const NAME: usize = 32;
/// Bytes for the offset of a dynamic entry in the file: hex digits, since the patch area is among
/// the dynamic strings, which are text.
pub const PLACE: usize = 16;
/// Bytes of one library's record.
pub const RECORD: usize = PLACE + NAME;
/// Bytes of a whole patch area.
pub const LENGTH: usize = MAGIC.len() + LOADER + SEARCH + LIBRARIES * RECORD;
/// The tag of an unused dynamic entry. It is in the range for operating systems, but none uses it.
pub const UNUSED: u64 = 0x6000_5343;

/// `DT_NEEDED`: the loader loads the library that the entry names.
const NEEDED: u64 = 1;

/// Why a patch area cannot be filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPatchArea {
    /// The executable has no patch area: another packer made it.
    #[error("its interpreter has no patch area for the path of a C library")]
    Missing,
    /// A path is too long for its field, or contains a NUL byte.
    #[error("its path is too long for the loader of programs")]
    TooLong,
    /// A library has no record, or its record makes no sense.
    #[error("its interpreter cannot ask for {0}")]
    Library(&'static str),
}

/// Fills in the patch area of `executable`, again if it was filled in before. `loader` is the
/// absolute path of its loader, `search` has the directories with libraries, separated by colons,
/// and `libraries` are loaded before all others.
///
/// # Errors
///
/// See [`BadPatchArea`]; `executable` may be half filled in then.
pub fn fill(
    executable: &mut [u8],
    loader: &[u8],
    search: &[u8],
    libraries: &[String],
) -> Result<(), BadPatchArea> {
    // From the end, since the area is near it and an executable may be long.
    let found = executable.windows(MAGIC.len()).rposition(|window| window == MAGIC);
    let start = found.ok_or(BadPatchArea::Missing)? + MAGIC.len();
    let end = start - MAGIC.len() + LENGTH;
    if executable.len() < end {
        return Err(BadPatchArea::Missing);
    }
    put(&mut executable[start..start + LOADER], loader)?;
    put(&mut executable[start + LOADER..start + LOADER + SEARCH], search)?;
    let records = executable[start + LOADER + SEARCH..end].to_vec();
    for library in libraries {
        let has_name = |record: &&[u8]| {
            let name = &record[PLACE..];
            let length = name.iter().position(|&byte| byte == 0).unwrap_or(NAME);
            &name[..length] == library.as_bytes()
        };
        let record = records.chunks_exact(RECORD).find(has_name);
        let record = record.ok_or(BadPatchArea::Library("a library of its application"))?;
        let digits = std::str::from_utf8(&record[..PLACE]).ok();
        let offset = digits.and_then(|digits| usize::from_str_radix(digits, 16).ok());
        let tag = offset.and_then(|start| executable.get_mut(start..start.checked_add(8)?));
        let tag = tag.filter(|tag| **tag == UNUSED.to_le_bytes() || **tag == NEEDED.to_le_bytes());
        tag.ok_or(BadPatchArea::Library("any library"))?.copy_from_slice(&NEEDED.to_le_bytes());
    }
    Ok(())
}

/// Writes `text` to `field` and fills the rest with NUL.
fn put(field: &mut [u8], text: &[u8]) -> Result<(), BadPatchArea> {
    if text.len() >= field.len() || text.contains(&0) {
        return Err(BadPatchArea::TooLong);
    }
    field.fill(0);
    field[..text.len()].copy_from_slice(text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An executable with an unused entry at offset 8, and the patch area after it. The record of
    /// `libm.so.6` names the offset `entry`.
    fn executable(entry: u64) -> Vec<u8> {
        let mut bytes = vec![0; 8];
        bytes.extend(UNUSED.to_le_bytes());
        bytes.extend(MAGIC);
        bytes.resize(bytes.len() + LOADER + SEARCH, b'-');
        bytes.extend(format!("{entry:016x}").bytes());
        let mut name = b"libm.so.6".to_vec();
        name.resize(NAME, 0);
        bytes.extend(name);
        bytes.resize(16 + LENGTH, 0);
        bytes
    }

    #[test]
    fn paths_and_libraries_are_filled_in() {
        let mut bytes = executable(8);
        fill(&mut bytes, b"/c/ld.so", b"/a:/b", &["libm.so.6".into()]).unwrap();
        assert_eq!(bytes[8..16], NEEDED.to_le_bytes());
        assert!(bytes[32..].starts_with(b"/c/ld.so\0\0"));
        assert!(bytes[32 + LOADER..].starts_with(b"/a:/b\0\0"));
        fill(&mut bytes, b"/d", b"", &["libm.so.6".into()]).unwrap();
        assert!(bytes[32..].starts_with(b"/d\0\0\0"), "and filled in again");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let long = vec![b'x'; LOADER];
        let needs = |name: &str| vec![name.to_owned()];
        let fill = |bytes: &mut [u8], loader: &[u8], libraries: &[String]| {
            super::fill(bytes, loader, b"", libraries).unwrap_err()
        };
        assert_eq!(fill(&mut executable(8), &long, &[]), BadPatchArea::TooLong);
        assert_eq!(fill(&mut executable(8), b"a\0b", &[]), BadPatchArea::TooLong);
        assert_eq!(fill(&mut [0; 40], b"a", &[]), BadPatchArea::Missing);
        assert_eq!(fill(&mut executable(8)[..999], b"a", &[]), BadPatchArea::Missing);
        let unknown = fill(&mut executable(8), b"a", &needs("libx.so"));
        assert!(matches!(unknown, BadPatchArea::Library(_)));
        for entry in [0, 9, 16, u64::MAX, u64::MAX - 7, 16 + LENGTH as u64 - 4] {
            let refused = fill(&mut executable(entry), b"a", &needs("libm.so.6"));
            assert!(matches!(refused, BadPatchArea::Library(_)), "{entry}");
        }
    }
}
