//! Environments: standard virtual environments, made of links to files of components.

pub mod assemble;
pub mod link;
pub mod shebang;
