//! The manifest: what an archive holds and how it starts. `FORMAT.md` shows one.
//!
//! Readers ignore fields that they do not know. A field that changes what runs comes with a
//! [`Feature`] that the manifest requires, and readers refuse features that they do not know.

mod attachment;
mod c_library;
mod check;
#[cfg(feature = "details")]
mod check_details;
mod check_entry;
mod component;
mod document;
mod entry;
mod error;
mod external;
mod feature;
mod limits;
mod parse;
mod publisher;
mod template;

pub use attachment::{ATTACHMENTS, Attachment, MAIN_MEMBER, MEMBER, SBOM_MEMBER};
pub use c_library::{CLibrary, Choice, Need};
pub use component::{Component, Download, Kind, Member, Source};
pub use document::{ExternalRuntime, FORMAT, Launch, Manifest, Python, Role, Stub};
pub use entry::{Entry, Environment, Start, Variables};
pub use error::BadManifest;
pub use external::Misfit;
pub use feature::Feature;
pub use limits::{
    MAX_ATTACHMENT, MAX_ATTACHMENTS, MAX_BLOBS, MAX_COMPONENTS, MAX_ENTRY_TEXT, MAX_KEEP_DAYS,
    MAX_PUBLISHER, MAX_TREE, MAX_WINDOW_LOG, MOST_WINDOW_LOG,
};
pub use publisher::{BadPublisher, check_publisher};
pub use template::{BadTemplate, Piece, Template};

#[cfg(any(test, feature = "testing"))]
pub mod sample;
#[cfg(test)]
mod tests;
