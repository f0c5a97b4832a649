//! Tars made by hand: any type, any field.

const BLOCK: usize = 512;

/// A header. Fields that are not set describe an empty file.
pub struct Header([u8; BLOCK]);

impl Header {
    pub fn file(path: &str, size: usize) -> Self {
        Self::of(b'0', path.as_bytes(), size)
    }

    /// A header with as much of the path as fits.
    pub fn of(kind: u8, path: &[u8], size: usize) -> Self {
        let header = Self([0; BLOCK]).with(0, &path[..path.len().min(100)]).mode("0000644");
        let header = header.with(108, b"0000000\x000000000").with(257, b"ustar\x0000");
        header.with(124, format!("{size:011o}").as_bytes()).with(136, b"02263540400").kind(kind)
    }

    pub fn kind(self, kind: u8) -> Self {
        self.with(156, &[kind])
    }

    pub fn mode(self, digits: &str) -> Self {
        self.with(100, digits.as_bytes())
    }

    pub fn target(self, target: &str) -> Self {
        self.with(157, &target.as_bytes()[..target.len().min(100)])
    }

    /// Puts bytes anywhere.
    pub fn with(mut self, at: usize, bytes: &[u8]) -> Self {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    /// With the right checksum, and the contents behind it.
    pub fn seal(self, contents: &[u8]) -> Vec<u8> {
        let blank = self.with(148, b"        ");
        let sum: u32 = blank.0.iter().map(|&byte| u32::from(byte)).sum();
        let mut bytes = blank.with(148, format!("{sum:06o}\0 ").as_bytes()).0.to_vec();
        bytes.extend(contents);
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        bytes
    }
}

/// A file, with a pax header if its path is long.
pub fn file(path: &str, contents: &[u8]) -> Vec<u8> {
    let entry = Header::file(path, contents.len()).seal(contents);
    if path.len() > 100 { [pax(&record("path", path)), entry].concat() } else { entry }
}

pub fn link(path: &str, target: &str) -> Vec<u8> {
    let mut records = String::new();
    for (key, value) in [("path", path), ("linkpath", target)] {
        if value.len() > 100 {
            records += &record(key, value);
        }
    }
    let entry = Header::of(b'2', path.as_bytes(), 0).mode("0000777").target(target).seal(b"");
    if records.is_empty() { entry } else { [pax(&records), entry].concat() }
}

/// A pax header with these records.
pub fn pax(records: &str) -> Vec<u8> {
    Header::of(b'x', b"pax", records.len()).seal(records.as_bytes())
}

/// A pax record: its length counts its own digits.
pub fn record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let length =
        (rest.len()..rest.len() + 9).find(|n| n.to_string().len() + rest.len() == *n).unwrap();
    format!("{length}{rest}")
}

/// A tar of items.
pub fn tar(entries: &[Vec<u8>]) -> Vec<u8> {
    [entries.concat(), vec![0; 2 * BLOCK]].concat()
}
