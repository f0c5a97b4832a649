//! The foundation of the packer's crates: errors with remedies, output for the user, trees of files,
//! temporary names, the end by a signal, times, the host, and facts about an interpreter.

pub mod document;
pub mod error;
pub mod host;
pub mod interrupt;
pub mod python;
pub mod redact;
pub mod temporary;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod timings;
pub mod tree;
pub mod ui;

/// The directory of an environment that contains a script and its neighbouring modules.
pub const APP: &str = "app";

/// The path below [`APP`] of a path in the application's component.
pub fn below_app(path: &str) -> Option<&str> {
    path.strip_prefix(APP)?.strip_prefix('/')
}
