//! The writer of headers. The caller writes contents and padding.

use super::limits::{BLOCK, NAME};
use crate::entry_path::EntryPath;
use crate::listing::Node;

/// 1980-01-01T00:00:00Z, the earliest moment that a zip can express: the time of every file.
const TIME: u64 = 315_532_800;

/// The zero blocks at the end of a tar.
pub const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// The header of `node` at `path`, with a pax header before it if a name does not fit.
pub fn header(path: &EntryPath, node: &Node) -> Vec<u8> {
    let (kind, mode, size, target) = match node {
        Node::File { mode, size, .. } => {
            (b'0', if mode.is_executable() { 0o755 } else { 0o644 }, *size, "")
        }
        Node::Link(target) => (b'2', 0o777, 0, target.as_str()),
    };
    let mut records = String::new();
    if path.as_str().len() > NAME {
        records += &record("path", path.as_str());
    }
    if target.len() > NAME {
        records += &record("linkpath", target);
    }
    let mut bytes = Vec::with_capacity(BLOCK);
    if !records.is_empty() {
        bytes.extend(block("pax", b'x', 0o644, records.len() as u64, ""));
        bytes.extend(records.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    }
    bytes.extend(block(path.as_str(), kind, mode, size, target));
    bytes
}

/// A pax record. Its length, in decimal, counts the whole record, its own digits included.
fn record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len();
    while length != rest.len() + length.to_string().len() {
        length = rest.len() + length.to_string().len();
    }
    format!("{length}{rest}")
}

fn block(path: &str, kind: u8, mode: u32, size: u64, target: &str) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, cut(path));
    put(100, format!("{mode:07o}").as_bytes());
    put(108, b"0000000\x000000000");
    put(124, format!("{size:011o}\0{TIME:011o}\0        ").as_bytes());
    put(156, &[kind]);
    put(157, cut(target));
    put(257, b"ustar\x0000");
    put(329, b"0000000\x000000000");
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// The part of `name` that fits the field; the pax header has the whole name.
fn cut(name: &str) -> &[u8] {
    &name.as_bytes()[..name.floor_char_boundary(NAME)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::FileDigest;
    use crate::entry_path::LinkTarget;
    use crate::listing::Mode;
    use crate::tar::{Kind, Reader, padding};

    fn link(path: &str, target: &str) -> (EntryPath, Node) {
        let path = EntryPath::new(path).unwrap();
        let target = LinkTarget::new(&path, target).unwrap();
        (path, Node::Link(target))
    }

    #[test]
    fn the_reader_reads_back_every_name() {
        for length in (1..130).chain([240, 983, 984, 985, 2040]) {
            let mut name = "ü/".repeat(length / 3);
            while name.len() < length {
                name.push('x');
            }
            let name = name.trim_end_matches('/');
            let (path, node) = link(name, name);
            let bytes = [&header(&path, &node)[..], &END].concat();
            let mut reader = Reader::new(&bytes[..]);
            let entry = reader.next_entry().unwrap().unwrap();
            assert_eq!(entry.path, path);
            let Kind::Link(target) = entry.kind else { panic!("not a link") };
            assert_eq!(target.as_str(), name);
            assert!(reader.next_entry().unwrap().is_none());
        }
    }

    #[test]
    fn tar_lists_it_with_fixed_owner_time_and_mode() {
        let file = Node::File { mode: Mode::Script, size: 3, digest: FileDigest::of(b"abc") };
        let mut bytes = header(&EntryPath::new("bin/tool").unwrap(), &file);
        bytes.extend(b"abc");
        bytes.resize(bytes.len() + padding(3), 0);
        let (path, node) = link("long/".repeat(50).trim_end_matches('/'), "x");
        bytes.extend(header(&path, &node));
        bytes.extend(END);
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.tar");
        std::fs::write(&file, bytes).unwrap();
        let listed = std::process::Command::new("tar")
            .args(["--utc", "--full-time", "--numeric-owner", "-tvf"])
            .arg(&file)
            .env("LC_ALL", "C")
            .output()
            .unwrap();
        let text = String::from_utf8(listed.stdout).unwrap();
        let mut lines = text.lines();
        assert_eq!(
            lines.next(),
            Some("-rwxr-xr-x 0/0               3 1980-01-01 00:00:00 bin/tool")
        );
        assert!(lines.next().unwrap().ends_with("long/long -> x"), "{text}");
        assert!(listed.status.success() && listed.stderr.is_empty());
    }
}
