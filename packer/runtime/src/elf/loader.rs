//! The program that starts a dynamic executable: `PT_INTERP`.

use object::elf;
use object::endian::LittleEndian as LE;

use super::image::range;
use super::{Image, Malformed};

/// The path of the loader; nothing for a static executable or a library.
pub fn loader(image: &Image) -> Result<Option<String>, Malformed> {
    let Some(at) = place(image)? else { return Ok(None) };
    let text = String::from_utf8_lossy(&image.bytes[at]);
    Ok(Some(text.trim_end_matches('\0').to_owned()))
}

/// Replaces a loader that only the build machine has (Nix, Homebrew) by the target's. The paths of
/// such loaders are longer.
pub fn standardise(image: &mut Image) -> Result<(), Malformed> {
    let glibc = image.target()?.glibc.as_ref();
    let standard = glibc.ok_or(Malformed("it is for another machine"))?.loader;
    if loader(image)?.is_none_or(|loader| loader == standard) {
        return Ok(());
    }
    let at = place(image)?.unwrap_or_default();
    if at.len() <= standard.len() {
        return Err(Malformed("its loader is at an unusual place"));
    }
    let text = &mut image.bytes[at];
    text.fill(0);
    text[..standard.len()].copy_from_slice(standard.as_bytes());
    Ok(())
}

/// Points `PT_INTERP` at a path of `length` bytes, including the final NUL. The path is at `offset` of
/// the file and at `string` of the dynamic strings.
pub(super) fn move_to(
    image: &mut Image,
    offset: usize,
    string: u64,
    length: usize,
) -> Result<(), Malformed> {
    let strings = image.value(elf::DT_STRTAB)?.ok_or(Malformed("it has no dynamic strings"))?;
    let (address, length) = (strings + string, length as u64);
    for segment in image.segments_mut()? {
        if segment.p_type.get(LE) == elf::PT_INTERP {
            segment.p_offset.set(LE, offset as u64);
            segment.p_vaddr.set(LE, address);
            segment.p_paddr.set(LE, address);
            segment.p_filesz.set(LE, length);
            segment.p_memsz.set(LE, length);
        }
    }
    for section in image.sections.iter_mut().filter(|section| section.name == b".interp") {
        section.header.sh_offset.set(LE, offset as u64);
        section.header.sh_addr.set(LE, address);
        section.header.sh_size.set(LE, length);
    }
    Ok(())
}

fn place(image: &Image) -> Result<Option<std::ops::Range<usize>>, Malformed> {
    let Some(segment) = image.segment(elf::PT_INTERP)? else { return Ok(None) };
    range(segment.p_offset.get(LE), segment.p_filesz.get(LE), &image.bytes).map(Some)
}
