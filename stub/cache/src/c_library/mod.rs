//! Selecting the C library of an environment, and finding executables that need a loader.

pub mod elf;
pub mod select;
