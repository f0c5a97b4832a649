//! What the packer's crates share: errors with remedies, talking to the user, trees of files,
//! downloads, and what is known of an interpreter.

pub mod download;
pub mod error;
pub mod host;
pub mod python;
pub mod temporary;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tree;
pub mod ui;

/// The directory in an environment that holds a script and the modules beside it.
pub const APP: &str = "app";
