//! Images in registries: sent, read, and sent anew with other layers.
//!
//! ```text
//! push ─→ upload ─→ session ─→ http
//! pull ─→ manifest ─↗   ↓
//!                   credentials, challenge, token
//! ```
//!
//! A registry gets what it lacks: layers that it has are skipped, layers that another of its
//! repositories has are mounted. It may refuse mounts, large requests and lists of referrers.
//!
//! Source: <https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md>.

mod challenge;
mod credentials;
mod error;
mod http;
mod manifest;
mod pull;
mod push;
mod record;
mod reference;
mod referrers;
mod retry;
mod session;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod token;
mod upload;

pub use credentials::{Credentials, Login};
pub use error::Error;
pub use pull::{pull, pull_layers};
pub use push::{Options, Pushed, Tag, push};
pub use reference::Reference;
pub use retry::Patience;
pub use session::Access;
