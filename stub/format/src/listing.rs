//! A component's listing: one line for each file, sorted by path. Its BLAKE3 is the component's
//! digest.
//!
//! ```text
//! f TAB size TAB digest TAB path      a file
//! x TAB size TAB digest TAB path      an executable file
//! s TAB size TAB digest TAB path      a script: `#!python…` becomes the environment's interpreter
//! l TAB target TAB path               a symbolic link
//! ```
//!
//! The paths of the files name all directories. There are no empty directories.

use std::fmt::Write as _;

use crate::digest::{Digest, FileDigest};
use crate::entry_path::{BadPath, EntryPath, LinkTarget};
use crate::order::sort_by;

/// The most files and links in one component.
pub const MAX_FILES: usize = 1 << 20;

/// All files and links of a component.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    items: Vec<Item>,
}

/// A line of a listing: a file or a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its path in the component.
    pub path: EntryPath,
    /// The file or link at that path.
    pub node: Node,
}

impl Item {
    /// Whether it is a file with execute bits.
    pub fn is_executable(&self) -> bool {
        matches!(self.node, Node::File { mode, .. } if mode.is_executable())
    }

    /// The size in bytes of a file that is the same in every environment; `None` for links, and for
    /// scripts, whose first line differs.
    pub fn plain_size(&self) -> Option<u64> {
        match self.node {
            Node::File { mode: Mode::Plain | Mode::Executable, size, .. } => Some(size),
            _ => None,
        }
    }
}

/// A file or a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A regular file.
    File {
        /// How it may be used.
        mode: Mode,
        /// Its length in bytes.
        size: u64,
        /// Digest of its contents.
        digest: FileDigest,
    },
    /// A symbolic link.
    Link(LinkTarget),
}

/// How a file may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only read.
    Plain,
    /// Executed.
    Executable,
    /// Executed by the environment's interpreter; its first line is a placeholder.
    Script,
}

impl Mode {
    /// Whether its execute bits are set.
    pub fn is_executable(self) -> bool {
        self != Self::Plain
    }

    fn letter(self) -> char {
        match self {
            Self::Plain => 'f',
            Self::Executable => 'x',
            Self::Script => 's',
        }
    }
}

/// Why a listing cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadListing {
    /// Not text, or a line of another form.
    #[error("line {0} of a listing cannot be read")]
    Line(usize),
    /// A path or a link that is not allowed.
    #[error("line {0} of a listing: {1}")]
    Path(usize, BadPath),
    /// A path that is out of order, occurs twice, or is below a file or a link.
    #[error("line {0} of a listing: `{1}` is out of order, there twice, or below a file")]
    Order(usize, String),
    /// More than [`MAX_FILES`] lines.
    #[error("a listing of more than {MAX_FILES} files")]
    TooMany,
}

/// How the files of a component differ from its listing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// A blob holds a path that the listing does not have.
    #[error("`{0}` is not in the listing")]
    Unlisted(Box<str>),
    /// The blobs hold a path twice.
    #[error("`{0}` is there twice")]
    Twice(Box<str>),
    /// The kind, size, target or digest differs.
    #[error("`{0}` is not as the listing has it")]
    Differs(Box<str>),
    /// No blob holds a path of the listing.
    #[error("`{0}` is in no blob")]
    Missing(Box<str>),
}

impl Listing {
    /// Sorts `items` and makes a listing of them.
    pub fn new(mut items: Vec<Item>) -> Result<Self, BadListing> {
        sort_by(&mut items, |a, b| a.path < b.path);
        let listing = Self { items };
        listing.check()?;
        Ok(listing)
    }

    /// The lines, sorted by path.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The index of the item at `path`.
    pub fn find(&self, path: &str) -> Option<usize> {
        self.items.binary_search_by(|item| item.path.as_str().cmp(path)).ok()
    }

    /// The file or link at `path`.
    pub fn get(&self, path: &str) -> Option<&Node> {
        self.find(path).map(|index| &self.items[index].node)
    }

    /// The sum of all files' sizes in bytes.
    pub fn bytes(&self) -> u64 {
        let size = |item: &Item| match item.node {
            Node::File { size, .. } => size,
            Node::Link(_) => 0,
        };
        self.items.iter().map(size).fold(0, u64::saturating_add)
    }

    /// Every directory that the paths name, once, sorted: parents before children.
    pub fn directories(&self) -> Vec<&str> {
        let mut all = Vec::new();
        let mut last = None;
        for item in &self.items {
            let mut parent = item.path.parent();
            // Neighbours mostly share a directory. Then `all` has it and its parents already.
            while let Some(path) = parent.filter(|_| parent != last) {
                all.push(path);
                parent = path.rsplit_once('/').map(|(parent, _)| parent);
            }
            last = item.path.parent();
        }
        sort_by(&mut all, |a, b| a < b);
        all.dedup();
        all
    }

    /// The component's digest.
    pub fn digest(&self) -> Digest {
        Digest::of(self.encode().as_bytes())
    }

    /// The listing as text.
    pub fn encode(&self) -> String {
        let mut text = String::with_capacity(self.items.len() * 100);
        for item in &self.items {
            let written = match &item.node {
                Node::File { mode, size, digest } => {
                    writeln!(text, "{}\t{size}\t{digest}\t{}", mode.letter(), item.path)
                }
                Node::Link(target) => writeln!(text, "l\t{}\t{}", target.as_str(), item.path),
            };
            debug_assert!(written.is_ok(), "writing to a string cannot fail");
        }
        text
    }

    /// Reads a listing.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadListing> {
        let text = std::str::from_utf8(bytes).map_err(|_| BadListing::Line(0))?;
        if !text.is_empty() && !text.ends_with('\n') {
            return Err(BadListing::Line(0));
        }
        // Counted before allocating: a hostile listing may have as many lines as bytes.
        let lines = text.split_terminator('\n').count();
        if lines > MAX_FILES {
            return Err(BadListing::TooMany);
        }
        let mut items = Vec::with_capacity(lines);
        for (index, line) in text.split_terminator('\n').enumerate() {
            items.push(Self::parse_line(index + 1, line)?);
        }
        let listing = Self { items };
        listing.check()?;
        Ok(listing)
    }

    fn parse_line(number: usize, line: &str) -> Result<Item, BadListing> {
        let bad_path = |error| BadListing::Path(number, error);
        // One field more than allowed, to detect a line with too many.
        let mut fields = line.splitn(5, '\t');
        match [(); 5].map(|()| fields.next()) {
            [Some("l"), Some(target), Some(path), None, None] => {
                let path = EntryPath::new(path).map_err(bad_path)?;
                let target = LinkTarget::new(&path, target).map_err(bad_path)?;
                Ok(Item { path, node: Node::Link(target) })
            }
            [Some(letter), Some(size), Some(digest), Some(path), None] => {
                let mode = match letter {
                    "f" => Mode::Plain,
                    "x" => Mode::Executable,
                    "s" => Mode::Script,
                    _ => return Err(BadListing::Line(number)),
                };
                let (Some(size), Ok(digest)) = (canonical(size), digest.parse()) else {
                    return Err(BadListing::Line(number));
                };
                let path = EntryPath::new(path).map_err(bad_path)?;
                Ok(Item { path, node: Node::File { mode, size, digest } })
            }
            _ => Err(BadListing::Line(number)),
        }
    }

    fn check(&self) -> Result<(), BadListing> {
        if self.items.len() > MAX_FILES {
            return Err(BadListing::TooMany);
        }
        let directories = self.directories();
        for (index, item) in self.items.iter().enumerate() {
            let unordered = index > 0 && self.items[index - 1].path >= item.path;
            if unordered || directories.binary_search(&item.path.as_str()).is_ok() {
                return Err(BadListing::Order(index + 1, item.path.to_string()));
            }
        }
        Ok(())
    }
}

/// The number in `text`, if it is written in the only valid way: digits without leading zeros.
fn canonical(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let short = text == "0" || !text.starts_with('0');
    (digits && short).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, mode: Mode, contents: &[u8]) -> Item {
        let node =
            Node::File { mode, size: contents.len() as u64, digest: FileDigest::of(contents) };
        Item { path: EntryPath::new(path).unwrap(), node }
    }

    fn link(path: &str, target: &str) -> Item {
        let path = EntryPath::new(path).unwrap();
        let node = Node::Link(LinkTarget::new(&path, target).unwrap());
        Item { path, node }
    }

    #[test]
    fn a_listing_survives_the_round_trip() {
        let listing = Listing::new(vec![
            file("bin/tool", Mode::Script, b"#!python\n"),
            file("bin/native", Mode::Executable, b"\x7fELF"),
            file("a-b.py", Mode::Plain, b""),
            link("lib64", "lib"),
        ])
        .unwrap();
        assert_eq!(Listing::parse(listing.encode().as_bytes()).unwrap(), listing);
        assert_eq!(listing.bytes(), 13);
        assert_eq!(listing.directories().into_iter().collect::<Vec<_>>(), ["bin"]);
        assert!(matches!(listing.get("lib64"), Some(Node::Link(_))));
        assert_eq!(listing.get("lib"), None);
    }

    #[test]
    fn two_of_a_path_and_files_below_files_or_links_are_refused() {
        let plain = |path| file(path, Mode::Plain, b"");
        let new = |items| Listing::new(items).unwrap_err().to_string();
        assert!(new(vec![plain("a"), plain("a")]).contains("twice"));
        assert!(new(vec![plain("a"), plain("a-b"), plain("a/b")]).contains("below"));
        assert!(new(vec![link("a", "b"), plain("a/c/d")]).contains("below"));
    }

    #[test]
    fn only_the_one_canonical_text_is_read() {
        let digest = FileDigest::of(b"");
        let good = format!("f\t0\t{digest}\ta\nf\t0\t{digest}\tb\n");
        assert!(Listing::parse(good.as_bytes()).is_ok());
        let bad = [
            format!("f\t0\t{digest}\tb\nf\t0\t{digest}\ta\n"),
            format!("f\t+0\t{digest}\ta\n"),
            format!("f\t00\t{digest}\ta\n"),
            format!("f\t\t{digest}\ta\n"),
            format!("f\t0\t{digest}\ta\tb\n"),
            "\n".to_string(),
            format!("f\t0\t{digest}\ta"),
            format!("f\t0\t{digest}\t../a\n"),
            "l\t../x\ta\n".to_string(),
            format!("d\t0\t{digest}\ta\n"),
            format!("f\t0\t{digest}\ta\n\n"),
            format!("f\t0\t{}\ta\n", digest.to_string().to_uppercase()),
        ];
        for text in bad {
            assert!(Listing::parse(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(Listing::parse(b"\xff\n").is_err());
        let lines = vec![b'\n'; MAX_FILES + 1];
        assert!(matches!(Listing::parse(&lines), Err(BadListing::TooMany)));
        assert!(Listing::parse(b"").unwrap().items().is_empty());
    }
}
