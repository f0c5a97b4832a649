//! Units of an audit: objects that belong together.

use schemars::JsonSchema;
use serde::Serialize;

use crate::object::Object;

/// The two trees that an archive becomes in the cache. `$ORIGIN` never leads from one to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Root {
    /// The runtime's prefix; its `lib` is on the search path of the interpreter.
    Runtime,
    /// The environment, or the directory, wheel or file that is audited by itself.
    Env,
}

/// Objects that came together: a component, a wheel, a directory, a single file.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Its name in messages: `numpy`.
    pub name: String,
    /// The tree that the paths of its objects are in.
    pub root: Root,
    /// The wheel's platform tags, if it is a wheel: `manylinux_2_17_x86_64`.
    pub tags: Vec<String>,
    /// Its ELF files.
    pub objects: Vec<Object>,
}
