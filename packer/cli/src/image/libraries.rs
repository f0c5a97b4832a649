//! The C library of an image: always the archive's own.
//!
//! Its loader, which searches no directory of a host, gets the directory of its own libraries. So it
//! finds them for every executable, such as one of a wheel that the application starts.

use super::place::C_LIBRARY;

/// The libraries that every bundled C library has. The others, of compilers, get layers of their own:
/// so the layer of these is the same for applications that require other ones.
const GLIBC: [&str; 8] = [
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libutil.so.1",
];

/// Whether the file `path` of the component belongs to the C library itself.
pub fn is_core(path: &str, loader: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path == loader || GLIBC.contains(&name)
}

/// Writes the directory `lib` of the C library into `loader`, in the place of a directory that the
/// packer hid. Returns whether there was room.
pub fn set_directory(loader: &mut [u8]) -> bool {
    let mut wanted = format!("/{C_LIBRARY}/lib/").into_bytes();
    let mut at = 0;
    while at < loader.len() {
        let length = loader[at..].iter().position(|&byte| byte == 0).unwrap_or(loader.len() - at);
        let text = &mut loader[at..at + length];
        if is_hidden(text) && text.len() >= wanted.len() {
            // The loader knows the length of the text.
            let missing = text.len() - wanted.len();
            wanted.splice(0..0, std::iter::repeat_n(b'/', missing));
            text.copy_from_slice(&wanted);
            return true;
        }
        at += length + 1;
    }
    false
}

/// Whether it is a directory's name that was replaced: `/---/`.
fn is_hidden(text: &[u8]) -> bool {
    let inner = text.strip_prefix(b"/").and_then(|text| text.strip_suffix(b"/"));
    inner.is_some_and(|inner| !inner.is_empty() && inner.iter().all(|&byte| byte == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_directory_becomes_that_of_the_libraries() {
        let mut loader = b"\0/---/\0/----------------------------/\0x".to_vec();
        assert!(set_directory(&mut loader));
        assert_eq!(loader, b"\0/---/\0//////opt/snakecrate/libc/lib/\0x");
        assert!(!set_directory(&mut b"\0/---/\0/usr/lib/x86_64-linux-gnu-very-long/\0".to_vec()));
    }

    #[test]
    fn libraries_of_compilers_are_apart() {
        assert!(is_core("lib/libc.so.6", "lib/ld.so") && is_core("lib/ld.so", "lib/ld.so"));
        assert!(!is_core("lib/libstdc++.so.6", "lib/ld.so"));
    }
}
