//! The operating system, behind one interface.
//!
//! Every call that the standard library does not offer on all systems is in this crate, and so is
//! all of the workspace's `unsafe`. The public modules are the interface. Each of their functions
//! calls the function of the same name in `linux` or `windows`, so the compiler refuses a platform
//! that lacks one. To add a platform, add a folder beside these two.
//!
//! Errors are [`std::io::Error`]: callers decide by [`std::io::ErrorKind`] and by the predicates in
//! [`error`], never by an error number. A platform that cannot do something yet returns
//! [`error::Unsupported`].

pub mod error;
pub mod file;
#[cfg(feature = "map")]
pub mod map;
pub mod paths;
pub mod process;

#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod imp;
#[cfg(windows)]
#[path = "windows/mod.rs"]
mod imp;
