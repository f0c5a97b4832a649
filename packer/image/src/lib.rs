//! Images for containers (OCI image format 1.1), without a daemon and without the network.
//!
//! ```text
//! files ─→ Layer ─┐
//! configuration ──┼→ Image ─→ layout directory, docker-archive, registry
//! SBOM ───────────┘    ↑
//!                 layout directory
//! ```
//!
//! The crate knows nothing of archives: a layer is made of a list of files.
//!
//! Sources: <https://github.com/opencontainers/image-spec/tree/v1.1.0>, and for docker-archive
//! <https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md>.

mod base;
mod blob;
mod build;
mod compression;
mod copy;
mod digest;
mod docker_archive;
mod document;
mod error;
mod file;
mod group;
mod image;
mod layer;
mod layout;
mod rebase;
#[cfg(test)]
mod tests;

pub use base::Base;
pub use blob::{Blob, Content};
pub use build::Settings;
pub use compression::Compression;
pub use digest::Digest;
pub use document::Document;
pub use error::Error;
pub use file::{File, Node};
pub use group::{Item, groups};
pub use image::Image;
pub use layer::{COMPONENTS, Layer, ROLE, Role};
pub use rebase::{Replacement, contents};

/// The types of manifests, configurations and descriptors.
pub use oci_spec::image as spec;

/// The type of a bill of materials in `CycloneDX`'s JSON.
pub const CYCLONEDX: &str = "application/vnd.cyclonedx+json";
