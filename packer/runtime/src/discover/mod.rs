//! From `--python SPEC` to an interpreter of this machine.
//!
//! ```text
//! spec ─→ request ─→ find ─┬─ installed (uv, pyenv, PATH)
//!                          ├─ given (executable, directory, archive) ─→ unpack, repair
//!                          └─ remote (URL, pinned release) ─→ given
//! ```

mod error;
mod find;
mod given;
mod installation;
mod installed;
pub mod probe;
pub mod release;
mod remote;
mod repair;
mod request;
mod spec;
mod unpack;
mod versions;

pub use error::Error;
pub use find::{find, find_in, installed_minors};
pub use installed::Places;
pub use request::{PythonDirectories, Request};
pub use spec::{BadSpec, Spec};
