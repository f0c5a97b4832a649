//! Kinds of files, by name and by their first bytes.

use object::elf::{ET_DYN, ET_EXEC, FileHeader32, FileHeader64, PT_INTERP};
use object::read::elf::{FileHeader, ProgramHeader as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The bytes of a file that are looked at.
pub(crate) const HEAD: usize = 4096;

/// The kind of a file, or of bytes that belong to no file.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// Compiled Python.
    Bytecode,
    /// Text that a compiler or interpreter reads.
    Source,
    /// Machine code: libraries, extension modules, programs.
    Native,
    /// Any other file.
    Data,
    /// What installers know about a distribution: `*.dist-info`.
    Metadata,
    /// The program at the front of the archive.
    Launcher,
    /// What keeps the archive together: listings, headers, manifest, attachments.
    Archive,
}

impl FileKind {
    /// All kinds, in the order of tables.
    pub const ALL: [Self; 7] = [
        Self::Bytecode,
        Self::Source,
        Self::Native,
        Self::Data,
        Self::Metadata,
        Self::Launcher,
        Self::Archive,
    ];

    /// Its name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bytecode => "bytecode",
            Self::Source => "source",
            Self::Native => "native",
            Self::Data => "data",
            Self::Metadata => "metadata",
            Self::Launcher => "launcher",
            Self::Archive => "archive",
        }
    }
}

/// Facts about a file from its name and first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class {
    pub(crate) kind: FileKind,
    /// Machine code that is loaded into other programs.
    pub(crate) is_library: bool,
    /// A program or a script with a `#!` line, if its mode allows execution.
    pub(crate) is_program: bool,
}

/// Names of text for compilers, interpreters and type checkers.
const SOURCES: [&str; 16] = [
    "py", "pyi", "pyw", "pyx", "pxd", "pxi", "c", "cc", "cpp", "cu", "cuh", "h", "hh", "hpp", "f",
    "f90",
];

/// The class of the file at `path`, which begins with `head` (at most [`HEAD`] bytes).
pub(crate) fn classify(path: &str, head: &[u8]) -> Class {
    let native = native(head);
    let is_metadata = path
        .rsplit('/')
        .skip(1)
        .any(|name| name.ends_with(".dist-info") || name.ends_with(".egg-info"));
    let extension = extension(path);
    let kind = match extension {
        _ if native.is_some() => FileKind::Native,
        _ if is_metadata => FileKind::Metadata,
        "pyc" | "pyo" => FileKind::Bytecode,
        other if SOURCES.contains(&other) => FileKind::Source,
        _ => FileKind::Data,
    };
    Class {
        kind,
        is_library: native == Some(Native::Library),
        is_program: native == Some(Native::Program) || head.starts_with(b"#!"),
    }
}

/// The part of the file's name behind its last dot.
pub(crate) fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Machine code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Native {
    Library,
    Program,
    /// Objects and static libraries.
    Object,
}

fn native(head: &[u8]) -> Option<Native> {
    if head.starts_with(b"!<arch>\n") {
        return Some(Native::Object);
    }
    if !head.starts_with(b"\x7fELF") {
        return other_systems(head);
    }
    let found = if head.get(4) == Some(&2) {
        elf::<FileHeader64<object::Endianness>>(head)
    } else {
        elf::<FileHeader32<object::Endianness>>(head)
    };
    // A header that cannot be read: the loader would refuse the file.
    Some(found.unwrap_or(Native::Object))
}

fn elf<H: FileHeader<Endian = object::Endianness>>(head: &[u8]) -> Option<Native> {
    let header = H::parse(head).ok()?;
    let endian = header.endian().ok()?;
    let has_interpreter = || {
        let headers = header.program_headers(endian, head).unwrap_or_default();
        headers.iter().any(|one| one.p_type(endian) == PT_INTERP)
    };
    Some(match header.e_type(endian) {
        ET_EXEC => Native::Program,
        ET_DYN if has_interpreter() => Native::Program,
        ET_DYN => Native::Library,
        _ => Native::Object,
    })
}

/// PE and Mach-O files, which wheels for other systems bring.
fn other_systems(head: &[u8]) -> Option<Native> {
    const MACH: [[u8; 4]; 5] = [
        [0xcf, 0xfa, 0xed, 0xfe],
        [0xce, 0xfa, 0xed, 0xfe],
        [0xfe, 0xed, 0xfa, 0xcf],
        [0xfe, 0xed, 0xfa, 0xce],
        [0xca, 0xfe, 0xba, 0xbe],
    ];
    let at = head
        .get(0x3c..0x40)
        .map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize);
    let is_pe = head.starts_with(b"MZ")
        && at.and_then(|at| head.get(at..)).is_some_and(|rest| rest.starts_with(b"PE\0\0"));
    let is_mach = head.first_chunk::<4>().is_some_and(|magic| MACH.contains(magic));
    (is_pe || is_mach).then_some(Native::Object)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ELF file of this type, with a program header of that type.
    fn elf(kind: u8, header: u8) -> Vec<u8> {
        let mut bytes = vec![0; 64 + 56];
        bytes[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        bytes[16] = kind;
        bytes[18] = 62;
        bytes[20] = 1;
        bytes[32] = 64;
        bytes[52] = 64;
        bytes[54] = 56;
        bytes[56] = 1;
        bytes[64] = header;
        bytes
    }

    #[test]
    fn kinds_are_by_name_and_contents() {
        let kind = |path: &str, head: &[u8]| classify(path, head).kind;
        assert_eq!(kind("a/__pycache__/b.cpython-312.pyc", b""), FileKind::Bytecode);
        assert_eq!(kind("a/b.py", b""), FileKind::Source);
        assert_eq!(kind("a-1.dist-info/METADATA", b""), FileKind::Metadata);
        assert_eq!(kind("a-1.dist-info/sboms/x.py", b""), FileKind::Metadata);
        assert_eq!(kind("a/b.so", b"not a library"), FileKind::Data);
        assert_eq!(kind("a/b", &elf(3, 1)), FileKind::Native);
        assert_eq!(kind("a/lib.a", b"!<arch>\n"), FileKind::Native);
        assert_eq!(kind("a.b/README", b""), FileKind::Data);
    }

    #[test]
    fn libraries_and_programs_differ_by_their_interpreter() {
        let class = |kind, header| classify("x", &elf(kind, header));
        assert!(class(3, 1).is_library && !class(3, 1).is_program);
        assert!(class(3, 3).is_program && !class(3, 3).is_library);
        assert!(class(2, 1).is_program);
        assert!(!class(1, 1).is_program && !class(1, 1).is_library);
        assert!(classify("bin/x", b"#!python\n").is_program);
    }
}
