//! The tars inside blobs: a strict subset of ustar, read as a stream.
//!
//! Only regular files (`0`) and symbolic links (`2`) occur, of mode 0644 or 0755. A path or a
//! target that does not fit its field comes in a pax header (`x`) with the records `path` and
//! `linkpath`, no others. Two zero blocks end the tar and nothing follows them. Everything else is
//! refused; fields that have no meaning here (owner, times) are not looked at.

use std::io::{self, Read};

use crate::entry_path::{BadPath, EntryPath, LinkTarget};

/// Bytes in a block: headers take one, contents are padded to whole ones.
pub const BLOCK: usize = 512;
/// The longest pax header that is read, in bytes: room for two paths of the greatest length.
pub const MAX_PAX: usize = 8 << 10;
/// The greatest size of a file in bytes: what eleven octal digits can tell.
pub const MAX_FILE: u64 = (8 << 30) - 1;

/// Reads a tar. [`Read`] on it gives the contents of the file that [`Reader::next_entry`]
/// returned last, and no byte more.
#[derive(Debug)]
pub struct Reader<R> {
    inner: R,
    left: u64,
    padding: u64,
    ended: bool,
}

/// A file or a link.
#[derive(Debug)]
pub struct Entry {
    /// Where it is in the component.
    pub path: EntryPath,
    /// What it is.
    pub kind: Kind,
}

/// What an entry is.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file; its contents follow.
    File {
        /// Mode 0755, not 0644.
        executable: bool,
        /// Length of the contents in bytes.
        size: u64,
    },
    /// A symbolic link.
    Link(LinkTarget),
}

/// Why a tar cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum BadTar {
    /// The stream below failed; the end of it inside an entry is `UnexpectedEof`.
    #[error("cannot read the tar: {0}")]
    Read(#[from] io::Error),
    /// A header's checksum.
    #[error("a header of the tar is damaged")]
    Checksum,
    /// A field that is not as the subset has it.
    #[error("a header of the tar has a bad {0}")]
    Field(&'static str),
    /// A device, a hard link, a directory, an extension of somebody's.
    #[error("the tar holds an entry of type {:?}", char::from(*.0))]
    Type(u8),
    /// A path or a link that is not allowed.
    #[error("the tar: {0}")]
    Path(#[from] BadPath),
    /// Something behind the end.
    #[error("bytes follow the end of the tar")]
    Trailing,
}

type Block = [u8; BLOCK];

#[derive(Default)]
struct Pax {
    path: Option<String>,
    link: Option<String>,
}

impl<R: Read> Reader<R> {
    /// A reader at the start of a tar.
    pub fn new(inner: R) -> Self {
        Self { inner, left: 0, padding: 0, ended: false }
    }

    /// Skips what was not read of the last entry and reads the next one's header; `None` at the
    /// end of the tar.
    ///
    /// # Errors
    ///
    /// See [`BadTar`]; nothing can be read after one.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, BadTar> {
        if self.ended {
            return Ok(None);
        }
        self.skip()?;
        let mut block = self.block()?;
        if block == [0; BLOCK] {
            return self.end();
        }
        let mut kind = check(&block)?;
        let mut pax = None;
        if kind == b'x' {
            pax = Some(self.pax(&block)?);
            block = self.block()?;
            kind = check(&block)?;
        }
        let size = octal(&block[124..136], "size")?;
        let pax = pax.unwrap_or_default();
        let path = match pax.path {
            Some(path) => EntryPath::new(&path)?,
            None => EntryPath::new(&ustar_path(&block)?)?,
        };
        let kind = match kind {
            b'0' if pax.link.is_none() && block[157] == 0 => {
                let executable = match octal(&block[100..108], "mode")? {
                    0o644 => false,
                    0o755 => true,
                    _ => return Err(BadTar::Field("mode")),
                };
                self.left = size;
                self.padding = padding(size);
                Kind::File { executable, size }
            }
            b'2' if size == 0 => {
                let target = match &pax.link {
                    Some(target) => target,
                    None => text(&block[157..257], "link")?,
                };
                Kind::Link(LinkTarget::new(&path, target)?)
            }
            b'0' => return Err(BadTar::Field("link")),
            b'2' => return Err(BadTar::Field("size")),
            other => return Err(BadTar::Type(other)),
        };
        Ok(Some(Entry { path, kind }))
    }

    fn block(&mut self) -> Result<Block, BadTar> {
        let mut block = [0; BLOCK];
        self.inner.read_exact(&mut block)?;
        Ok(block)
    }

    fn skip(&mut self) -> Result<(), BadTar> {
        let length = self.left + self.padding;
        let skipped = io::copy(&mut (&mut self.inner).take(length), &mut io::sink())?;
        if skipped != length {
            return Err(BadTar::Read(io::ErrorKind::UnexpectedEof.into()));
        }
        (self.left, self.padding) = (0, 0);
        Ok(())
    }

    fn end(&mut self) -> Result<Option<Entry>, BadTar> {
        self.ended = true;
        let second = self.block()?;
        let mut rest = [0];
        // `read_exact` goes on after an interrupted call, `read` would not.
        match self.inner.read_exact(&mut rest) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
            Err(error) => return Err(error.into()),
            Ok(()) => return Err(BadTar::Trailing),
        }
        if second == [0; BLOCK] { Ok(None) } else { Err(BadTar::Trailing) }
    }

    fn pax(&mut self, header: &Block) -> Result<Pax, BadTar> {
        const BAD: BadTar = BadTar::Field("pax header");
        let size = octal(&header[124..136], "size")?;
        let length = usize::try_from(size).ok().filter(|&size| size <= MAX_PAX).ok_or(BAD)?;
        let mut bytes = vec![0; length];
        self.inner.read_exact(&mut bytes)?;
        self.padding = padding(size);
        self.skip()?;
        let mut rest = std::str::from_utf8(&bytes).map_err(|_| BAD)?;
        let mut pax = Pax::default();
        // A record is "LENGTH KEY=VALUE\n", and its length counts all of that.
        while !rest.is_empty() {
            let (digits, _) = rest.split_once(' ').ok_or(BAD)?;
            let length: usize = digits.parse().map_err(|_| BAD)?;
            let record = rest.get(digits.len() + 1..length).ok_or(BAD)?;
            let (key, value) =
                record.strip_suffix('\n').and_then(|record| record.split_once('=')).ok_or(BAD)?;
            let field = match key {
                "path" => &mut pax.path,
                "linkpath" => &mut pax.link,
                _ => return Err(BAD),
            };
            if field.replace(value.to_owned()).is_some() {
                return Err(BAD);
            }
            rest = &rest[length..];
        }
        Ok(pax)
    }
}

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if wanted == 0 {
            return Ok(0);
        }
        let got = self.inner.read(&mut buffer[..wanted])?;
        if got == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= got as u64;
        Ok(got)
    }
}

/// Bytes from the end of `size` bytes to the end of their last block.
fn padding(size: u64) -> u64 {
    size.next_multiple_of(BLOCK as u64) - size
}

/// Checks what all headers have in common and returns the type.
fn check(block: &Block) -> Result<u8, BadTar> {
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| u64::from(byte)).sum::<u64>();
    // The checksum is taken with eight spaces in its own place.
    let expected = sum(&block[..148]) + 8 * u64::from(b' ') + sum(&block[156..]);
    if block[155] != b' ' || octal(&block[148..155], "checksum")? != expected {
        return Err(BadTar::Checksum);
    }
    if block[257..265] != *b"ustar\x0000" {
        return Err(BadTar::Field("magic"));
    }
    Ok(block[156])
}

/// Octal digits that fill `field` but for a NUL at its end.
fn octal(field: &[u8], name: &'static str) -> Result<u64, BadTar> {
    let mut value = 0;
    let (last, digits) = field.split_last().ok_or(BadTar::Field(name))?;
    for digit in digits {
        if !(b'0'..=b'7').contains(digit) {
            return Err(BadTar::Field(name));
        }
        value = value << 3 | u64::from(digit - b'0');
    }
    if *last == 0 { Ok(value) } else { Err(BadTar::Field(name)) }
}

/// Text up to the first NUL or the end of the field.
fn text<'a>(field: &'a [u8], name: &'static str) -> Result<&'a str, BadTar> {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    std::str::from_utf8(&field[..end]).map_err(|_| BadTar::Field(name))
}

fn ustar_path(block: &Block) -> Result<String, BadTar> {
    let name = text(&block[..100], "path")?;
    Ok(match text(&block[345..500], "path")? {
        "" => name.to_owned(),
        prefix => [prefix, "/", name].concat(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Forge(Block);

    impl Forge {
        fn new(name: &str, kind: u8, size: usize) -> Self {
            let mut forge = Self([0; BLOCK]);
            forge.set(0, name.as_bytes());
            forge.set(100, b"0000644\0");
            forge.set(124, format!("{size:011o}\0").as_bytes());
            forge.0[156] = kind;
            forge.set(257, b"ustar\x0000");
            forge
        }

        fn set(&mut self, at: usize, bytes: &[u8]) {
            self.0[at..at + bytes.len()].copy_from_slice(bytes);
        }

        fn with(mut self, at: usize, bytes: &[u8]) -> Self {
            self.set(at, bytes);
            self
        }

        fn seal(mut self, contents: &[u8]) -> Vec<u8> {
            self.set(148, b"        ");
            let sum: u32 = self.0.iter().map(|&byte| u32::from(byte)).sum();
            self.set(148, format!("{sum:06o}\0 ").as_bytes());
            let mut bytes = self.0.to_vec();
            bytes.extend(contents);
            bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
            bytes
        }
    }

    fn file(name: &str, contents: &[u8]) -> Vec<u8> {
        Forge::new(name, b'0', contents.len()).seal(contents)
    }

    fn link(name: &str, target: &str) -> Vec<u8> {
        Forge::new(name, b'2', 0).with(157, target.as_bytes()).seal(b"")
    }

    fn pax(records: &str) -> Vec<u8> {
        Forge::new("pax", b'x', records.len()).seal(records.as_bytes())
    }

    fn record(key: &str, value: &str) -> String {
        let body = key.len() + value.len() + 3;
        let length = (body..body + 9)
            .find(|length| body + length.to_string().len() == *length)
            .unwrap_or_default();
        format!("{length} {key}={value}\n")
    }

    fn tar(parts: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = parts.concat();
        bytes.resize(bytes.len() + 2 * BLOCK, 0);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Vec<(String, Kind, Vec<u8>)>, BadTar> {
        let mut reader = Reader::new(bytes);
        let mut all = Vec::new();
        while let Some(entry) = reader.next_entry()? {
            let mut contents = Vec::new();
            reader.read_to_end(&mut contents)?;
            all.push((entry.path.to_string(), entry.kind, contents));
        }
        assert!(reader.next_entry().unwrap().is_none(), "the end stays the end");
        Ok(all)
    }

    fn refused(parts: &[Vec<u8>]) -> BadTar {
        read(&tar(parts)).unwrap_err()
    }

    #[test]
    fn files_and_links_are_read_in_order() {
        let run = Forge::new("bin/run", b'0', 3).with(100, b"0000755\0").seal(b"abc");
        let all = read(&tar(&[file("a", b""), run, link("lib64", "lib")])).unwrap();
        assert_eq!(all[0].1, Kind::File { executable: false, size: 0 });
        assert_eq!(
            all[1],
            ("bin/run".into(), Kind::File { executable: true, size: 3 }, b"abc".into())
        );
        let path = EntryPath::new("lib64").unwrap();
        assert_eq!(all[2].1, Kind::Link(LinkTarget::new(&path, "lib").unwrap()));
        assert!(read(&tar(&[])).unwrap().is_empty());
    }

    #[test]
    fn long_names_come_from_pax_records_or_the_prefix() {
        let long = "d/".repeat(200) + "f";
        let records = record("path", &long) + &record("linkpath", &"x/".repeat(100)[..199]);
        let all = read(&tar(&[
            pax(&record("path", &long)),
            file("cut", b"1"),
            pax(&records),
            link("cut", "cut"),
            Forge::new("name", b'0', 0).with(345, b"some/prefix").seal(b""),
        ]))
        .unwrap();
        assert_eq!(all[0].0, long);
        assert_eq!(all[1].0, long);
        let Kind::Link(target) = &all[1].1 else { panic!("not a link") };
        assert_eq!(target.as_str().len(), 199);
        assert_eq!(all[2].0, "some/prefix/name");
    }

    #[test]
    fn contents_that_are_not_read_are_skipped() {
        let bytes = tar(&[file("a", &[1; 1000]), file("b", b"2")]);
        let mut reader = Reader::new(&bytes[..]);
        reader.next_entry().unwrap();
        reader.read_exact(&mut [0; 10]).unwrap();
        assert_eq!(reader.next_entry().unwrap().unwrap().path.as_str(), "b");
    }

    #[test]
    fn every_other_type_is_refused() {
        for kind in (0..=u8::MAX).filter(|kind| !b"02x".contains(kind)) {
            let error = refused(&[Forge::new("a", kind, 0).seal(b"")]);
            assert!(matches!(error, BadTar::Type(other) if other == kind), "{error}");
        }
        assert!(matches!(refused(&[pax(""), pax(""), file("a", b"")]), BadTar::Type(b'x')));
    }

    #[test]
    fn unsafe_paths_and_links_are_refused() {
        for name in ["/etc/passwd", "../a", "a//b", "a/./b", "", ".snakecrate/x"] {
            assert!(matches!(refused(&[file(name, b"")]), BadTar::Path(_)), "{name}");
        }
        assert!(matches!(refused(&[link("a", "../b")]), BadTar::Path(_)));
        assert!(matches!(refused(&[link("a", "/b")]), BadTar::Path(_)));
        let hidden = [pax(&record("path", "../a")), file("a", b"")];
        assert!(matches!(refused(&hidden), BadTar::Path(_)));
    }

    #[test]
    fn lying_fields_are_refused() {
        let forge = || Forge::new("a", b'0', 0);
        let field = |parts: &[Vec<u8>]| match refused(parts) {
            BadTar::Field(name) => name,
            other => panic!("{other}"),
        };
        assert_eq!(field(&[forge().with(124, b"00000000000 ").seal(b"")]), "size");
        assert_eq!(
            field(&[forge().with(124, b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff").seal(b"")]),
            "size"
        );
        assert_eq!(field(&[forge().with(124, b"        010\0").seal(b"")]), "size");
        assert_eq!(field(&[forge().with(100, b"0004755\0").seal(b"")]), "mode");
        assert_eq!(field(&[forge().with(257, b"ustar  \0").seal(b"")]), "magic");
        assert_eq!(field(&[forge().with(157, b"x").seal(b"")]), "link");
        assert_eq!(field(&[forge().with(0, b"\xff").seal(b"")]), "path");
        assert_eq!(field(&[Forge::new("a", b'2', 1).with(157, b"b").seal(b"x")]), "size");
        assert_eq!(field(&[pax(&record("linkpath", "b")), file("a", b"")]), "link");
    }

    #[test]
    fn pax_headers_hold_one_path_and_one_linkpath_at_most() {
        let path = record("path", "a");
        let long = record("path", &"a".repeat(MAX_PAX));
        for records in [
            record("size", "9").as_str(),
            &(path.clone() + &path),
            &path[..path.len() - 1],
            "999999999999999999999999 path=a\n",
            "99 path=a\n",
            "1 path=a\n",
            "0 path=a\n",
            "9 path=a\u{fc}\n",
            "path=a\n",
            "10 path=\u{fc}",
            &long,
        ] {
            let error = refused(&[pax(records), file("a", b"")]);
            assert!(matches!(error, BadTar::Field("pax header")), "{records:?}: {error}");
        }
        let huge = Forge::new("pax", b'x', 1 << 32).seal(b"");
        assert!(matches!(refused(&[huge]), BadTar::Field("pax header")));
    }

    #[test]
    fn a_tar_cut_anywhere_is_refused() {
        let whole = tar(&[
            file("a", &[7; 600]),
            pax(&record("path", "b")),
            file("c", b"1"),
            link("l", "a"),
        ]);
        for length in 0..whole.len() {
            let error = read(&whole[..length]).unwrap_err();
            let BadTar::Read(error) = error else { panic!("{length}: {error}") };
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{length}");
        }
    }

    #[test]
    fn nothing_may_follow_the_end() {
        let whole = tar(&[file("a", b"1")]);
        assert!(matches!(read(&[&whole[..], &[0]].concat()), Err(BadTar::Trailing)));
        let mut half = whole.clone();
        *half.last_mut().unwrap() = 1;
        assert!(matches!(read(&half), Err(BadTar::Trailing)));
    }

    #[test]
    fn a_flipped_bit_in_a_header_is_noticed() {
        let whole = tar(&[file("a", b"1")]);
        for bit in 0..BLOCK * 8 {
            let mut bad = whole.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(read(&bad).is_err(), "bit {bit}");
        }
    }
}
