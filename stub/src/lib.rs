//! Formats and cache of Snakecrate.
#![cfg_attr(not(test), warn(unreachable_pub))]

pub mod digest;
pub mod entry_path;
pub mod listing;
pub mod manifest;
pub mod record;
pub mod tar;
