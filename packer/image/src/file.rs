//! The files of a layer.

use snakecrate_base::tree::Content;

/// A file, link or directory of a layer. All belong to root unless something else is said.
#[derive(Debug, Clone)]
pub struct File {
    /// Its path without a `/` in front.
    pub path: String,
    /// Its kind and contents.
    pub node: Node,
}

/// The kind and contents of a [`File`].
#[derive(Debug, Clone)]
pub enum Node {
    /// A directory. Those above files need not be given: they are 0755.
    Directory {
        /// Its permissions.
        mode: u32,
        /// The number of the user and group that it belongs to.
        owner: u32,
    },
    /// A regular file.
    File {
        /// Whether it may be executed: 0555, else 0444.
        executable: bool,
        /// Its bytes.
        content: Content,
    },
    /// A symbolic link to a target as it stands here.
    Link(String),
}

impl File {
    /// A file with these bytes that is not executable.
    pub fn plain(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let content = Content::from(bytes.into());
        Self { path: path.into(), node: Node::File { executable: false, content } }
    }

    /// An executable file with these bytes.
    pub fn executable(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let content = Content::from(bytes.into());
        Self { path: path.into(), node: Node::File { executable: true, content } }
    }

    /// A symbolic link.
    pub fn link(path: impl Into<String>, target: impl Into<String>) -> Self {
        Self { path: path.into(), node: Node::Link(target.into()) }
    }

    /// A directory.
    pub fn directory(path: impl Into<String>, mode: u32, owner: u32) -> Self {
        Self { path: path.into(), node: Node::Directory { mode, owner } }
    }
}
