//! Which C library an environment runs on, and what needs one.

pub mod elf;
pub mod select;
