//! The Snakecrate archive format: what the bytes of an archive mean. `stub/FORMAT.md` is the same
//! in prose.
//!
//! Nothing here calls the operating system; bytes come in through [`std::io::Read`] and
//! [`payload::ReadAt`].
#![forbid(unsafe_code)]

pub mod desktop;
pub mod digest;
pub mod entry_path;
pub mod exit_status;
pub mod listing;
pub mod manifest;
pub mod order;
pub mod patch_area;
pub mod payload;
pub mod record;
pub mod runtime_name;
pub mod size;
pub mod tar;
pub mod target;
pub mod walk;
pub mod zstd;
