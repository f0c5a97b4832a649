//! The tools of all tests.

/// Interpreters for a processor that this machine isn't.
pub mod foreign_python;

/// Archives made by hand, so that they can be wrong.
pub mod forge;

/// What a test needs of the machine.
pub mod needs;

/// Temporary places, commands in them, and the outcomes of these commands.
pub mod sandbox;

/// The target under test.
pub mod target;

/// Wheels made by hand, so that they can lack something.
pub mod wheel;
