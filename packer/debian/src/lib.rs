//! Python from the packages of Debian or a derivative, without dpkg, apt or root rights.
//!
//! ```text
//! keyring ─verifies─→ dists/SUITE/InRelease ─SHA-256─→ Packages.xz ─SHA-256─→ *.deb ─→ a root
//! ```
//!
//! [`Release::fetch`] gets the signed list of a suite, [`Release::select`] chooses the packages of a
//! Python, and [`Selection::unpack`] unpacks them below a directory. Nothing of them is executed: no
//! maintainer script runs.
//!
//! Limits: only the component `main` of one suite, so security updates come with its next point
//! release. Dependencies are followed by name, the first alternative that the suite has counts, and
//! versions aren't compared: a suite is consistent in itself.

mod closure;
mod date;
mod deb;
mod dependencies;
mod error;
mod index;
mod keyring;
mod paragraphs;
mod release;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(all(test, feature = "testing"))]
mod tests;
mod tree;

pub use closure::Selection;
pub use error::Error;
pub use index::Package;
pub use keyring::Keyring;
pub use release::{Release, Source};

/// The mirror that is used unless the user names another one.
pub const MIRROR: &str = "https://deb.debian.org/debian";
