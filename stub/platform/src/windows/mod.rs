//! Windows: real where the standard library or one call does it, [`Unsupported`] elsewhere.
//!
//! [`Unsupported`]: crate::types::Unsupported

pub(crate) mod child;
pub(crate) mod dialog;
pub(crate) mod directory;
pub(crate) mod error;
pub(crate) mod facts;
pub(crate) mod file;
pub(crate) mod host;
#[cfg(feature = "interrupts")]
pub(crate) mod interrupt;
pub(crate) mod paths;
pub(crate) mod process;
pub(crate) mod terminal;
pub(crate) mod trust;
