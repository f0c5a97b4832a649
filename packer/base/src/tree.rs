//! A component's tree while it is being made: paths, and where each one's bytes are.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::{fs, io};

use snakecrate_format::entry_path::{EntryPath, LinkTarget};
pub use snakecrate_format::listing::Mode;

/// Where a file's bytes are.
#[derive(Debug, Clone)]
pub enum Content {
    /// In a file of the build machine.
    Disk(PathBuf),
    /// Here.
    Memory(Arc<[u8]>),
}

impl Content {
    /// All the bytes.
    pub fn read(&self) -> io::Result<Arc<[u8]>> {
        match self {
            Self::Disk(path) => fs::read(path).map(Arc::from),
            Self::Memory(bytes) => Ok(Arc::clone(bytes)),
        }
    }

    /// A reader at their start.
    pub fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(match self {
            Self::Disk(path) => Box::new(fs::File::open(path)?),
            Self::Memory(bytes) => Box::new(&bytes[..]),
        })
    }

    /// Their number.
    #[allow(clippy::len_without_is_empty, reason = "asks the disk; nobody asks for emptiness")]
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
        /// How it may be used.
        mode: Mode,
        /// What is in it.
        content: Content,
    },
    /// A symbolic link.
    Link(LinkTarget),
}

/// Files and links by path, as they will be in the environment (or in the runtime's prefix).
#[derive(Debug, Clone, Default)]
pub struct Tree {
    nodes: BTreeMap<EntryPath, Node>,
}

impl Tree {
    /// Puts `node` at `path` and returns what was there.
    pub fn insert(&mut self, path: EntryPath, node: Node) -> Option<Node> {
        self.nodes.insert(path, node)
    }

    /// Puts a file there.
    pub fn insert_file(&mut self, path: EntryPath, mode: Mode, content: impl Into<Content>) {
        self.insert(path, Node::File { mode, content: content.into() });
    }

    /// Takes the node at `path` out.
    pub fn remove(&mut self, path: &EntryPath) -> Option<Node> {
        self.nodes.remove(path)
    }

    /// The node at `path`.
    pub fn get(&self, path: &EntryPath) -> Option<&Node> {
        self.nodes.get(path)
    }

    /// Keeps the nodes that `keep` says yes to.
    pub fn retain(&mut self, mut keep: impl FnMut(&EntryPath, &Node) -> bool) {
        self.nodes.retain(|path, node| keep(path, node));
    }

    /// All nodes, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&EntryPath, &Node)> {
        self.nodes.iter()
    }

    /// Number of files and links.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}
