//! The cache on the user's machine.

/// The packer's own files in the cache.
mod build_files;

/// The cache on the user's machine: sharing, listing, verifying, pruning.
mod sharing;

/// File systems unlike a local disk, and files of any date.
mod file_systems;

/// When an environment was used last.
mod last_use;

/// Long names, deep places, and names that are no text.
mod names;

/// Whose the cache is.
mod owners;

/// What leaves the cache, by which rule, and what stays.
mod prune;

/// Many at once on one cache.
mod races;

/// Files that a cleaner deleted or cut, and how they come back.
pub mod repair;
