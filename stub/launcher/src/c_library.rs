//! Which C library an environment runs on: the host's, or the one that the archive brings.
//!
//! The host's is taken where it is glibc and new enough for all that is in the archive: then the
//! application shares it with everything else on the machine, and its updates. Elsewhere (an old
//! distribution, musl, an empty root) it is the archive's own, and nothing of the host's is mixed
//! in.
//!
//! What is here is about Linux with glibc; other systems have no choice.

use std::fs;
use std::path::Path;

use snakecrate_format::manifest::{CLibrary, Choice, Need};

/// Where x86-64 glibc systems have their loader (System V ABI, AMD64 supplement).
pub const LOADER: &str = "/lib64/ld-linux-x86-64.so.2";
/// Where distributions have their libraries, in the loader's order: Debian; Red Hat, SUSE; Arch.
pub const DIRECTORIES: [&str; 6] = [
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
];
/// The longest library that is looked into, in bytes.
const MAX_LIBRARY: u64 = 64 << 20;

/// Whether the archive's own C library is to be used.
pub fn is_bundled(library: &CLibrary) -> bool {
    match library.choice {
        Choice::Bundled => true,
        Choice::Auto => !Path::new(LOADER).exists() || !library.needs.iter().all(host_has),
    }
}

/// What tells the host's C library from another's, and from an older one: length and time of its
/// loader. Containers that share a home share a cache, and each has its own.
pub fn host_id() -> Option<String> {
    let stat = rustix::fs::stat(LOADER).ok()?;
    Some(format!("host {} {}", stat.st_size, stat.st_mtime))
}

/// Whether the host has a library with a version that is not older.
fn host_has(need: &Need) -> bool {
    let place = DIRECTORIES.iter().map(|directory| Path::new(directory).join(&need.library));
    let Some(file) = place.into_iter().find(|path| path.exists()) else { return false };
    if need.version.is_empty() {
        return true;
    }
    let is_sane = fs::metadata(&file).is_ok_and(|found| found.len() <= MAX_LIBRARY);
    is_sane
        && fs::read(&file).is_ok_and(|bytes| newest(&bytes, &need.prefix) >= numbers(&need.version))
}

/// The newest version that a library defines: the greatest of the texts in it that are `prefix`
/// and numbers. (Its dynamic strings have them one by one.)
fn newest(bytes: &[u8], prefix: &str) -> Vec<u32> {
    let texts = bytes.split(|&byte| byte == 0);
    let version = |text: &[u8]| {
        let text = std::str::from_utf8(text.strip_prefix(prefix.as_bytes())?).ok()?;
        let plain = text.starts_with(|c: char| c.is_ascii_digit())
            && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        plain.then(|| numbers(text))
    };
    texts.filter_map(version).max().unwrap_or_default()
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// Whether an executable is started by a loader: it has a `PT_INTERP`. What is cut off or no ELF
/// file of 64 bits has none.
pub fn has_loader(executable: &[u8]) -> bool {
    const PROGRAM_HEADERS: usize = 0x20;
    const COUNT: usize = 0x38;
    const LENGTH: usize = 56;
    const PT_INTERP: [u8; 4] = [3, 0, 0, 0];
    let number = |at: usize, length: usize| {
        let bytes = executable.get(at..at + length)?;
        bytes
            .iter()
            .rev()
            .try_fold(0usize, |sum, &byte| Some(sum.checked_mul(256)? + usize::from(byte)))
    };
    if !executable.starts_with(b"\x7fELF\x02\x01") {
        return false;
    }
    let (Some(start), Some(count)) = (number(PROGRAM_HEADERS, 8), number(COUNT, 2)) else {
        return false;
    };
    (0..count).any(|index| {
        let at = start.saturating_add(index * LENGTH);
        executable.get(at..at.saturating_add(4)) == Some(&PT_INTERP)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_found_by_number() {
        let library =
            b"\x7fELF\0GLIBC_2.9\0GLIBC_2.34\0GLIBC_2.4\0GLIBC_PRIVATE\0xGLIBC_2.99\0GLIBC_2.2.5\0";
        assert_eq!(newest(library, "GLIBC_"), [2, 34]);
        assert!(newest(library, "GLIBC_") >= numbers("2.34"));
        assert!(newest(library, "GLIBC_") < numbers("2.35"));
        assert!(numbers("2.2.5") > numbers("2.2"));
        assert!(newest(library, "GLIBCXX_").is_empty());
        assert!(newest(b"", "GLIBC_") < numbers("2.2"));
    }

    #[test]
    fn this_host_has_what_it_runs_on() {
        let need = |library: &str, prefix: &str, version: &str| Need {
            library: library.into(),
            prefix: prefix.into(),
            version: version.into(),
        };
        assert!(host_has(&need("libc.so.6", "GLIBC_", "2.17")));
        assert!(!host_has(&need("libc.so.6", "GLIBC_", "2.999")));
        assert!(!host_has(&need("libc.so.7", "GLIBC_", "2.17")));
        assert!(host_has(&need("libc.so.6", "", "")));
    }

    #[test]
    fn a_dynamic_executable_is_told_from_a_static_one() {
        assert!(has_loader(&fs::read("/bin/sh").unwrap()));
        assert!(!has_loader(
            &fs::read("/lib/x86_64-linux-gnu/libpthread.so.0").unwrap_or_default()
        ));
        assert!(!has_loader(b"\x7fELF\x02\x01"));
        let mut bytes = b"\x7fELF\x02\x01".to_vec();
        bytes.resize(64, 0xff);
        assert!(!has_loader(&bytes));
        assert!(!has_loader(b"#!/bin/sh\n"));
    }
}
