//! References to the dynamic strings, which show what can be overwritten without harm.

use std::ops::Range;

use object::elf::{self, DynamicTag};
use object::endian::LittleEndian as LE;
use object::pod;

use super::image::range;
use super::{Image, Malformed};

/// The string at `offset` of the dynamic strings, without the NUL.
pub fn string(image: &Image, offset: u64) -> Result<&[u8], Malformed> {
    let table = image.strings()?;
    let start = usize::try_from(offset).ok().filter(|&start| start < table.len());
    let start = start.ok_or(Malformed("a dynamic string is out of place"))?;
    let rest = &image.bytes[table][start..];
    let end = rest.iter().position(|&byte| byte == 0);
    Ok(&rest[..end.ok_or(Malformed("a dynamic string has no end"))?])
}

/// The part of the string at `offset` that nothing else refers to, as a range of the file.
///
/// Linkers let strings share tails: in `/opt/lib`, `lib` may be the name of a symbol as well.
/// Then the own part ends before it. References from entries with the tags `own` do not count.
pub fn own_part(image: &Image, offset: u64, own: &[DynamicTag]) -> Result<Range<usize>, Malformed> {
    let length = string(image, offset)?.len() as u64;
    let mut end = offset + length;
    for other in references(image, own)? {
        if (offset..end).contains(&other) {
            end = other;
        }
        // A string that begins earlier may end in this one.
        if other < offset && other + string(image, other)?.len() as u64 >= offset {
            end = offset;
        }
    }
    let table = image.strings()?.start as u64;
    range(table + offset, end - offset, &image.bytes)
}

/// The offsets of all dynamic strings in use, without those of entries with the tags `except`.
fn references(image: &Image, except: &[DynamicTag]) -> Result<Vec<u64>, Malformed> {
    const NAMES: [DynamicTag; 7] = [
        elf::DT_NEEDED,
        elf::DT_SONAME,
        elf::DT_RPATH,
        elf::DT_RUNPATH,
        elf::DT_AUXILIARY,
        elf::DT_FILTER,
        elf::DT_AUDIT,
    ];
    let mut found = Vec::new();
    for entry in image.entries()? {
        let tag = entry.d_tag.get(LE);
        if NAMES.contains(&tag) && !except.contains(&tag) {
            found.push(entry.d_val.get(LE));
        }
    }
    let mut tables = 0;
    for section in &image.sections {
        let header = &section.header;
        let at = || range(header.sh_offset.get(LE), header.sh_size.get(LE), &image.bytes);
        match header.sh_type.get(LE) {
            elf::SHT_DYNSYM => {
                tables += 1;
                let symbols: &[elf::Sym64<LE>] = pod::slice_from_all_bytes(&image.bytes[at()?])
                    .map_err(|()| Malformed("the dynamic symbols are out of place"))?;
                found.extend(symbols.iter().map(|symbol| u64::from(symbol.st_name.get(LE))));
            }
            elf::SHT_GNU_VERNEED => needed_versions(&image.bytes[at()?], &mut found)?,
            elf::SHT_GNU_VERDEF => defined_versions(&image.bytes[at()?], &mut found)?,
            _ => {}
        }
    }
    if tables == 0 {
        return Err(Malformed("it has no section headers for its dynamic symbols"));
    }
    Ok(found)
}

fn needed_versions(mut table: &[u8], found: &mut Vec<u64>) -> Result<(), Malformed> {
    loop {
        let file: &elf::Verneed<LE> = first(table)?;
        found.push(file.vn_file.get(LE).into());
        let mut versions = after(table, file.vn_aux.get(LE))?;
        for _ in 0..file.vn_cnt.get(LE) {
            let version: &elf::Vernaux<LE> = first(versions)?;
            found.push(version.vna_name.get(LE).into());
            versions = after(versions, version.vna_next.get(LE))?;
        }
        match file.vn_next.get(LE) {
            0 => return Ok(()),
            next => table = after(table, next)?,
        }
    }
}

fn defined_versions(mut table: &[u8], found: &mut Vec<u64>) -> Result<(), Malformed> {
    loop {
        let version: &elf::Verdef<LE> = first(table)?;
        let mut names = after(table, version.vd_aux.get(LE))?;
        for _ in 0..version.vd_cnt.get(LE) {
            let name: &elf::Verdaux<LE> = first(names)?;
            found.push(name.vda_name.get(LE).into());
            names = after(names, name.vda_next.get(LE))?;
        }
        match version.vd_next.get(LE) {
            0 => return Ok(()),
            next => table = after(table, next)?,
        }
    }
}

fn first<T: pod::Pod>(bytes: &[u8]) -> Result<&T, Malformed> {
    pod::from_bytes(bytes).map(|(first, _)| first).map_err(|()| Malformed(VERSIONS))
}

fn after(bytes: &[u8], distance: u32) -> Result<&[u8], Malformed> {
    let distance = usize::try_from(distance).map_err(|_| Malformed(VERSIONS))?;
    bytes.get(distance..).ok_or(Malformed(VERSIONS))
}

const VERSIONS: &str = "the symbol versions are out of place";
