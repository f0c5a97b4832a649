//! From `--python SPEC` to an interpreter of this machine, or in a directory of it.
//!
//! ```text
//! spec ─→ request ─→ find ─┬─ installed (uv, pyenv, PATH)                               ┐
//!                          ├─ given (executable, directory, archive) ─→ unpack, repair  ├─→ examine
//!                          ├─ remote (URL → given, pinned release)                      │
//!                          └─ debian (packages)                                         ┘
//!
//! examine ─┬─ probe: this machine runs it, so it reports its facts
//!          └─ described: facts are read from its tree ─→ host: a CPython that works for it
//! ```

mod debian;
mod described;
mod directories;
mod error;
mod examine;
mod find;
mod given;
mod installation;
mod installed;
mod pinned;
mod prefix;
pub mod probe;
pub mod release;
mod remembered;
mod remote;
mod repair;
mod request;
mod spec;
mod tree;
mod unpack;
mod versions;

pub use directories::PythonDirectories;
pub use error::Error;
pub use find::{find, find_in, installed_minors};
pub use installed::Places;
pub use request::Request;
pub use spec::{BadSpec, Spec};
