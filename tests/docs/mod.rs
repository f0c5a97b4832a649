//! The documents: what they name exists.

/// What SECURITY.md says of tests.
mod promises;
