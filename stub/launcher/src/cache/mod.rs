//! The cache: trees by digest, shared by all archives of one user.
//!
//! ```text
//! <root>/CACHEDIR.TAG
//! <root>/v1/components/<key>/          a component's tree, files read-only
//!           components/<key>/.snakecrate/tree.zst         its listing, as packed
//!           components/<key>/.snakecrate/component.json   its record in the manifest
//!           components/<key>/.snakecrate/stamp            boot id of when it was known whole
//! <root>/v1/envs/<key>/                a virtual environment: bin, lib, pyvenv.cfg, boot
//!           envs/<key>/.snakecrate/launch                 what a warm start reads
//!           envs/<key>/.snakecrate/manifest.json          the manifest it was made from
//! <root>/v1/staging/<key>/             an environment being made, and the components it lacks
//! ```
//!
//! A key is the first half of a digest ([`snakecrate_format::digest::Digest::key`]). A tree is made in staging
//! and renamed to its name, so a name in `components` or `envs` is always whole.
//!
//! Locks (`flock`) only save work and tell prune what is in use:
//!
//! * exclusive on `staging/<key>`, by the one that makes it; the others wait as long as it shows
//!   signs of life ([`pulse`]), then make their own in `staging/<key>.<number>`. The directory is the lock: when it is renamed to
//!   its place the lock goes with it, and nothing stays behind.
//! * shared on `envs/<key>`, for as long as an application runs from it: the lease.

pub mod check;
pub mod inventory;
pub mod prune;
pub mod pulse;
pub mod remove;
pub mod root;
pub mod staging;
pub mod uninstall;
pub mod verify;

/// The layout that this code knows. Others beside it are left alone.
pub const LAYOUT: &str = "v1";
/// Components' trees, below the root.
pub const COMPONENTS: &str = "v1/components";
/// Environments, below the root.
pub const ENVS: &str = "v1/envs";
/// Trees being made, below the root.
pub const STAGING: &str = "v1/staging";
/// In a component: its packed listing.
pub const TREE: &str = ".snakecrate/tree.zst";
/// In a component: its record in the manifest.
pub const COMPONENT: &str = ".snakecrate/component.json";
/// In a component: the boot id of when it was last known to be whole.
pub const STAMP: &str = ".snakecrate/stamp";
/// In an environment: what a warm start reads.
pub const LAUNCH: &str = ".snakecrate/launch";
/// In an environment: its manifest.
pub const MANIFEST: &str = ".snakecrate/manifest.json";
/// In an environment in staging: components being extracted.
pub const WORK: &str = ".snakecrate/work";
