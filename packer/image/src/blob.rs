//! Blobs: layers, configurations and bills of materials, in memory or in files.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::PathBuf;
use std::sync::Arc;

use crate::Digest;
use crate::spec::Descriptor;

/// A blob of an image.
#[derive(Debug, Clone)]
pub struct Blob {
    /// Its media type.
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
    /// Its bytes.
    pub content: Content,
}

/// The place of a blob's bytes.
#[derive(Debug, Clone)]
pub enum Content {
    /// In memory.
    Bytes(Arc<[u8]>),
    /// In a file that has nothing else. Whoever makes it keeps it as long as the image is used.
    File(PathBuf),
    /// Only elsewhere: a layer of a base image, or of an image that is rebased, which is in the
    /// registry already.
    Elsewhere,
}

impl Blob {
    /// A blob of these bytes.
    pub fn of_bytes(media_type: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        Self {
            media_type: media_type.into(),
            digest: Digest::of(&bytes),
            size: bytes.len() as u64,
            content: Content::Bytes(bytes),
        }
    }

    /// A reader of its bytes, from the beginning. It doesn't check the digest.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, or the bytes are [`Content::Elsewhere`].
    pub fn open(&self) -> io::Result<Box<dyn Read + Send + Sync>> {
        Ok(match &self.content {
            Content::Bytes(bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
            Content::File(path) => Box::new(File::open(path)?),
            Content::Elsewhere => return Err(io::ErrorKind::NotFound.into()),
        })
    }

    /// The descriptor that refers to it.
    pub fn descriptor(&self) -> Descriptor {
        let media_type = self.media_type.as_str();
        Descriptor::new(media_type.into(), self.size, self.digest.to_spec())
    }
}
