//! The options of a build.
//!
//! ```text
//! flags → [tool.snakecrate] → defaults of the command → defaults of the declaration ⇒ Settings
//! ```
//!
//! `declaration.rs` is the only list of options: flags, keys, help, the JSON schema and the
//! table in docs/reference/options.md are derived from it.

mod budget;
mod choices;
mod declaration;
mod desktop;
mod document;
pub mod documents;
mod environment;
mod file;
mod flags;
pub mod heading;
mod keys;
mod layers;
mod licenses;
mod lists;
mod packaging;
mod proof;
mod publisher;
mod service;
mod targets;
#[cfg(test)]
mod tests;
mod values;

use confique::{Config as _, Layer as _};

pub use budget::Budget;
pub use choices::{LibcChoice, RuntimeChoice};
pub use declaration::{Options, Settings};
pub use desktop::{Desktop, DesktopId, MimeType};
pub use document::Document;
pub use documents::described;
pub use environment::Env;
pub use file::{Artifacts, Error, FileOptions, in_directory, options_of};
pub use layers::{InForce, Layer, Origin, Place, in_force};
pub use licenses::Licenses;
pub use packaging::Packaging;
pub use proof::Proof;
pub use service::{Restart, Service, Services};
pub use targets::{PythonChoice, UnknownTarget, target};
pub use values::{Assignment, BadAssignment, CommandLine, Inclusion, NotACommand};

impl Settings {
    /// The settings of `layers`, each of which wins over those behind it, and the defaults.
    ///
    /// # Panics
    ///
    /// Never: each option is optional or has a default.
    pub fn resolve(layers: impl IntoIterator<Item = Options>) -> Self {
        let options = layers.into_iter().fold(Options::empty(), Options::with_fallback);
        Self::from_layer(options.with_fallback(Options::default_values()))
            .expect("each option is optional or has a default")
    }
}
