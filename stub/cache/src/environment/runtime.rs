//! The tree that an environment's interpreter runs from: the runtime's component in the cache, or a tree
//! in the environment that is made of links to that component and to its parts.
//!
//! A runtime without parts needs no links, so the environments of small applications stay small.

use std::path::PathBuf;

use snakecrate_format::manifest::{Component, Kind, Manifest};

use crate::layout::{COMPONENTS, ENVS, RUNTIME};
use crate::root::Root;

/// Whether the environment of `manifest` has a runtime tree of its own.
pub fn is_composed(manifest: &Manifest) -> bool {
    manifest.components.iter().any(|component| component.kind == Kind::Part)
}

/// Whether the environment of `manifest` has links to the files of `component`.
pub fn is_linked(manifest: &Manifest, component: &Component) -> bool {
    component.is_layer() || is_composed(manifest) && component.is_of_runtime()
}

/// The path of the runtime's tree, relative to the environment.
pub fn path_from_env(manifest: &Manifest) -> String {
    if is_composed(manifest) {
        RUNTIME.to_owned()
    } else {
        super::guards::path_from_env(manifest.runtime())
    }
}

/// The absolute path of the runtime's tree for the environment `key`.
pub fn path(root: &Root, manifest: &Manifest, key: &str) -> PathBuf {
    if is_composed(manifest) {
        root.path_of(ENVS, key).join(RUNTIME)
    } else {
        root.path_of(COMPONENTS, manifest.runtime().digest.key())
    }
}
