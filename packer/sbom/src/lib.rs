//! Bills of materials (SBOM) of archives.
//!
//! ```text
//! manifest, metadata, libraries, packages ─→ Bill ─┬→ CycloneDX 1.7 (JSON)
//! documents in wheels (PEP 770) ─→ items of it ────┘└→ SPDX 2.3 (JSON)
//! ```
//!
//! A document depends only on the contents of the archive: there is no time in it but the beginning of the
//! epoch, which SPDX demands, and the serial number is a digest of the document.
//!
//! The crates for these formats are not used: `cyclonedx-bom` (0.8.1) writes `CycloneDX` up to 1.5, and
//! `spdx-rs` (0.5) writes SPDX up to 2.2.

mod bill;
mod cyclonedx;
mod embedded;
mod native;
mod purl;
mod serial;
mod spdx;

#[cfg(test)]
mod tests;

pub use bill::{Bill, Checksum, File, Item, ItemKind, License};
pub use cyclonedx::cyclonedx;
pub use embedded::{Embedded, embedded, is_embedded};
pub use native::{Native, NativeKind, native};
pub use purl::{debian, generic, pypi};
pub use serial::serial_number;
pub use spdx::spdx;
