//! Selecting the C library: the host's, or the bundled one.
//!
//! The host's is selected if it is glibc and new enough for everything in the archive. The
//! application then gets the host's updates of it. Otherwise (an old distribution, musl, an empty
//! root) the bundled one is used, and no library of the host is mixed in. Targets without glibc
//! have no choice.

use std::fs;
use std::path::Path;

use snakecrate_format::manifest::{CLibrary, Choice, Need};
use snakecrate_format::target::{Glibc, Target};
use snakecrate_platform::file::Metadata;

/// The prefix of glibc's versions.
const GLIBC: &str = "GLIBC_";
/// The longest library that is read, in bytes.
const MAX_LIBRARY: u64 = 64 << 20;

/// Whether to use the bundled C library instead of the host's.
pub fn is_bundled(library: &CLibrary) -> bool {
    reason(library).is_some()
}

/// Why the bundled C library is used; `None` if the host's is.
pub fn reason(library: &CLibrary) -> Option<Reason<'_>> {
    if library.choice == Choice::Bundled {
        return Some(Reason::Chosen);
    }
    let Some(glibc) = glibc().filter(|glibc| Path::new(glibc.loader).exists()) else {
        return Some(Reason::NoGlibc);
    };
    library.needs.iter().find(|need| !host_has(glibc, need)).map(Reason::Lacks)
}

/// The requirement that glibc `version` does not meet, of an archive whose C library comes with its
/// runtime file.
pub fn newer_need<'a>(library: &'a CLibrary, version: &str) -> Option<&'a Need> {
    let is_newer = |need: &&Need| need.prefix == GLIBC && numbers(&need.version) > numbers(version);
    library.needs.iter().find(is_newer)
}

/// A reason to use the bundled C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason<'a> {
    /// The build chose it.
    Chosen,
    /// The host has no glibc.
    NoGlibc,
    /// The host lacks this library, or has an older version.
    Lacks(&'a Need),
}

fn glibc() -> Option<&'static Glibc> {
    Target::of_this_build()?.glibc.as_ref()
}

/// Identifies the host's C library by the size and modification time of its loader. An update
/// changes it. It also differs between containers that share a home, and so a cache, but not a C
/// library. `None` if the host has no glibc.
pub fn host_id() -> Option<String> {
    let loader = Metadata::of(glibc()?.loader).ok()?;
    Some(format!("host {} {}", loader.size(), loader.modified().seconds))
}

/// Whether the host has a library in the required version or a newer one.
fn host_has(glibc: &Glibc, need: &Need) -> bool {
    let directories = glibc.library_directories.iter();
    let mut paths = directories.map(|directory| Path::new(directory).join(&need.library));
    let Some(file) = paths.find(|path| path.exists()) else { return false };
    if need.version.is_empty() {
        return true;
    }
    let is_sane = fs::metadata(&file).is_ok_and(|found| found.len() <= MAX_LIBRARY);
    is_sane
        && fs::read(&file).is_ok_and(|bytes| newest(&bytes, &need.prefix) >= numbers(&need.version))
}

/// The newest version that a library defines: the greatest of its texts that consist of `prefix`
/// and numbers. Empty if there is none. (Versions are separate texts among the dynamic strings.)
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

#[cfg(test)]
mod tests {
    use snakecrate_format::entry_path::EntryPath;

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
        let glibc = glibc().unwrap();
        if !Path::new(glibc.loader).exists() {
            // Under an emulator, or on a host with musl.
            let loader = EntryPath::new("lib/ld.so").unwrap();
            let (choice, needs, first) = (Choice::Auto, vec![], vec![]);
            let library = CLibrary { choice, loader, needs, first };
            assert_eq!(reason(&library), Some(Reason::NoGlibc));
            return;
        }
        let host_has = |need: &Need| host_has(glibc, need);
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
}
