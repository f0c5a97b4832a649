//! Machines of every kind: what they lack, and what they forbid.

/// Machines on which little can be written or executed.
pub mod cache_locations;

/// Hosts that lack certificates, time zones, descriptions of terminals, locales, users, names.
mod host_data;

/// Root file systems with and without a C library.
pub mod host_matrix;

/// Code in the way of the application's.
pub mod untrusted_code;
