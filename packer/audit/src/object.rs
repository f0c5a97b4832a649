//! The facts of one ELF file.

use std::collections::BTreeSet;

use goblin::elf::program_header::PT_LOAD;
use goblin::elf::{Elf, dynamic, header, symver};
use serde::{Deserialize, Serialize};
use snakecrate_format::target::Target;

use crate::class::{Class, class};
use crate::elf::{foreign_machine, is_elf};
use crate::isa;
use crate::search_path::expand;
use crate::version::{Glibc, Version};

/// `DT_RELR`: packed relocations (generic ABI). A loader before glibc 2.36 ignores them and the
/// program crashes, which is why linkers also require `GLIBC_ABI_DT_RELR`.
const DT_RELR: u64 = 36;
const RELR: &str = "GLIBC_ABI_DT_RELR";
const RELR_SINCE: &str = "2.36";
/// `VER_FLG_WEAK`: the loader goes on without this version.
const WEAK: u16 = 2;

/// An executable or shared object. Object files, core dumps and other files aren't objects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Object {
    /// Its path in its tree.
    pub path: String,
    /// Why it cannot be loaded, if it cannot.
    pub defect: Option<Defect>,
    /// `DT_SONAME`.
    pub soname: Option<String>,
    /// `DT_NEEDED`.
    pub needed: Vec<String>,
    /// `DT_RPATH`, split; empty if there is a `DT_RUNPATH`, which makes the loader ignore it.
    pub rpath: Vec<String>,
    /// `DT_RUNPATH`, split.
    pub runpath: Vec<String>,
    /// Whether there is a `DT_RUNPATH`: then the loader never uses the search paths of the object
    /// that loaded it.
    pub has_runpath: bool,
    /// The loader that an executable names.
    pub interpreter: Option<String>,
    /// Whether Python can import it: it defines a `PyInit_…`.
    pub is_module: bool,
    /// Highest version of glibc's symbols that the loader insists on.
    pub glibc: Option<Version>,
    /// Highest `GLIBCXX_…`, of libstdc++.
    pub glibcxx: Option<Version>,
    /// Highest `CXXABI_…`, of libstdc++.
    pub cxxabi: Option<Version>,
    /// Highest `GCC_…`, of `libgcc_s`.
    pub gcc: Option<Version>,
    /// Other versions, which only some builds of glibc have: `GLIBC_PRIVATE`, `GLIBC_ABI_…`.
    pub special: BTreeSet<String>,
    /// Highest `GLIBCXX_…` that it defines itself, if it is a libstdc++.
    pub defines: Option<Version>,
    /// The x86-64 level that it says it requires, from 1.
    pub level: Option<u8>,
    /// The largest pages of a kernel that it is linked for, in bytes.
    pub page: Option<u64>,
}

/// Why an object cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Defect {
    /// It is for another machine: `aarch64`.
    Machine(String),
    /// Its structure is damaged.
    Damaged,
}

impl Object {
    /// The facts of the file at `path` of its tree, as seen on `target`; `None` for a file that no
    /// loader loads.
    pub fn read(path: &str, bytes: &[u8], target: &Target) -> Option<Self> {
        if !is_elf(bytes) {
            return None;
        }
        let object = Self { path: path.to_owned(), ..Self::default() };
        let broken = |defect| Some(Self { defect: Some(defect), ..object.clone() });
        let kind = match Elf::parse_header(bytes) {
            Ok(header) => header.e_type,
            Err(_) => return broken(Defect::Damaged),
        };
        if kind != header::ET_EXEC && kind != header::ET_DYN {
            return None;
        }
        if let Some(machine) = foreign_machine(bytes, target) {
            return broken(Defect::Machine(machine));
        }
        match Elf::parse(bytes) {
            Ok(elf) => Some(object.filled(&elf, bytes)),
            Err(_) => broken(Defect::Damaged),
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
        self.level = isa::level(elf, bytes);
        self.page = page(elf);
        self.is_module = elf.dynsyms.iter().any(|symbol| {
            let name = elf.dynstrtab.get_at(symbol.st_name).unwrap_or_default();
            !symbol.is_import() && name.starts_with("PyInit_")
        });
        for needed in elf.verneed.iter().flat_map(symver::VerneedSection::iter) {
            // A wheel that bundles libstdc++ renames it, so the versions that it requires of the
            // renamed library don't concern the host.
            let library = elf.dynstrtab.get_at(needed.vn_file).unwrap_or_default();
            if !matches!(class(library), Class::C | Class::Compiler) {
                continue;
            }
            for version in needed.iter().filter(|version| version.vna_flags & WEAK == 0) {
                self.require(elf.dynstrtab.get_at(version.vna_name).unwrap_or_default());
            }
        }
        if tag(DT_RELR) && self.is_for_glibc() {
            self.require(RELR);
        }
        for defined in elf.verdef.iter().flat_map(symver::VerdefSection::iter) {
            for version in &defined {
                let name = elf.dynstrtab.get_at(version.vda_name).unwrap_or_default();
                let version = name.strip_prefix("GLIBCXX_").and_then(Version::parse);
                self.defines = self.defines.take().max(version);
            }
        }
        self
    }

    fn require(&mut self, version: &str) {
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

    /// The glibc that it requires, if it names a version.
    pub fn glibc(&self) -> Option<Glibc> {
        self.glibc.as_ref().map(Version::glibc)
    }

    /// Whether it is for musl, judged by the names of its libraries and its loader.
    pub fn is_for_musl(&self) -> bool {
        let loader = self.interpreter.as_deref().unwrap_or_default();
        // Alpine names libc after the machine; musl's own build is `libc.so`.
        let libc = |name: &String| name == "libc.so" || name.starts_with("libc.musl-");
        self.needed.iter().any(libc) || loader.contains("/ld-musl-")
    }

    /// The directories in its tree that its own `DT_RUNPATH` or `DT_RPATH` names.
    pub fn own_directories(&self) -> impl Iterator<Item = String> {
        let origin = self.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        self.runpath.iter().chain(&self.rpath).filter_map(move |path| expand(path, origin))
    }

    fn is_for_glibc(&self) -> bool {
        self.needed.iter().any(|name| name == "libc.so.6") || self.glibc.is_some()
    }
}

/// The smallest alignment of a loaded segment. On a kernel with larger pages two segments share a
/// page: loaders before glibc 2.35 refuse the file, and later ones map one segment over the other.
fn page(elf: &Elf<'_>) -> Option<u64> {
    let loaded = elf.program_headers.iter().filter(|segment| segment.p_type == PT_LOAD);
    loaded.map(|segment| segment.p_align).min().filter(|align| align.is_power_of_two())
}

#[cfg(test)]
mod tests {
    use super::*;

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
            object.require(version);
        }
        assert_eq!(object.glibc(), Some(Glibc(2, 17)));
        assert_eq!(object.glibcxx, Version::parse("3.4.9"));
        assert_eq!(object.special, BTreeSet::from(["GLIBC_PRIVATE".to_owned()]));
        object.require(RELR);
        assert_eq!(object.glibc(), Some(Glibc(2, 36)));
    }

    #[test]
    fn facts_of_a_real_executable_are_read() {
        let bytes = std::fs::read("/bin/sh").unwrap();
        let target = Target::of_this_build().unwrap();
        let object = Object::read("bin/sh", &bytes, target).unwrap();
        assert!(object.needed.contains(&"libc.so.6".to_owned()));
        assert!(object.glibc() >= Some(Glibc(2, 2)) && !object.is_for_musl());
        assert!(object.interpreter.is_some() && !object.is_module);
        assert_eq!(Object::read("x", b"#!/bin/sh\n", target), None);
        let damaged = Object::read("x", &bytes[..70], target).unwrap();
        assert_eq!(damaged.defect, Some(Defect::Damaged));
    }
}
