//! Hosts: what they lack, and what they forbid.

/// Hosts that restrict writing and executing.
pub mod cache_locations;

/// Archives for another processor than this machine's.
mod foreign;

/// The same with a real interpreter, an emulator and components of all kinds.
mod foreign_python;

/// Hosts without certificates, time zones, descriptions of terminals, locales, users, names.
mod host_data;

/// Root file systems with and without a C library.
pub mod host_matrix;

/// Interpreters that the user names: newer ones than this machine has, free-threaded ones.
mod pythons;

/// Foreign code that an interpreter might load.
pub mod untrusted_code;
