//! The values of the options of `cache prune`, and the packer's own files that it removes.

pub mod build_files;
pub mod values;
