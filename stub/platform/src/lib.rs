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
//!
//! | module | subject |
//! |---|---|
//! | [`directory`] | open directories: everything in the cache is reached through one; locks on them |
//! | [`tree`] | deleting trees without following links |
//! | [`mod@file`] | files by path: identity, times, permissions |
//! | `map` | files mapped into memory (feature `map`) |
//! | [`paths`] | paths from bytes, fixed paths of the system |
//! | [`trust`] | users, owners, who else may write |
//! | [`process`] | this process: arguments, its own file, replacing it |
//! | [`child`] | child processes that are kept apart: time limit, no network |
//! | [`dialog`] | programs that show windows |
//! | [`host`] | the machine: boot, clock, processors |
//! | `interrupt` | the end by a signal, with work before it (feature `interrupts`) |
//! | [`facts`] | facts about the host for a bug report |
//! | [`terminal`] | the terminal behind standard error |
//! | [`workers`] | work on several threads |
//! | [`arena`] | the launcher's allocator |

pub mod arena;
pub mod child;
pub mod dialog;
pub mod directory;
pub mod error;
pub mod facts;
pub mod file;
pub mod host;
#[cfg(feature = "interrupts")]
pub mod interrupt;
#[cfg(feature = "map")]
pub mod map;
pub mod paths;
pub mod process;
pub mod terminal;
pub mod tree;
pub mod trust;
mod types;
pub mod workers;

#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod imp;
#[cfg(windows)]
#[path = "windows/mod.rs"]
mod imp;
