//! Archives: written from packed components, read, verified, shown and extracted.

mod attachment;
mod directory;
mod dropped;
mod error;
mod extract;
mod inspect;
mod read;
mod section;
mod spec;
mod verify;
mod walk;
mod write;
mod zip_headers;
mod zip_writer;

#[cfg(test)]
pub(crate) mod sample;

/// The contents of [`MAIN_MEMBER`](snakecrate_format::manifest::MAIN_MEMBER), which starts the
/// archive. An archive is a zip, and the reloaders of Flask, Django, gunicorn and others start
/// themselves again as `sys.executable sys.argv[0] …`.
const MAIN: &[u8] = b"\
import os
import sys

os.execv(os.path.dirname(os.path.abspath(__file__)), sys.argv)
";

pub use dropped::{DROPPED_FILES, DroppedDocument, DroppedFiles, dropped_files, dropped_text};
pub use error::Error;
pub use extract::{Extracted, extract, require_empty, unpack};
pub use inspect::Report;
pub(crate) use inspect::marks;
pub use read::Archive;
pub use spec::{About, ArchiveSpec, AttachmentSpec, ComponentSpec, SBOM, VEX};
pub use verify::{Verified, verify};
pub use walk::visit;
pub use write::{Aside, Written, write, write_aside};
