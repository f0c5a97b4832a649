//! The suite: the `snakecrate` command and the archives that it makes, run as users run them.
//!
//! Every test gets a [`support::sandbox::Sandbox`] with a home, a cache and a working directory of its own,
//! and has to check the whole output of everything that it runs. Archives that tests only *run* are
//! built once for the whole suite: see [`support::sandbox::shared`]. A test that needs something this
//! machine may lack says so first, with [`support::needs`], and is skipped without it.

/// The cache on the user's machine: sharing, pruning, repair, other users, odd file systems.
mod cache;
/// The `snakecrate` command: builds, reports, errors, sizes, reproducible bytes.
mod command;
/// The documents: the tests, commands, files and headings that they name exist.
mod docs;
/// The faults that real projects have shown, each with its tests.
mod findings;
/// The gate: how it counts, and that it finds circles between modules.
mod gate;
/// Truncated, damaged and forged archives: each is refused for its own reason.
mod hostile;
/// Hosts of every kind: what they lack, and what they forbid.
mod hosts;
/// The launcher: cold and warm starts, the environment of the application, its own commands.
mod launcher;
/// The tools of all tests: the sandbox, the forge, and what a test needs of the machine.
mod support;
