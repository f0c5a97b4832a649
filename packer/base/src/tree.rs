//! A component's tree before it is packed: paths, and the source of each file's bytes.

use std::collections::BTreeMap;
use std::io::{Read, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::{fs, io};

use snakecrate_format::entry_path::{EntryPath, LinkTarget};
pub use snakecrate_format::listing::Mode;

/// The source of a file's bytes.
#[derive(Debug, Clone)]
pub enum Content {
    /// A file of the build machine.
    Disk(PathBuf),
    /// Memory.
    Memory(Arc<[u8]>),
}

impl Content {
    /// Reads all bytes.
    pub fn read(&self) -> io::Result<Arc<[u8]>> {
        match self {
            Self::Disk(path) => fs::read(path).map(Arc::from),
            Self::Memory(bytes) => Ok(Arc::clone(bytes)),
        }
    }

    /// Opens a reader at the first byte.
    pub fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(match self {
            Self::Disk(path) => Box::new(fs::File::open(path)?),
            Self::Memory(bytes) => Box::new(&bytes[..]),
        })
    }

    /// Opens a reader at the byte `offset`, which must not lie behind the last one.
    pub fn open_at(&self, offset: u64) -> io::Result<Box<dyn Read + '_>> {
        Ok(match self {
            Self::Disk(path) => {
                let mut file = fs::File::open(path)?;
                file.seek(SeekFrom::Start(offset))?;
                Box::new(file)
            }
            Self::Memory(bytes) => {
                let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..));
                Box::new(rest.ok_or(io::ErrorKind::UnexpectedEof)?)
            }
        })
    }

    /// The number of bytes.
    #[allow(
        clippy::len_without_is_empty,
        reason = "it asks the disk, and no caller needs is_empty"
    )]
    pub fn len(&self) -> io::Result<u64> {
        match self {
            Self::Disk(path) => Ok(fs::metadata(path)?.len()),
            Self::Memory(bytes) => Ok(bytes.len() as u64),
        }
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Memory(bytes.into())
    }
}

/// A file or a link.
#[derive(Debug, Clone)]
pub enum Node {
    /// A regular file.
    File {
        /// Its permissions.
        mode: Mode,
        /// Its bytes.
        content: Content,
    },
    /// A symbolic link.
    Link(LinkTarget),
}

/// Files and links by their path in the environment (or in the runtime's prefix).
#[derive(Debug, Clone, Default)]
pub struct Tree {
    nodes: BTreeMap<EntryPath, Node>,
}

impl Tree {
    /// Puts `node` at `path` and returns the node that it replaces.
    pub fn insert(&mut self, path: EntryPath, node: Node) -> Option<Node> {
        self.nodes.insert(path, node)
    }

    /// Puts a file at `path`.
    pub fn insert_file(&mut self, path: EntryPath, mode: Mode, content: impl Into<Content>) {
        self.insert(path, Node::File { mode, content: content.into() });
    }

    /// Removes the node at `path`.
    pub fn remove(&mut self, path: &EntryPath) -> Option<Node> {
        self.nodes.remove(path)
    }

    /// The node at `path`.
    pub fn get(&self, path: &EntryPath) -> Option<&Node> {
        self.nodes.get(path)
    }

    /// Removes all nodes for which `keep` returns false.
    pub fn retain(&mut self, mut keep: impl FnMut(&EntryPath, &Node) -> bool) {
        self.nodes.retain(|path, node| keep(path, node));
    }

    /// All nodes, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&EntryPath, &Node)> {
        self.nodes.iter()
    }

    /// The number of files and links.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether it has no nodes.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}
