//! What all tests use: the sandbox and the forger.

/// Archives made by hand, so that they can lie.
pub mod forge;

/// Temporary places, commands in them, and what became of the commands.
pub mod sandbox;
