//! The launcher: starting, repairing, and its own commands.

/// The report for the publisher.
mod bug_report;

/// The C library: the host's, or the bundled one.
mod c_library;

/// First runs that are killed, or in which a call fails.
mod crash;

/// Entries in menus of desktops.
pub mod desktop;

/// Drivers and other libraries of the host, on the archive's own C library.
mod drivers;

/// The choice between several entries.
mod entries;

/// Entry points that could not be imported: repaired and started.
mod import_repair;

/// Entry points that cannot be imported.
mod entry_repair;

/// First-run hooks: when they run, and what happens if they fail.
mod first_run;

/// Variables: what they change, and what child processes see of them.
pub mod environment;

/// Archives without a runtime, and their runtime files.
mod external_runtime;

/// The fast start of entry points.
pub mod fast_start;

/// The interpreter and the scripts inside.
mod interpreter;

/// What a running application sees: arguments, environment, streams, signals, children.
mod launch;

/// `LD_*` variables.
mod loader_variables;

/// Setuid, setgid, capabilities.
mod privileges;

/// The bar of a first start, as a person at a terminal sees it.
mod progress;

/// The publisher in errors and in the help.
mod publisher;

/// Errors of the system when the interpreter is executed.
mod refusals;

/// Commands of the launcher that run instead of the application.
mod self_commands;

/// Signals and what else a process inherits.
mod signals;

/// Windows of graphical entries that are started without a terminal.
mod windows;
