//! The one file: written from packed components, read back, verified, shown and taken apart.

mod error;
mod section;
mod write;

pub use error::Error;
pub use write::{Plan, PlannedComponent, Written, write};
