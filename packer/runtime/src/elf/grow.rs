//! Adds a string to an executable's dynamic strings.
//!
//! Other tables follow the dynamic strings, so they move to a read-only segment behind all others.
//! This segment requires another program header. The blocks behind the program headers make space
//! for it and move to the new segment as well: the loader's path and the notes, to which only
//! program headers refer. Code and data keep their addresses, so this works for `ET_EXEC`, too.

use std::ops::Range;

use object::elf::{self, ProgramFlags};
use object::endian::LittleEndian as LE;
use object::pod;

use super::image::{Segment, null_entry, range};
use super::{Image, Malformed};

/// Adds `text` to the dynamic strings and returns its offset there. Afterwards the dynamic section
/// has space for at least `entries` more entries.
///
/// # Errors
///
/// The file has no space for a program header, or cannot be edited.
pub fn add_string(image: &mut Image, text: &[u8], entries: usize) -> Result<u64, Malformed> {
    if image.is_rigid() {
        return Err(Malformed("it has data behind its ELF part"));
    }
    let strings = image.strings()?;
    let offset = strings.len() as u64;
    let mut moves = in_the_way(image, &strings)?;

    let mut segment = New::behind(image)?;
    moves.retain(|block| *block != strings);
    for block in moves {
        let bytes = image.bytes[block.clone()].to_vec();
        let place = segment.put(&bytes);
        moved(image, &block, place)?;
        image.bytes[block].fill(0);
    }

    let mut bytes = image.bytes[strings.clone()].to_vec();
    bytes.extend_from_slice(text);
    bytes.push(0);
    let place = segment.put(&bytes);
    moved(image, &strings, place)?;
    image.bytes[strings.clone()].fill(0);
    resize_section(image, place, bytes.len());
    for entry in image.dynamic_mut()? {
        match entry.d_tag.get(LE) {
            elf::DT_STRTAB => entry.d_val.set(LE, place.address),
            elf::DT_STRSZ => entry.d_val.set(LE, bytes.len() as u64),
            _ => {}
        }
    }

    let mut flags = elf::PF_R;
    // The last entry is the end marker.
    if image.entries()?.count() + entries >= image.dynamic()?.len() {
        move_dynamic(image, &mut segment, entries)?;
        flags = ProgramFlags(elf::PF_R.0 | elf::PF_W.0);
    }
    segment.attach(image, flags)?;
    Ok(offset)
}

/// A place in the file and in memory.
#[derive(Debug, Clone, Copy)]
struct Place {
    offset: u64,
    address: u64,
}

/// The new segment.
struct New {
    start: Place,
    /// The alignment of both, in bytes.
    page: u64,
    bytes: Vec<u8>,
}

impl New {
    fn behind(image: &Image) -> Result<Self, Malformed> {
        let too_big = Malformed("its addresses are too high");
        let mut end = 0;
        for segment in image.segments()? {
            if segment.p_type.get(LE) == elf::PT_LOAD {
                let last = segment.p_vaddr.get(LE).checked_add(segment.p_memsz.get(LE));
                end = end.max(last.ok_or(too_big)?);
            }
        }
        let page = image.target()?.page_size;
        let address = end.checked_next_multiple_of(page).ok_or(too_big)?;
        let offset = (image.bytes.len() as u64).next_multiple_of(page);
        Ok(Self { start: Place { offset, address }, page, bytes: Vec::new() })
    }

    /// Adds `bytes`, aligned to 16.
    fn put(&mut self, bytes: &[u8]) -> Place {
        self.bytes.resize(self.bytes.len().next_multiple_of(16), 0);
        let at = self.bytes.len() as u64;
        self.bytes.extend_from_slice(bytes);
        Place { offset: self.start.offset + at, address: self.start.address + at }
    }

    /// Writes it behind the image's end, and its program header behind the others.
    fn attach(self, image: &mut Image, flags: ProgramFlags) -> Result<(), Malformed> {
        let length = self.bytes.len() as u64;
        let header = Segment {
            p_type: elf::PT_LOAD.into(),
            p_flags: flags.into(),
            p_offset: self.start.offset.into(),
            p_vaddr: self.start.address.into(),
            p_paddr: self.start.address.into(),
            p_filesz: length.into(),
            p_memsz: length.into(),
            p_align: self.page.into(),
        };
        let table = image.segment_table()?;
        let count = image.segments()?.len() + 1;
        let count = u16::try_from(count).map_err(|_| Malformed("it has too many segments"))?;
        image.bytes[table.end..table.end + size_of::<Segment>()]
            .copy_from_slice(pod::bytes_of(&header));
        image.set_segment_count(count)?;
        for segment in image.segments_mut()? {
            if segment.p_type.get(LE) == elf::PT_PHDR {
                let length = u64::from(count) * size_of::<Segment>() as u64;
                segment.p_filesz.set(LE, length);
                segment.p_memsz.set(LE, length);
            }
        }
        let start = usize::try_from(self.start.offset).map_err(|_| Malformed("it is too big"))?;
        image.bytes.resize(start, 0);
        image.bytes.extend_from_slice(&self.bytes);
        Ok(())
    }
}

/// The blocks that have to move to make space for another program header, sorted.
fn in_the_way(image: &Image, strings: &Range<usize>) -> Result<Vec<Range<usize>>, Malformed> {
    let table = image.segment_table()?;
    let wanted = table.end..table.end + size_of::<Segment>();
    if wanted.end > image.bytes.len() {
        return Err(NO_ROOM);
    }
    let mut movable = vec![strings.clone()];
    for segment in image.segments()? {
        if [elf::PT_INTERP, elf::PT_NOTE, elf::PT_GNU_PROPERTY].contains(&segment.p_type.get(LE)) {
            let (start, length) = (segment.p_offset.get(LE), segment.p_filesz.get(LE));
            movable.push(range(start, length, &image.bytes)?);
        }
    }
    // Segments may overlap; those that do are one block.
    movable.sort_by_key(|block| (block.start, block.end));
    let mut blocks: Vec<Range<usize>> = Vec::new();
    for block in movable {
        match blocks.last_mut() {
            Some(last) if block.start < last.end => last.end = last.end.max(block.end),
            _ => blocks.push(block),
        }
    }
    blocks.retain(|block| overlap(block, &wanted));
    for section in &image.sections {
        let header = &section.header;
        if header.sh_type.get(LE) == elf::SHT_NOBITS || header.sh_size.get(LE) == 0 {
            continue;
        }
        let at = range(header.sh_offset.get(LE), header.sh_size.get(LE), &image.bytes)?;
        let moves = || blocks.iter().any(|block| block.start <= at.start && at.end <= block.end);
        if overlap(&at, &wanted) && !moves() {
            return Err(NO_ROOM);
        }
    }
    let torn = |block: &Range<usize>| overlap(block, strings) && block != strings;
    if blocks.iter().any(torn) {
        return Err(NO_ROOM);
    }
    if image.sections.is_empty() || blocks.iter().any(|block| block.start < table.end) {
        return Err(NO_ROOM);
    }
    // The loaded segment with the other headers must have the new one, too.
    let loaded = image.segments()?.iter().any(|segment| {
        let start = segment.p_offset.get(LE);
        let end = start.saturating_add(segment.p_filesz.get(LE));
        segment.p_type.get(LE) == elf::PT_LOAD
            && start <= table.start as u64
            && wanted.end as u64 <= end
    });
    if loaded { Ok(blocks) } else { Err(NO_ROOM) }
}

const NO_ROOM: Malformed = Malformed("there is no space for another program header");

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// Corrects the program and section headers of contents that moved from `block` to `place`.
fn moved(image: &mut Image, block: &Range<usize>, place: Place) -> Result<(), Malformed> {
    let (start, end) = (block.start as u64, block.end as u64);
    let inside = |offset: u64, length: u64| {
        (start <= offset && offset.saturating_add(length) <= end).then(|| offset - start)
    };
    for segment in image.segments_mut()? {
        let kind = segment.p_type.get(LE);
        if kind == elf::PT_LOAD || segment.p_filesz.get(LE) == 0 {
            continue;
        }
        if let Some(at) = inside(segment.p_offset.get(LE), segment.p_filesz.get(LE)) {
            segment.p_offset.set(LE, place.offset + at);
            segment.p_vaddr.set(LE, place.address + at);
            segment.p_paddr.set(LE, place.address + at);
        }
    }
    for section in &mut image.sections {
        let header = &mut section.header;
        if header.sh_type.get(LE) == elf::SHT_NOBITS || header.sh_size.get(LE) == 0 {
            continue;
        }
        if let Some(at) = inside(header.sh_offset.get(LE), header.sh_size.get(LE)) {
            header.sh_offset.set(LE, place.offset + at);
            header.sh_addr.set(LE, place.address + at);
        }
    }
    Ok(())
}

fn resize_section(image: &mut Image, place: Place, length: usize) {
    for section in &mut image.sections {
        if section.header.sh_offset.get(LE) == place.offset {
            section.header.sh_size.set(LE, length as u64);
        }
    }
}

/// Moves the dynamic section as well, because the linker (lld) left no spare entries in it.
fn move_dynamic(image: &mut Image, segment: &mut New, spare: usize) -> Result<(), Malformed> {
    let missing = Malformed("it is linked statically");
    let old = image.dynamic_table()?.ok_or(missing)?;
    let mut entries = image.dynamic()?.to_vec();
    entries.extend(std::iter::repeat_n(null_entry(), spare));
    let bytes = pod::bytes_of_slice(&entries);
    let place = segment.put(bytes);
    moved(image, &old, place)?;
    for header in image.segments_mut()? {
        if header.p_type.get(LE) == elf::PT_DYNAMIC {
            header.p_filesz.set(LE, bytes.len() as u64);
            header.p_memsz.set(LE, bytes.len() as u64);
        }
    }
    resize_section(image, place, bytes.len());
    Ok(())
}
