//! Where the bytes of an archive go: by part, kind, directory and file.
//!
//! ```text
//! zip directory ─→ members ─→ rows: every byte of the file belongs to one
//! blobs ─ zstd blocks ─→ estimates of packed files ─→ kinds, directories, duplicates, counts
//! ```
//!
//! The lengths of members are exact. A solid blob has no place for one file: see [`Measured::files`].

mod blob;
mod classify;
mod compare;
mod count;
mod duplicates;
mod error;
mod evidence;
mod frame;
mod marginal;
mod measure;
mod members;
mod pack;
mod page;
mod report;
mod savings;
#[cfg(test)]
mod testing;
mod text;
mod view;

pub use classify::FileKind;
pub use compare::{Change, Comparison, FileChange, KindChange, PartChange, compare};
pub use count::Counts;
pub use duplicates::Duplicate;
pub use error::Error;
pub use evidence::{BadReport, Evidence};
pub use measure::{Opened, measure};
pub use report::{DirectoryRow, FileRow, KindRow, Measured, Part, Row, Share};
pub use savings::{Advice, Saving};
pub use view::{Document, View};
