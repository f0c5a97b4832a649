//! Removes the parts of a wheel's libraries that only debuggers read.
//!
//! Unlike [`Image::into_bytes`](super::Image::into_bytes), this keeps the number of every section:
//! those that go become unused entries of the table (`SHT_NULL`), so that symbols and links need no
//! correction. The loaded part does not move, and sections of an unknown kind stay.

use std::ops::Range;

use object::elf;
use object::endian::LittleEndian as LE;
use object::pod;
use serde::{Deserialize, Serialize};

use super::Malformed;
use super::image::{Section, SectionHeader, header, last_byte, range, sections, segments};

/// The symbols that are removed from the libraries in wheels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Strip {
    /// Nothing.
    None,
    /// Debug information: the sources' lines, names and types of variables.
    #[default]
    Debug,
    /// Also the names of functions that are not exported, which traces of crashes and profilers
    /// show.
    All,
}

/// A part of a stripped file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// These bytes of the original file, which may be too long for memory.
    Original(Range<usize>),
    /// Other bytes.
    New(Vec<u8>),
}

/// The parts of the file without what `strip` names. `None` if the file stays as it is, since it has
/// nothing of that or other data follows its ELF part. Only headers and names of `bytes` are read.
///
/// # Errors
///
/// It isn't an ELF file for a known target, or its tables lead out of it.
pub fn strip(bytes: &[u8], strip: Strip) -> Result<Option<Vec<Piece>>, Malformed> {
    let mut head = *header(bytes)?;
    let linked = [elf::ET_DYN, elf::ET_EXEC].contains(&head.e_type.get(LE));
    if strip == Strip::None || !linked {
        return Ok(None);
    }
    let mut all = sections(bytes, &head)?;
    let names = usize::from(head.e_shstrndx.get(LE).0);
    let useless: Vec<bool> =
        (0..all.len()).map(|at| at != names && is_useless(&all, at, strip)).collect();
    if !useless.contains(&true) {
        return Ok(None);
    }
    let end = loaded(bytes, &all)?;
    if last_byte(&head, &all).max(end as u64) < bytes.len() as u64 {
        return Ok(None);
    }
    let mut out = Output { pieces: vec![Piece::New(Vec::new())], length: 0 };
    out.add(Piece::Original(size_of_val(&head)..end));
    out.length = end;
    for (section, useless) in all.iter_mut().zip(useless).skip(1) {
        let header = &mut section.header;
        if useless {
            *header = unused()?;
            continue;
        }
        if header.sh_type.get(LE) == elf::SHT_NOBITS {
            continue;
        }
        let at = range(header.sh_offset.get(LE), header.sh_size.get(LE), bytes)?;
        if at.end > end {
            out.align(alignment(header));
            header.sh_offset.set(LE, out.length as u64);
            out.add(Piece::Original(at));
        }
    }
    out.align(8);
    head.e_shoff.set(LE, out.length as u64);
    let table = all.iter().flat_map(|section| pod::bytes_of(&section.header)).copied();
    out.add(Piece::New(table.collect()));
    out.pieces[0] = Piece::New(pod::bytes_of(&head).to_vec());
    Ok((out.length < bytes.len()).then_some(out.pieces))
}

/// The stripped file so far.
struct Output {
    pieces: Vec<Piece>,
    /// Their length in bytes.
    length: usize,
}

impl Output {
    fn add(&mut self, piece: Piece) {
        self.length += match &piece {
            Piece::Original(range) => range.len(),
            Piece::New(bytes) => bytes.len(),
        };
        self.pieces.push(piece);
    }

    fn align(&mut self, alignment: usize) {
        let padding = self.length.next_multiple_of(alignment) - self.length;
        self.add(Piece::New(vec![0; padding]));
    }
}

/// Whether the section `all[index]` is removed.
fn is_useless(all: &[Section], index: usize, strip: Strip) -> bool {
    let Section { header, name } = &all[index];
    if header.sh_flags.get(LE).0 & elf::SHF_ALLOC.0 != 0 {
        return false;
    }
    let debug =
        [&b".debug_"[..], b".zdebug_", b".stab"].iter().any(|start| name.starts_with(start))
            || name == b".gdb_index";
    let symbols = || {
        let table = |section: &Section| {
            section.header.sh_type.get(LE) == elf::SHT_SYMTAB
                && section.header.sh_flags.get(LE).0 & elf::SHF_ALLOC.0 == 0
        };
        let strings = |section: &Section| section.header.sh_link.get(LE) as usize == index;
        // The symbols' strings are removed, too, if nothing else uses them.
        table(&all[index])
            || (header.sh_type.get(LE) == elf::SHT_STRTAB
                && all.iter().any(|section| strings(section) && table(section))
                && all.iter().all(|section| !strings(section) || table(section)))
            || header.sh_type.get(LE) == elf::SHT_SYMTAB_SHNDX
    };
    debug || (strip == Strip::All && symbols())
}

/// The end of the loaded part and of its tables in the file.
fn loaded(bytes: &[u8], all: &[Section]) -> Result<usize, Malformed> {
    let head = header(bytes)?;
    let segments = segments(bytes, head)?;
    let table = size_of_val(segments) as u64;
    let places = segments
        .iter()
        .map(|segment| (segment.p_offset.get(LE), segment.p_filesz.get(LE)))
        .chain([(head.e_phoff.get(LE), table), (0, size_of::<elf::FileHeader64<LE>>() as u64)])
        .chain(
            all.iter()
                .map(|section| &section.header)
                .filter(|header| header.sh_flags.get(LE).0 & elf::SHF_ALLOC.0 != 0)
                .filter(|header| header.sh_type.get(LE) != elf::SHT_NOBITS)
                .map(|header| (header.sh_offset.get(LE), header.sh_size.get(LE))),
        );
    let mut end = 0;
    for (start, length) in places {
        end = end.max(range(start, length, bytes)?.end);
    }
    Ok(end)
}

fn alignment(header: &SectionHeader) -> usize {
    let wanted = usize::try_from(header.sh_addralign.get(LE)).unwrap_or(1);
    if wanted.is_power_of_two() { wanted.min(64) } else { 1 }
}

fn unused() -> Result<SectionHeader, Malformed> {
    let bytes = [0_u64; size_of::<SectionHeader>() / 8];
    pod::from_bytes::<SectionHeader>(pod::bytes_of_slice(&bytes))
        .map(|(header, _)| *header)
        .map_err(|()| Malformed("the section headers are out of place"))
}

/// The whole stripped file.
#[cfg(test)]
pub(super) fn stripped(bytes: &[u8], what: Strip) -> Result<Option<Vec<u8>>, Malformed> {
    let whole = |pieces: Vec<Piece>| {
        let piece = |piece| match piece {
            Piece::Original(range) => bytes[range].to_vec(),
            Piece::New(bytes) => bytes,
        };
        pieces.into_iter().flat_map(piece).collect()
    };
    Ok(strip(bytes, what)?.map(whole))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use goblin::elf::Elf;

    use super::*;

    fn library() -> (tempfile::TempDir, Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("a.c"), dir.path().join("a.so"));
        let source = "static int hidden(int x) { return x + 41; }\n\
            int shown(void) { volatile int one = 1; return hidden(one); }\n";
        fs::write(&from, source).unwrap();
        let options = ["-shared", "-fPIC", "-g", "-O0", "-o"];
        let status = Command::new("cc").args(options).arg(&to).arg(&from).status().unwrap();
        assert!(status.success());
        let bytes = fs::read(to).unwrap();
        (dir, bytes)
    }

    /// The value that the library's function returns to Python.
    fn shown(dir: &tempfile::TempDir, bytes: &[u8]) -> String {
        let path = dir.path().join("stripped.so");
        fs::write(&path, bytes).unwrap();
        let script = "import ctypes, sys; print(ctypes.CDLL(sys.argv[1]).shown())";
        let output = Command::new("python3").args(["-c", script]).arg(path).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn symbols(bytes: &[u8]) -> Vec<String> {
        let elf = Elf::parse(bytes).unwrap();
        elf.syms
            .iter()
            .filter_map(|symbol| elf.strtab.get_at(symbol.st_name).map(str::to_owned))
            .collect()
    }

    fn debug(bytes: &[u8]) -> bool {
        let elf = Elf::parse(bytes).unwrap();
        let mut names =
            elf.section_headers.iter().filter_map(|s| elf.shdr_strtab.get_at(s.sh_name));
        names.any(|name| name.starts_with(".debug"))
    }

    #[test]
    fn debug_information_goes_and_function_names_stay() {
        let (dir, bytes) = library();
        let hidden = "hidden".to_owned();
        assert!(debug(&bytes) && symbols(&bytes).contains(&hidden));
        let without = stripped(&bytes, Strip::Debug).unwrap().unwrap();
        assert!(!debug(&without) && symbols(&without).contains(&hidden));
        assert_eq!(shown(&dir, &without), "42\n");
        let elf = Elf::parse(&without).unwrap();
        let symbol = elf.syms.iter().find(|s| elf.strtab.get_at(s.st_name) == Some("hidden"));
        let section = &elf.section_headers[symbol.unwrap().st_shndx];
        assert_eq!(elf.shdr_strtab.get_at(section.sh_name), Some(".text"));
        assert_eq!(stripped(&without, Strip::Debug), Ok(None), "there is nothing left to take");

        let bare = stripped(&bytes, Strip::All).unwrap().unwrap();
        assert!(bare.len() < without.len() && symbols(&bare).is_empty());
        assert_eq!(shown(&dir, &bare), "42\n");
        assert_eq!(stripped(&bytes, Strip::None), Ok(None));
    }

    #[test]
    fn data_behind_the_elf_part_stays() {
        let (_dir, mut bytes) = library();
        bytes.extend(b"PK: a zip file that the program reads");
        assert_eq!(stripped(&bytes, Strip::All), Ok(None));
    }

    #[test]
    fn damaged_files_cause_no_panic() {
        let (_dir, bytes) = library();
        for length in (0..bytes.len()).step_by(97) {
            let _ = stripped(&bytes[..length], Strip::All);
        }
        for at in (0..64).chain(bytes.len() - 2000..bytes.len()) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0xff;
            let _ = stripped(&damaged, Strip::All);
        }
    }
}
