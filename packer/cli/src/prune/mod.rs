//! What `cache prune` is told, and the packer's share of what it removes.

pub mod build_files;
pub mod values;
