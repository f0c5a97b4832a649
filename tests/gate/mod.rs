//! The gate: it counts what passed, what failed, and what this machine could not check.

/// `ci/count` and `ci/steps.sh`, with made-up logs.
mod counting;
