//! Where the contents of archives come from.
//!
//! | module | subject |
//! |---|---|
//! | [`statement`] | a statement about a build: in-toto with SLSA provenance |
//! | [`attestation`] | attestations of package indexes: PEP 740 |
//! | [`publisher`] | publishers, and those that a user allows |

pub mod attestation;
mod crypto;
pub mod publisher;
pub mod statement;
