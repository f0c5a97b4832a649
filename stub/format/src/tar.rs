//! The tars inside blobs: a strict subset of ustar.
//!
//! Only regular files (`0`, of mode 0644 or 0755) and symbolic links (`2`) occur. A path or a
//! target that does not fit its field comes in a pax header (`x`) with the records `path` and
//! `linkpath`, no others. Two zero blocks end the tar and nothing follows them. The reader refuses
//! everything else; it ignores fields that have no meaning here (owner, times).
//!
//! No library reads or writes this subset: those that exist accept more than is safe to extract,
//! and write headers that depend on the host.

mod limits;
mod read;
mod write;

pub use limits::{BLOCK, MAX_FILE, MAX_PAX, padding};
pub use read::{BadTar, Entry, Kind, Reader};
pub use write::{END, header};
