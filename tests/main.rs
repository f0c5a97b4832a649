//! The suite: the `snakecrate` command and the archives it makes, run as their users run them.
//!
//! Every test gets a [`support::sandbox::Sandbox`] with a home, a cache and a working directory of its own,
//! and looks at the whole output of what it runs. Archives that only have to be *run* are built
//! once for the whole suite, see [`support::sandbox::shared`].

/// The cache on the user's machine.
mod cache;
/// The `snakecrate` command: what it builds, and what it reports.
mod command;
/// The documents: what they name exists.
mod docs;
/// The gate: what it counts, and what it finds.
mod gate;
/// Archives that arrived cut or damaged, or were made to deceive.
mod hostile;
/// Machines of every kind: what they lack, and what they forbid.
mod hosts;
/// The launcher: starting, repairing, and its own commands.
mod launcher;
/// What all tests use: the sandbox and the forger.
mod support;
