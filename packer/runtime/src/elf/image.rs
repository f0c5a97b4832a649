//! An ELF file in parts that can be edited, and the file that they become, without ballast.

use std::ops::Range;

use object::elf::{self, DynamicTag, ProgramType};
use object::endian::LittleEndian as LE;
use object::pod;
use snakecrate_format::target::Target;

use super::Malformed;

pub(super) type FileHeader = elf::FileHeader64<LE>;
/// A program header as it is in the file.
pub type Segment = elf::ProgramHeader64<LE>;
/// A section header as it is in the file.
pub type SectionHeader = elf::SectionHeader64<LE>;
/// An entry of the dynamic section as it is in the file.
pub type Dyn = elf::Dyn64<LE>;

/// A section and its name.
#[derive(Debug, Clone)]
pub struct Section {
    /// Its header; `sh_name` means nothing here.
    pub header: SectionHeader,
    /// Its name, without the NUL.
    pub name: Vec<u8>,
}

/// The loaded part of an ELF file, and the section headers that describe it.
///
/// Sections behind the last loaded one (symbols, debug information, comments) are left out, so
/// [`Image::into_bytes`] gives the same as `strip`. The dynamic symbols stay. A file with other data
/// behind its ELF part (Tcl 9 has its scripts in a zip there) stays whole.
#[derive(Debug)]
pub struct Image {
    /// The file up to the end of the loaded part.
    pub bytes: Vec<u8>,
    /// The sections that are kept, the empty one at index 0 included; empty without a table.
    pub sections: Vec<Section>,
    ballast: bool,
    /// Other data follows the ELF part, so the file keeps its length and its section table.
    rigid: bool,
}

impl Image {
    /// Splits `bytes` into parts.
    ///
    /// # Errors
    ///
    /// The tables lead out of the file, or the file is for an unknown target.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let header = *header(bytes)?;
        let segments = segments(bytes, &header)?;
        let all = sections(bytes, &header)?;
        let loaded = |section: &Section| section.header.sh_flags.get(LE).0 & elf::SHF_ALLOC.0 != 0;
        let kept = all.iter().rposition(loaded).map_or(0, |last| last + 1);
        let ballast = all[kept..].iter().any(|section| {
            section.header.sh_type.get(LE) == elf::SHT_SYMTAB
                || section.name.starts_with(b".debug")
                || section.name.starts_with(b".zdebug")
        });
        let sections = all[..kept].to_vec();

        let table = u64::from(header.e_phnum.get(LE)) * size_of::<Segment>() as u64;
        let ends = segments
            .iter()
            .map(|segment| (segment.p_offset.get(LE), segment.p_filesz.get(LE)))
            .chain(
                sections
                    .iter()
                    .filter(|section| section.header.sh_type.get(LE) != elf::SHT_NOBITS)
                    .map(|section| {
                        (section.header.sh_offset.get(LE), section.header.sh_size.get(LE))
                    }),
            )
            .chain([(header.e_phoff.get(LE), table), (0, size_of::<FileHeader>() as u64)]);
        let mut end = 0;
        for (start, length) in ends {
            end = end.max(range(start, length, bytes)?.end);
        }
        if last_byte(&header, &all).max(end as u64) < bytes.len() as u64 {
            return Ok(Self { bytes: bytes.to_vec(), sections, ballast: false, rigid: true });
        }
        Ok(Self { bytes: bytes[..end].to_vec(), sections, ballast, rigid: false })
    }

    /// The target that the file is for.
    pub fn target(&self) -> Result<&'static Target, Malformed> {
        let machine = header(&self.bytes)?.e_machine.get(LE).0;
        Target::of_elf_machine(machine).ok_or(Malformed("it is for another machine"))
    }

    /// Whether the file can only be changed in place.
    pub fn is_rigid(&self) -> bool {
        self.rigid
    }

    /// Whether the file has symbols or debug information that [`Image::into_bytes`] leaves out.
    pub fn has_ballast(&self) -> bool {
        self.ballast
    }

    /// The program headers.
    pub fn segments(&self) -> Result<&[Segment], Malformed> {
        segments(&self.bytes, header(&self.bytes)?)
    }

    /// The program headers, to be changed.
    pub fn segments_mut(&mut self) -> Result<&mut [Segment], Malformed> {
        let at = self.segment_table()?;
        pod::slice_from_all_bytes_mut(&mut self.bytes[at]).map_err(|()| Malformed(SEGMENTS))
    }

    /// The range of the program headers in the file.
    pub fn segment_table(&self) -> Result<Range<usize>, Malformed> {
        let header = header(&self.bytes)?;
        let length = u64::from(header.e_phnum.get(LE)) * size_of::<Segment>() as u64;
        range(header.e_phoff.get(LE), length, &self.bytes)
    }

    /// Sets the number of program headers.
    pub fn set_segment_count(&mut self, count: u16) -> Result<(), Malformed> {
        let (header, _) = pod::from_bytes_mut::<FileHeader>(&mut self.bytes)
            .map_err(|()| Malformed("the file header is cut off"))?;
        header.e_phnum.set(LE, count);
        Ok(())
    }

    /// The first segment of a kind.
    pub fn segment(&self, kind: ProgramType) -> Result<Option<Segment>, Malformed> {
        Ok(self.segments()?.iter().copied().find(|segment| segment.p_type.get(LE) == kind))
    }

    /// The range of the dynamic section's entries in the file, including the spare ones; `None` for
    /// a static executable.
    pub fn dynamic_table(&self) -> Result<Option<Range<usize>>, Malformed> {
        let Some(segment) = self.segment(elf::PT_DYNAMIC)? else { return Ok(None) };
        let mut at = range(segment.p_offset.get(LE), segment.p_filesz.get(LE), &self.bytes)?;
        at.end -= at.len() % size_of::<Dyn>();
        Ok(Some(at))
    }

    /// The entries of the dynamic section, the spare ones behind the end marker included.
    pub fn dynamic(&self) -> Result<&[Dyn], Malformed> {
        let Some(at) = self.dynamic_table()? else { return Ok(&[]) };
        pod::slice_from_all_bytes(&self.bytes[at]).map_err(|()| Malformed(DYNAMIC))
    }

    /// The entries of the dynamic section, to be changed.
    pub fn dynamic_mut(&mut self) -> Result<&mut [Dyn], Malformed> {
        let Some(at) = self.dynamic_table()? else { return Ok(&mut []) };
        pod::slice_from_all_bytes_mut(&mut self.bytes[at]).map_err(|()| Malformed(DYNAMIC))
    }

    /// The first value of a dynamic entry.
    pub fn value(&self, tag: DynamicTag) -> Result<Option<u64>, Malformed> {
        let found = self.entries()?.find(|entry| entry.d_tag.get(LE) == tag);
        Ok(found.map(|entry| entry.d_val.get(LE)))
    }

    /// The dynamic entries up to the end marker.
    pub fn entries(&self) -> Result<impl Iterator<Item = &Dyn>, Malformed> {
        Ok(self.dynamic()?.iter().take_while(|entry| entry.d_tag.get(LE) != elf::DT_NULL))
    }

    /// The range of the dynamic strings in the file.
    pub fn strings(&self) -> Result<Range<usize>, Malformed> {
        let missing = Malformed("there are no dynamic strings");
        let address = self.value(elf::DT_STRTAB)?.ok_or(missing)?;
        let length = self.value(elf::DT_STRSZ)?.ok_or(missing)?;
        let start = self.offset(address)?;
        range(start as u64, length, &self.bytes)
    }

    /// The place in the file of the byte that is loaded at `address`.
    pub fn offset(&self, address: u64) -> Result<usize, Malformed> {
        self.segments()?
            .iter()
            .filter(|segment| segment.p_type.get(LE) == elf::PT_LOAD)
            .find_map(|segment| {
                let inside = address.checked_sub(segment.p_vaddr.get(LE))?;
                let here = inside < segment.p_filesz.get(LE);
                here.then(|| segment.p_offset.get(LE).checked_add(inside))?
            })
            .and_then(|offset| usize::try_from(offset).ok())
            .ok_or(Malformed("an address is in no segment"))
    }

    /// The file: the loaded part, then the section names and headers.
    pub fn into_bytes(mut self) -> Result<Vec<u8>, Malformed> {
        if self.rigid {
            return Ok(self.bytes);
        }
        let mut names = vec![0];
        let mut table = Vec::with_capacity(self.sections.len() + 1);
        let count = u32::try_from(self.sections.len()).map_err(|_| Malformed(SECTIONS))?;
        for section in &self.sections {
            let mut header = section.header;
            let name = if section.name.is_empty() { 0 } else { names.len() };
            header.sh_name.set(LE, u32::try_from(name).map_err(|_| Malformed(SECTIONS))?);
            if !section.name.is_empty() {
                names.extend_from_slice(&section.name);
                names.push(0);
            }
            if header.sh_link.get(LE) >= count {
                header.sh_link.set(LE, 0);
            }
            table.push(header);
        }
        if !table.is_empty() {
            let name = u32::try_from(names.len()).map_err(|_| Malformed(SECTIONS))?;
            names.extend_from_slice(b".shstrtab\0");
            let header = SectionHeader {
                sh_name: name.into(),
                sh_type: elf::SHT_STRTAB.into(),
                sh_flags: elf::SectionFlags(0).into(),
                sh_addr: 0.into(),
                sh_offset: (self.bytes.len() as u64).into(),
                sh_size: (names.len() as u64).into(),
                sh_link: 0.into(),
                sh_info: 0.into(),
                sh_addralign: 1.into(),
                sh_entsize: 0.into(),
            };
            table.push(header);
            self.bytes.extend_from_slice(&names);
            self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        }
        let at = if table.is_empty() { 0 } else { self.bytes.len() as u64 };
        let (header, _) = pod::from_bytes_mut::<FileHeader>(&mut self.bytes)
            .map_err(|()| Malformed("the file header is cut off"))?;
        let length = u16::try_from(table.len()).map_err(|_| Malformed(SECTIONS))?;
        header.e_shoff.set(LE, at);
        header.e_shnum.set(LE, length);
        header.e_shstrndx.set(LE, elf::SymbolSection(length.saturating_sub(1)));
        self.bytes.extend_from_slice(pod::bytes_of_slice(&table));
        Ok(self.bytes)
    }
}

/// The end marker of a dynamic section.
pub(super) fn null_entry() -> Dyn {
    Dyn { d_tag: elf::DT_NULL.into(), d_val: 0.into() }
}

const SEGMENTS: &str = "the program headers are out of place";
const SECTIONS: &str = "the section headers are out of place";
const DYNAMIC: &str = "the dynamic section is out of place";

pub(super) fn header(bytes: &[u8]) -> Result<&FileHeader, Malformed> {
    let (header, _) = pod::from_bytes::<FileHeader>(bytes)
        .map_err(|()| Malformed("the file header is cut off"))?;
    if header.e_ident.magic != elf::ELFMAG {
        return Err(Malformed("it is not an ELF file"));
    }
    if header.e_ident.class != elf::ELFCLASS64
        || header.e_ident.data != elf::ELFDATA2LSB
        || Target::of_elf_machine(header.e_machine.get(LE).0).is_none()
    {
        return Err(Malformed("it is for another machine"));
    }
    Ok(header)
}

pub(super) fn segments<'a>(
    bytes: &'a [u8],
    header: &FileHeader,
) -> Result<&'a [Segment], Malformed> {
    let length = u64::from(header.e_phnum.get(LE)) * size_of::<Segment>() as u64;
    let at = range(header.e_phoff.get(LE), length, bytes).map_err(|_| Malformed(SEGMENTS))?;
    pod::slice_from_all_bytes(&bytes[at]).map_err(|()| Malformed(SEGMENTS))
}

pub(super) fn sections(bytes: &[u8], header: &FileHeader) -> Result<Vec<Section>, Malformed> {
    let broken = Malformed(SECTIONS);
    if header.e_shoff.get(LE) == 0 || header.e_shnum.get(LE) == 0 {
        return Ok(Vec::new());
    }
    let length = u64::from(header.e_shnum.get(LE)) * size_of::<SectionHeader>() as u64;
    let at = range(header.e_shoff.get(LE), length, bytes).map_err(|_| broken)?;
    let table: &[SectionHeader] = pod::slice_from_all_bytes(&bytes[at]).map_err(|()| broken)?;
    let names = table.get(usize::from(header.e_shstrndx.get(LE).0)).ok_or(broken)?;
    let names = &bytes[range(names.sh_offset.get(LE), names.sh_size.get(LE), bytes)?];
    table
        .iter()
        .map(|&header| {
            let start = usize::try_from(header.sh_name.get(LE)).map_err(|_| broken)?;
            let rest = names.get(start..).ok_or(broken)?;
            let end = rest.iter().position(|&byte| byte == 0).unwrap_or(rest.len());
            Ok(Section { header, name: rest[..end].to_vec() })
        })
        .collect()
}

/// The end of the last section and of the table of sections.
pub(super) fn last_byte(header: &FileHeader, sections: &[Section]) -> u64 {
    let table = header
        .e_shoff
        .get(LE)
        .saturating_add(u64::from(header.e_shnum.get(LE)) * size_of::<SectionHeader>() as u64);
    sections
        .iter()
        .filter(|section| section.header.sh_type.get(LE) != elf::SHT_NOBITS)
        .map(|section| &section.header)
        .map(|section| section.sh_offset.get(LE).saturating_add(section.sh_size.get(LE)))
        .fold(table, u64::max)
}

/// `start..start + length` if it lies inside `bytes`.
pub(super) fn range(start: u64, length: u64, bytes: &[u8]) -> Result<Range<usize>, Malformed> {
    let end = start.checked_add(length).filter(|&end| end <= bytes.len() as u64);
    match (usize::try_from(start), end.and_then(|end| usize::try_from(end).ok())) {
        (Ok(start), Some(end)) => Ok(start..end),
        _ => Err(Malformed("a part of it lies outside the file")),
    }
}
