//! The cache: trees by digest, shared by all archives of one user. [`layout`] draws it.
//!
//! Correctness rests on content addresses and renaming: a tree is made in staging and renamed to
//! its name, so a name in `components` or `envs` is always whole. Locks only save work and show
//! what is in use:
//!
//! * exclusive on `staging/<key>`, held by the process that makes the tree. Other processes wait
//!   while it shows [`signs_of_life`], then make their own tree in `staging/<key>.<number>`. The
//!   directory itself is locked, so a rename into place leaves no lock file behind.
//! * shared on `envs/<key>`, held while an application runs from it: the [`lease`].
//!
//! | module | subject |
//! |---|---|
//! | [`places`], [`trust`], [`root`] | places for the cache, trust in directories, an open cache |
//! | [`runtimes`] | the runtime file of an archive without a runtime |
//! | [`staging`], [`publish`], [`sweep`] | making a tree, giving it its name, removing leftovers |
//! | [`listed`], [`extract`], [`component`] | components: out of the archive, in the cache |
//! | [`environment`] | the files of an environment that a warm start reads and [`verify`] checks |
//! | [`c_library`] | the host's C library or the bundled one |
//! | [`last_errors`] | the last failures of starts, for bug reports |
//! | [`inventory`], [`verify`], [`prune`], [`clean`], [`uninstall`] | listing, checking and removing trees |

pub mod c_library;
pub mod clean;
pub mod component;
pub mod environment;
pub mod extract;
#[cfg(test)]
mod forged;
mod gate;
pub mod inventory;
pub mod last_errors;
pub mod layout;
pub mod lease;
pub mod listed;
pub mod places;
pub mod progress;
pub mod prune;
pub mod publish;
pub mod root;
pub mod runtimes;
pub mod signs_of_life;
pub mod space;
pub mod staging;
pub mod sweep;
pub mod trust;
pub mod uninstall;
pub mod unusable;
pub mod verify;
