//! Names in the cache.
//!
//! ```text
//! <root>/CACHEDIR.TAG
//! <root>/v2/components/<key>/          a component's tree, files read-only
//!           components/<key>/.snakecrate/tree.zst         its listing, as packed
//!           components/<key>/.snakecrate/component.json   its record in the manifest
//!           components/<key>/.snakecrate/stamp            boot id of its last successful check
//! <root>/v2/envs/<key>/                a virtual environment: bin, lib, pyvenv.cfg, boot
//!           envs/<key>/.snakecrate/launch                 the launch plan: what a warm start reads
//!           envs/<key>/.snakecrate/manifest.json          the manifest it was made from
//!           envs/<key>/.snakecrate/runtime.json           that of the runtime file, if there is one
//!           envs/<key>/.snakecrate/runtime/               its runtime, if that has parts
//! <root>/v2/errors                    the last failures of starts
//! <root>/v2/staging/<key>/             an environment being made, and the components it lacks
//! ```
//!
//! A key is the first half of a digest ([`snakecrate_format::digest::Digest::key`]).

/// The layout that this code knows. It leaves other layouts in the same root alone.
pub const LAYOUT: &str = "v2";
/// Components' trees, below the root.
pub const COMPONENTS: &str = "v2/components";
/// Environments, below the root.
pub const ENVS: &str = "v2/envs";
/// Trees being made, below the root.
pub const STAGING: &str = "v2/staging";
/// The last failures of starts, below the root: see [`crate::last_errors`].
pub const ERRORS: &str = "v2/errors";
/// The same while it is replaced.
pub const ERRORS_ASIDE: &str = "v2/errors.new";
/// In staging, between key and process id in the name of a tree that is being removed.
pub(crate) const PRUNED: &str = ".pruned.";
/// Marks the root as a cache for backup programs.
pub const TAG: &str = "CACHEDIR.TAG";
/// In a component: its packed listing.
pub const TREE: &str = ".snakecrate/tree.zst";
/// In a component: its record in the manifest.
pub const COMPONENT: &str = ".snakecrate/component.json";
/// In a component: the boot id of the last check that found it whole.
pub const STAMP: &str = ".snakecrate/stamp";
/// In an environment: its launch plan.
pub const LAUNCH: &str = ".snakecrate/launch";
/// In an environment: its manifest.
pub const MANIFEST: &str = ".snakecrate/manifest.json";
/// In an environment with the runtime of a runtime file: that file's manifest.
pub const RUNTIME_MANIFEST: &str = ".snakecrate/runtime.json";
/// In an environment: its runtime's tree, if the runtime has parts.
pub const RUNTIME: &str = ".snakecrate/runtime";
/// In an environment in staging: components being extracted.
pub const WORK: &str = ".snakecrate/work";
/// In an environment: the interpreter.
pub const INTERPRETER: &str = "bin/python3";
