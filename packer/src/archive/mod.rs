//! The one file: written from packed components, read back, verified, shown and taken apart.

mod directory;
mod error;
mod extract;
mod inspect;
mod range;
mod read;
mod section;
mod verify;
mod walk;
mod write;

#[cfg(test)]
mod sample;

pub use error::Error;
pub use extract::{Extracted, extract};
pub use inspect::Report;
pub use read::Archive;
pub use verify::{Verified, verify};
pub use write::{Plan, PlannedComponent, Written, write};
