//! Wheels: from the zip file to the files of an environment.

mod dropped;
pub(crate) mod entry_points;
mod error;
mod filename;
mod layout;
pub(crate) mod members;
mod metadata;
mod record;
mod requirement;
mod script;
mod skeleton;
mod slim;
mod store;
#[cfg(test)]
pub(crate) mod testing;
mod unpack;

pub use dropped::Dropped;
pub(crate) use dropped::after_compiling;
pub use entry_points::EntryPoint;
pub use error::{Error, Kind};
pub use filename::{Fit, WheelName, normalize};
pub(crate) use layout::{BIN, source_of};
pub use metadata::{License, Metadata, excludes_python};
pub(crate) use record::{Installed as Digests, Record, follow_bytecode};
pub use requirement::{Requirement, requirement};
pub use script::{SHEBANG, Script, Target};
pub use skeleton::write_skeleton;
pub use slim::Slim;
pub use store::{Kept, Store};
pub use unpack::{Distribution, read_metadata, unpack};
