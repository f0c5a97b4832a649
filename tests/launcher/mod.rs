//! The launcher: starting, repairing, and its own commands.

/// The C library: the host's, or the one that came along.
mod c_library;

/// First runs that die, or in which something fails.
mod crash;

/// Which entry an archive with several of them starts.
mod entries;

/// Entry points that could not be imported, mended and started.
mod import_repair;

/// Entry points that cannot be imported.
mod entry_repair;

/// Variables: what they change, and what children see of them.
pub mod environment;

/// The fast start of entry points.
mod fast_start;

/// What a running application sees: arguments, environment, streams, signals, children.
mod launch;

/// `LD_*` variables.
mod loader_variables;

/// Setuid, setgid, capabilities.
mod privileges;

/// The bar of a first start, as a person at a terminal sees it.
mod progress;

/// What the system says when the interpreter is to be executed.
mod refusals;

/// What the launcher does instead of starting the application.
mod self_commands;

/// Signals and what else a process inherits.
mod signals;
