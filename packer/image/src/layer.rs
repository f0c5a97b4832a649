//! Layers: files as a tar, compressed or not.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _, Seek as _, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use snakecrate_base::temporary;
use tar::{Builder, EntryType, Header};

use crate::compression::Compression;
use crate::file::{File, Node};
use crate::{Blob, Content, Digest, Error};

/// The time of every file: 1980-01-01, the earliest that a zip can have, so that Python programs can
/// pack the files that they come with.
const TIME: u64 = 315_532_800;

/// The annotation of a layer's descriptor that says what it has: a [`Role`].
pub const ROLE: &str = "snakecrate.layer";
/// The annotation that names the components of a layer: `wheel-click-8.1.7`, with spaces between.
pub const COMPONENTS: &str = "snakecrate.components";

/// The contents of a layer. They are ordered as the layers of an image are, those that change least
/// first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Users and directories that every system has.
    System,
    /// The C library.
    CLibrary,
    /// The interpreter and its standard library, or the core of it.
    Runtime,
    /// A part of the standard library.
    Part,
    /// Distributions.
    Wheel,
    /// The launcher.
    Launcher,
    /// The application itself.
    App,
}

impl Role {
    const ALL: [Self; 7] = [
        Self::System,
        Self::CLibrary,
        Self::Runtime,
        Self::Part,
        Self::Wheel,
        Self::Launcher,
        Self::App,
    ];

    /// The value of the annotation [`ROLE`].
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::CLibrary => "libc",
            Self::Runtime => "runtime",
            Self::Part => "part",
            Self::Wheel => "wheel",
            Self::Launcher => "launcher",
            Self::App => "app",
        }
    }

    /// The role with this value of the annotation.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// A layer of an image.
#[derive(Debug, Clone)]
pub struct Layer {
    /// The blob.
    pub blob: Blob,
    /// The digest of the tar.
    pub diff_id: Digest,
    /// Its contents for people, a line of the image's history.
    pub title: String,
    /// Annotations of its descriptor.
    pub annotations: BTreeMap<String, String>,
}

impl Layer {
    /// Writes `files` to a blob in `directory`, named like its digest, where the caller keeps it.
    /// Directories come first, then the other files in the order given: files that are alike beside
    /// each other become shorter.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or the blob cannot be written.
    pub fn write(
        role: Role,
        components: &[String],
        files: &[File],
        compression: Compression,
        directory: &Path,
    ) -> Result<Self, Error> {
        let failed = |source| Error::Write { path: directory.to_owned(), source };
        let mut tar = temporary::file_in(directory).map_err(failed)?;
        let diff_id = {
            let mut hashed = Hashed::new(io::BufWriter::new(tar.as_file_mut()));
            write_tar(files, &mut hashed).map_err(|error| match error {
                Failed::Read(path, source) => Error::Read { path: path.into(), source },
                Failed::Write(source) => failed(source),
            })?;
            hashed.finish().map_err(failed)?.0
        };
        let length = tar.as_file().metadata().map_err(failed)?.len();
        tar.rewind().map_err(failed)?;
        let (file, digest, size) = if compression == Compression::None {
            (tar, diff_id.clone(), length)
        } else {
            let mut file = temporary::file_in(directory).map_err(failed)?;
            let mut hashed = Hashed::new(io::BufWriter::new(file.as_file_mut()));
            compression.compress(&mut tar, length, &mut hashed).map_err(failed)?;
            let (digest, size) = hashed.finish().map_err(failed)?;
            (file, digest, size)
        };
        let path = directory.join(digest.hex());
        file.persist(&path).map_err(|error| failed(error.error))?;
        let annotations = BTreeMap::from([
            (ROLE.to_owned(), role.as_str().to_owned()),
            (COMPONENTS.to_owned(), components.join(" ")),
        ]);
        Ok(Self {
            blob: Blob {
                media_type: compression.media_type().to_owned(),
                digest,
                size,
                content: Content::File(path),
            },
            diff_id,
            title: [role.as_str(), &components.join(" ")].join(" ").trim_end().to_owned(),
            annotations,
        })
    }
}

/// Why a tar could not be written.
enum Failed {
    Read(String, io::Error),
    Write(io::Error),
}

fn write_tar(files: &[File], out: &mut impl Write) -> Result<(), Failed> {
    let mut builder = Builder::new(out);
    let mut directories = BTreeMap::new();
    for path in files.iter().flat_map(|file| parents(&file.path)).collect::<BTreeSet<_>>() {
        directories.insert(path, (0o755, 0));
    }
    for file in files {
        if let Node::Directory { mode, owner } = file.node {
            directories.insert(&file.path, (mode, owner));
        }
    }
    for (path, (mode, owner)) in directories {
        let mut header = header(EntryType::Directory, mode, owner, 0);
        let path = format!("{path}/");
        builder.append_data(&mut header, path, io::empty()).map_err(Failed::Write)?;
    }
    for file in files {
        match &file.node {
            Node::Directory { .. } => {}
            Node::Link(target) => {
                let mut header = header(EntryType::Symlink, 0o777, 0, 0);
                builder.append_link(&mut header, &file.path, target).map_err(Failed::Write)?;
            }
            Node::File { executable, content } => {
                let failed = |source| Failed::Read(file.path.clone(), source);
                let length = content.len().map_err(failed)?;
                let mode = if *executable { 0o555 } else { 0o444 };
                let mut header = header(EntryType::Regular, mode, 0, length);
                let reader = content.open().map_err(failed)?.take(length);
                builder.append_data(&mut header, &file.path, reader).map_err(Failed::Write)?;
            }
        }
    }
    builder.finish().map_err(Failed::Write)
}

fn header(kind: EntryType, mode: u32, owner: u32, length: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(owner.into());
    header.set_gid(owner.into());
    header.set_mtime(TIME);
    header.set_size(length);
    header
}

/// The directories above `path`, without the root.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// A writer that hashes and counts.
struct Hashed<W> {
    inner: W,
    hasher: Sha256,
    length: u64,
}

impl<W: Write> Hashed<W> {
    fn new(inner: W) -> Self {
        Self { inner, hasher: Sha256::new(), length: 0 }
    }

    /// Writes what is buffered, and returns digest and length.
    fn finish(mut self) -> io::Result<(Digest, u64)> {
        self.inner.flush()?;
        Ok((Digest::finished(self.hasher), self.length))
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
