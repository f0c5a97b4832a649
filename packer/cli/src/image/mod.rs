//! Images of archives.
//!
//! ```text
//! archive ─→ components ─→ layers, each with its files at their final places ─┐
//!         └→ launcher, launch plan ─→ the layer of the application ───────────┼→ image
//!         └→ metadata, SOURCE's revision ─→ labels ───────────────────────────┘
//! ```
//!
//! [`Maker`] makes the image of one archive; [`snakecrate_image`] knows what images are. Layers of
//! components depend on the components and their places alone, so they are the same in every image, and
//! [`Store`] keeps them.

mod application;
mod bill;
mod components;
mod contents;
mod error;
mod labels;
mod libraries;
mod made;
mod place;
mod plan;
mod rebase;
mod requires;
mod store;
mod system;

pub use error::Error;
pub use labels::Labels;
pub use made::{Maker, architecture};
pub use rebase::Old;
