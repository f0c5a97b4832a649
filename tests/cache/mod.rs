//! The cache on the user's machine.

/// The packer's own files in the cache.
mod build_files;

/// The cache for all users.
mod all_users;

/// What a cold start removes from the cache.
mod cleaning;

/// A runtime of a core and parts: who shares what, and how an environment has it.
mod runtime_parts;

/// Directories that are one link in an environment.
mod linked_directories;

/// The bytecode of a large package in one file.
mod packs;

/// The cache on the user's machine: sharing, listing, verifying, pruning.
mod sharing;

/// File systems unlike a local disk, and files of any date.
mod file_systems;

/// When an environment was used last.
mod last_use;

/// Long names, deep places, and names that aren't text.
mod names;

/// Owners of the cache.
mod owners;

/// What each rule of prune removes, and what stays.
mod prune;

/// Many processes on one cache.
mod races;

/// Files that a cleaner deleted or truncated, and how they come back.
pub mod repair;
