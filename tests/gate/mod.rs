//! The gate: it counts what passed, what failed and what this machine could not check, and it finds
//! circles between modules.

/// `ci/count` and `ci/steps.sh`, with made-up logs.
mod counting;

/// `ci/structure`, with made-up crates.
mod structure;
