//! Where the contents of archives come from.
//!
//! | module | subject |
//! |---|---|
//! | [`statement`] | a statement about a build: in-toto with SLSA provenance |

pub mod statement;
