//! The strict reader. It streams: only headers are held in memory.

use std::io::{self, BufRead, Read};

use super::limits::{BLOCK, MAX_PAX, NAME, padding};
use crate::entry_path::{BadPath, EntryPath, LinkTarget};

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
    /// Its path in the component.
    pub path: EntryPath,
    /// Its kind, with the size of a file or the target of a link.
    pub kind: Kind,
}

/// The kind of an entry.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file; its contents follow.
    File {
        /// Whether its mode is 0755, not 0644.
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
    /// The stream below failed; if it ends inside an entry, with `UnexpectedEof`.
    #[error("cannot read the tar: {0}")]
    Read(#[from] io::Error),
    /// A header whose checksum is wrong.
    #[error("a header of the tar is damaged")]
    Checksum,
    /// A field whose value the subset does not allow.
    #[error("a header of the tar has a bad {0}")]
    Field(&'static str),
    /// An entry that is neither a file nor a symbolic link.
    #[error("the tar holds an entry of type {:?}", char::from(*.0))]
    Type(u8),
    /// A path or a link that is not allowed.
    #[error("the tar: {0}")]
    Path(#[from] BadPath),
    /// Bytes after the end.
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

    /// Skips the unread contents of the last entry and reads the next header; `None` at the end of
    /// the tar.
    ///
    /// # Errors
    ///
    /// See [`BadTar`]. Do not use the reader after an error.
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
        if kind != b'0' && kind != b'2' {
            return Err(BadTar::Type(kind));
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
                self.padding = padding(size) as u64;
                Kind::File { executable, size }
            }
            b'2' if size == 0 => {
                let target = match &pax.link {
                    Some(target) => target,
                    None => text(&block[157..157 + NAME], "link")?,
                };
                Kind::Link(LinkTarget::new(&path, target)?)
            }
            b'0' => return Err(BadTar::Field("link")),
            _ => return Err(BadTar::Field("size")),
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
        // `read_exact` retries an interrupted call, `read` would not.
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
        self.padding = padding(size) as u64;
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

impl<R: BufRead> BufRead for Reader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Ok(&[]);
        }
        let buffered = self.inner.fill_buf()?;
        if buffered.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffered.len());
        Ok(&buffered[..length])
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
        self.left -= amount as u64;
    }
}

/// Checks the parts that all headers have in common and returns the type.
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

/// The number in `field`: octal digits and a NUL at the end.
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

/// The text in `field`, without the NULs at its end.
fn text<'a>(field: &'a [u8], name: &'static str) -> Result<&'a str, BadTar> {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    let (text, rest) = field.split_at(end);
    if rest.iter().any(|&byte| byte != 0) {
        return Err(BadTar::Field(name));
    }
    std::str::from_utf8(text).map_err(|_| BadTar::Field(name))
}

fn ustar_path(block: &Block) -> Result<String, BadTar> {
    let name = text(&block[..NAME], "path")?;
    Ok(match text(&block[345..500], "path")? {
        "" => name.to_owned(),
        prefix => [prefix, "/", name].concat(),
    })
}

#[cfg(test)]
mod tests;
