//! Lock files: the versions, hashes and sources that a project's developers tested.
//!
//! ```text
//! find → read (one reader a format) → Lock → walk for the target → Selection → choose → pins
//! ```
//!
//! | file | reader | made by |
//! |---|---|---|
//! | `uv.lock`, `NAME.py.lock` | `uv` | `uv lock` |
//! | `pylock.toml`, `pylock.NAME.toml` | `pylock` | PEP 751 |
//! | `poetry.lock` | `poetry` | `poetry lock` |
//! | `pdm.lock` | `pdm` | `pdm lock` |
//! | `requirements.txt`, if it has a hash for each distribution | `requirements` | `uv pip compile`, `pip-compile` |
//!
//! This order decides which of several files is used if all select the same for the target. A file
//! above the project counts if it locks a workspace that has the project as a member.
//!
//! # How a reader is added
//!
//! A reader is one function of type [`Read`](read::Read): it gets the text of the file and what is
//! [`Wanted`], and returns a [`Lock`]: the *nodes* (each distribution that the file has for any
//! target), their *edges* with markers, and the *roots*, the edges from the project itself,
//! including those of the wanted extras and groups. It does not evaluate markers: [`graph`] walks
//! from the roots for the target. A format without edges has one root for each node, and the
//! condition of a node is the marker of its root. A reader also says whether the file is outdated,
//! if the format has a digest for that ([`Lock::outdated`]); requirements of the project are
//! compared with the selection for all formats. It is registered in [`read::Format`].

mod choose;
mod declared;
mod error;
mod find;
mod fresh;
mod graph;
mod model;
mod need;
mod paths;
mod pdm;
mod pins;
mod places;
mod poetry;
mod pylock;
mod python_json;
mod read;
mod requirement;
mod requirements;
#[cfg(test)]
mod testing;
mod uv;
mod wanted;

pub(crate) use choose::{LockCandidate, Policy, candidates, choose};
pub use error::Error;
pub use model::{File, Hash, Origin, Package, Selection};
pub use pins::UsedLock;
pub(crate) use requirement::groups_of;
pub(crate) use wanted::{Extras, Wanted};
