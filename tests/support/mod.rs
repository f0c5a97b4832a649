//! What all tests use: the sandbox and the forger.

/// Archives made by hand, so that they can lie.
pub mod forge;

/// What a test needs of the machine.
pub mod needs;

/// Temporary places, commands in them, and what became of the commands.
pub mod sandbox;
