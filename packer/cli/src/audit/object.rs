//! What one ELF file says of itself.

use std::collections::BTreeSet;

use goblin::elf::{Elf, dynamic, header, note};
use serde::{Deserialize, Serialize};

use super::class::{Class, class};
use super::provide::expand;
use super::version::{Glibc, Version};
use snakecrate_runtime::elf::facts::{foreign_machine, is_elf};

/// `DT_RELR`: packed relocations (generic ABI). A loader before glibc 2.36 passes them over and the
/// program crashes, which is why linkers want `GLIBC_ABI_DT_RELR` as well.
const DT_RELR: u64 = 36;
const RELR: &str = "GLIBC_ABI_DT_RELR";
const RELR_SINCE: &str = "2.36";
/// `VER_FLG_WEAK`: the loader goes on without this version.
const WEAK: u16 = 2;
/// `GNU_PROPERTY_X86_ISA_1_NEEDED` (x86-64 psABI, "Program Property"): bits 0 to 3 are the levels.
const ISA_NEEDED: u32 = 0xc000_8002;

/// A dynamic executable or shared object, or one that is static; object files, core dumps and
/// files of other kinds are none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Object {
    /// Where it is in its tree.
    pub path: String,
    /// What is wrong with it, if it cannot be used.
    pub offence: Option<Offence>,
    /// `DT_SONAME`.
    pub soname: Option<String>,
    /// `DT_NEEDED`.
    pub needed: Vec<String>,
    /// `DT_RPATH`, split; empty where there is a `DT_RUNPATH`, which makes the loader ignore it.
    pub rpath: Vec<String>,
    /// `DT_RUNPATH`, split.
    pub runpath: Vec<String>,
    /// Whether the loader never uses the search paths of what loaded it: there is a `DT_RUNPATH`.
    pub has_runpath: bool,
    /// The loader of an executable.
    pub interpreter: Option<String>,
    /// Whether Python can import it: it has a `PyInit_…`.
    pub is_module: bool,
    /// Highest version of glibc's symbols that the loader insists on.
    pub glibc: Option<Version>,
    /// Highest of `GLIBCXX_…`, of libstdc++.
    pub glibcxx: Option<Version>,
    /// Highest of `CXXABI_…`, of libstdc++.
    pub cxxabi: Option<Version>,
    /// Highest of `GCC_…`, of `libgcc_s`.
    pub gcc: Option<Version>,
    /// Other versions that only some glibc has: `GLIBC_PRIVATE`, `GLIBC_ABI_…`.
    pub special: BTreeSet<String>,
    /// Highest `GLIBCXX_…` that it defines itself: it is a libstdc++.
    pub defines: Option<Version>,
    /// The x86-64 level it says it needs, from 1.
    pub level: Option<u8>,
}

/// Why an object cannot be used here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Offence {
    /// It is for another machine: `aarch64`.
    Machine(String),
    /// Its structure is damaged.
    Damaged,
}

impl Object {
    /// Reads the file that is at `path` of its tree; `None` where it is nothing for a loader.
    pub fn read(path: &str, bytes: &[u8]) -> Option<Self> {
        if !is_elf(bytes) {
            return None;
        }
        let object = Self { path: path.to_owned(), ..Self::default() };
        let offence = |offence| Some(Self { offence: Some(offence), ..object.clone() });
        let kind = match Elf::parse_header(bytes) {
            Ok(header) => header.e_type,
            Err(_) => return offence(Offence::Damaged),
        };
        if kind != header::ET_EXEC && kind != header::ET_DYN {
            return None;
        }
        if let Some(machine) = foreign_machine(bytes) {
            return offence(Offence::Machine(machine));
        }
        match Elf::parse(bytes) {
            Ok(elf) => Some(object.filled(&elf, bytes)),
            Err(_) => offence(Offence::Damaged),
        }
    }

    fn filled(mut self, elf: &Elf<'_>, bytes: &[u8]) -> Self {
        let split = |paths: &[&str]| -> Vec<String> {
            let paths = paths.iter().flat_map(|path| path.split(':'));
            paths.filter(|path| !path.is_empty()).map(ToOwned::to_owned).collect()
        };
        let tag = |wanted| {
            let table = elf.dynamic.as_ref();
            table.is_some_and(|table| table.dyns.iter().any(|entry| entry.d_tag == wanted))
        };
        self.has_runpath = tag(dynamic::DT_RUNPATH);
        self.rpath = if self.has_runpath { Vec::new() } else { split(&elf.rpaths) };
        self.runpath = split(&elf.runpaths);
        self.soname = elf.soname.map(ToOwned::to_owned);
        self.needed = elf.libraries.iter().map(|&name| name.to_owned()).collect();
        self.interpreter = elf.interpreter.map(|path| path.trim_end_matches('\0').to_owned());
        self.level = level(elf, bytes);
        self.is_module = elf.dynsyms.iter().any(|symbol| {
            let name = elf.dynstrtab.get_at(symbol.st_name).unwrap_or_default();
            !symbol.is_import() && name.starts_with("PyInit_")
        });
        for needed in elf.verneed.iter().flat_map(goblin::elf::symver::VerneedSection::iter) {
            // A wheel's own libstdc++ has another name, and what is wanted of it is its own affair.
            let library = elf.dynstrtab.get_at(needed.vn_file).unwrap_or_default();
            if !matches!(class(library), Class::C | Class::Compiler) {
                continue;
            }
            for version in needed.iter().filter(|version| version.vna_flags & WEAK == 0) {
                self.want(elf.dynstrtab.get_at(version.vna_name).unwrap_or_default());
            }
        }
        if tag(DT_RELR) && self.is_for_glibc() {
            self.want(RELR);
        }
        for defined in elf.verdef.iter().flat_map(goblin::elf::symver::VerdefSection::iter) {
            for version in &defined {
                let name = elf.dynstrtab.get_at(version.vda_name).unwrap_or_default();
                let version = name.strip_prefix("GLIBCXX_").and_then(Version::parse);
                self.defines = self.defines.take().max(version);
            }
        }
        self
    }

    fn want(&mut self, version: &str) {
        let Some((family, number)) = version.rsplit_once('_') else { return };
        let number = match (version, Version::parse(number)) {
            (RELR, _) => Version::parse(RELR_SINCE),
            (_, number) => number,
        };
        let highest = match (family, &number) {
            ("GLIBC" | "GLIBC_ABI_DT", Some(_)) => &mut self.glibc,
            ("GLIBCXX", Some(_)) => &mut self.glibcxx,
            ("CXXABI", Some(_)) => &mut self.cxxabi,
            ("GCC", Some(_)) => &mut self.gcc,
            _ if version.starts_with("GLIBC_") => {
                self.special.insert(version.to_owned());
                return;
            }
            _ => return,
        };
        *highest = highest.take().max(number);
    }

    /// The glibc it wants, if it says so.
    pub fn glibc(&self) -> Option<Glibc> {
        self.glibc.as_ref().map(Version::glibc)
    }

    /// Whether it is for musl, by the names of its libraries or of its loader.
    pub fn is_for_musl(&self) -> bool {
        let loader = self.interpreter.as_deref().unwrap_or_default();
        // Alpine's libc has the name of the machine in it, musl's own build is `libc.so`.
        let libc = |name: &String| name == "libc.so" || name.starts_with("libc.musl-");
        self.needed.iter().any(libc) || loader.contains("/ld-musl-")
    }

    /// The directories of its tree that its own `DT_RUNPATH` or `DT_RPATH` leads to.
    pub fn own_directories(&self) -> impl Iterator<Item = String> {
        let origin = self.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        self.runpath.iter().chain(&self.rpath).filter_map(move |path| expand(path, origin))
    }

    fn is_for_glibc(&self) -> bool {
        self.needed.iter().any(|name| name == "libc.so.6") || self.glibc.is_some()
    }
}

/// The level in `.note.gnu.property`. Few compilers write it, so most files say nothing.
fn level(elf: &Elf<'_>, bytes: &[u8]) -> Option<u8> {
    let notes = elf.iter_note_headers(bytes)?;
    let ours = |note: &note::Note<'_>| {
        note.n_type == note::NT_GNU_PROPERTY_TYPE_0 && note.name.trim_end_matches('\0') == "GNU"
    };
    notes.flatten().filter(ours).filter_map(|note| isa(note.desc)).max()
}

/// The highest bit of the property, from 1; properties are 8-byte aligned in 64-bit files.
fn isa(mut properties: &[u8]) -> Option<u8> {
    let word = |bytes: &[u8]| bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
    while let (Some(kind), Some(length)) = (word(properties), properties.get(4..).and_then(word)) {
        let length = usize::try_from(length).ok()?;
        let data = properties.get(8..8_usize.checked_add(length)?)?;
        if kind == ISA_NEEDED {
            let bits = word(data)? & 0xf;
            return u8::try_from(u32::BITS - bits.leading_zeros()).ok().filter(|level| *level > 0);
        }
        properties = properties.get(8 + length.next_multiple_of(8)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_the_highest_bit_of_the_property() {
        let property = |kind: u32, data: u32| {
            [kind.to_le_bytes(), 4_u32.to_le_bytes(), data.to_le_bytes(), [0; 4]].concat()
        };
        let ibt = property(0xc000_0002, 3);
        assert_eq!(isa(&[ibt.clone(), property(ISA_NEEDED, 0b111)].concat()), Some(3));
        assert_eq!(isa(&property(ISA_NEEDED, 0)), None);
        assert_eq!(isa(&ibt), None);
        assert_eq!(isa(&property(ISA_NEEDED, 1)[..9]), None);
    }

    #[test]
    fn versions_count_by_family() {
        let mut object = Object::default();
        for version in [
            "GLIBC_2.2.5",
            "GLIBC_2.17",
            "GLIBC_2.4",
            "GLIBCXX_3.4.9",
            "CXXABI_1.3.1",
            "GCC_3.0",
            "GLIBC_PRIVATE",
            "CXXABI_FLOAT128",
            "OPENSSL_3.0.0",
        ] {
            object.want(version);
        }
        assert_eq!(object.glibc(), Some(Glibc(2, 17)));
        assert_eq!(object.glibcxx, Version::parse("3.4.9"));
        assert_eq!(object.special, BTreeSet::from(["GLIBC_PRIVATE".to_owned()]));
        object.want(RELR);
        assert_eq!(object.glibc(), Some(Glibc(2, 36)));
    }

    #[test]
    fn a_file_of_this_machine_says_what_it_needs() {
        let bytes = std::fs::read("/bin/sh").unwrap();
        let object = Object::read("bin/sh", &bytes).unwrap();
        assert!(object.needed.contains(&"libc.so.6".to_owned()));
        assert!(object.glibc() >= Some(Glibc(2, 2)) && !object.is_for_musl());
        assert!(object.interpreter.is_some() && !object.is_module);
        assert_eq!(Object::read("x", b"#!/bin/sh\n"), None);
        let damaged = Object::read("x", &bytes[..70]).unwrap();
        assert_eq!(damaged.offence, Some(Offence::Damaged));
    }
}
