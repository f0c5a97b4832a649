//! Space in an executable for values that only the launcher knows; the format is in
//! [`snakecrate_format::patch_area`].

use object::elf;
use object::endian::LittleEndian as LE;
use snakecrate_format::patch_area::{
    LENGTH, LIBRARIES, LOADER, MAGIC, NAME, PLACE, RECORD, SEARCH, UNUSED,
};

use super::{Image, Malformed, grow, loader, search_path};

/// Libraries of the C library and of the compiler that the launcher may have loaded first.
pub const NAMES: [&str; 10] = [
    "libm.so.6",
    "libgcc_s.so.1",
    "libstdc++.so.6",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "libutil.so.1",
    "libresolv.so.2",
    "libanl.so.1",
    "libatomic.so.1",
];

/// Makes `search` the executable's only search path, as [`search_path::set`] does, and reserves space
/// for a longer one, for a longer path of the loader, and for libraries that are loaded first.
///
/// # Errors
///
/// The executable is linked statically, or has no space for another program header.
pub fn reserve(image: &mut Image, search: &[u8]) -> Result<(), Malformed> {
    const _: () = assert!(NAMES.len() <= LIBRARIES);
    let loader = loader::loader(image)?.ok_or(Malformed("it is linked statically"))?;
    search_path::remove(image)?;

    let mut area = vec![0; LENGTH];
    area[..MAGIC.len()].copy_from_slice(MAGIC);
    let loader_at = MAGIC.len();
    let search_at = loader_at + LOADER;
    let records_at = search_at + SEARCH;
    area[loader_at..loader_at + loader.len()].copy_from_slice(loader.as_bytes());
    area[search_at..search_at + search.len()].copy_from_slice(search);
    for (index, name) in NAMES.iter().enumerate() {
        let at = records_at + index * RECORD + PLACE;
        area[at..at + name.len()].copy_from_slice(name.as_bytes());
        debug_assert!(name.len() < NAME, "a name has its end");
    }
    let offset = grow::add_string(image, &area, 1 + NAMES.len())?;
    let string = |at: usize| offset + at as u64;

    let first = image.entries()?.count();
    let entries = image.dynamic_mut()?;
    entries[first].d_tag.set(LE, elf::DT_RPATH);
    entries[first].d_val.set(LE, string(search_at));
    for (index, entry) in entries[first + 1..][..NAMES.len()].iter_mut().enumerate() {
        entry.d_tag.set(LE, elf::DynamicTag(UNUSED.cast_signed()));
        entry.d_val.set(LE, string(records_at + index * RECORD + PLACE));
    }
    let table = image.dynamic_table()?.ok_or(Malformed("it is linked statically"))?;
    let place = image.strings()?.start + usize::try_from(offset).map_err(|_| TOO_BIG)?;
    for index in 0..NAMES.len() {
        let entry = table.start + (first + 1 + index) * size_of::<super::image::Dyn>();
        let at = place + records_at + index * RECORD;
        image.bytes[at..at + PLACE].copy_from_slice(format!("{entry:016x}").as_bytes());
    }
    loader::move_to(image, place + loader_at, string(loader_at), LOADER)
}

const TOO_BIG: Malformed = Malformed("it is too big");
