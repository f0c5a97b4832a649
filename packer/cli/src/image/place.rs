//! Where the files of an image are.
//!
//! ```text
//! /opt/snakecrate/bin/NAME     the launcher, and links to it named like the entries
//!                 env/         the environment: application and wheels, as in the cache
//!                 runtime/     the interpreter with its parts
//!                 libc/        the C library
//! ```
//!
//! None of these paths has a name or version of an application, so files that name them, such as the
//! interpreter's executable, are the same in every image.

use snakecrate_format::manifest::Kind;

/// The directory of commands.
pub const COMMANDS: &str = "opt/snakecrate/bin";
/// The environment.
pub const ENVIRONMENT: &str = "opt/snakecrate/env";
/// The interpreter's tree.
pub const RUNTIME: &str = "opt/snakecrate/runtime";
/// The C library's tree.
pub const C_LIBRARY: &str = "opt/snakecrate/libc";

/// The directory of a kind of components.
pub fn of(kind: Kind) -> &'static str {
    match kind {
        Kind::Runtime | Kind::Part => RUNTIME,
        Kind::App | Kind::Wheel => ENVIRONMENT,
        Kind::CLibrary => C_LIBRARY,
    }
}

/// `path` as an absolute one.
pub fn absolute(path: &str) -> String {
    format!("/{path}")
}
