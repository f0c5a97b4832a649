//! The C library that an archive bundles.

use serde::{Deserialize, Serialize};

use crate::entry_path::EntryPath;

/// When the archive's own C library is used, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CLibrary {
    /// Whether the host's C library may be used instead.
    pub choice: Choice,
    /// The loader inside the component; the libraries are beside it.
    pub loader: EntryPath,
    /// The libraries that the host must have for its C library to be used.
    pub needs: Vec<Need>,
    /// Libraries that the interpreter loads before all others, because some objects would not find
    /// them by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<String>,
}

/// Whether the host's C library may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// Yes, if it meets every [`Need`].
    Auto,
    /// Never.
    Bundled,
}

/// A library that a host must have, not older than a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Its file name: `libc.so.6`.
    pub library: String,
    /// The beginning of its version names: `GLIBC_`. Empty if any version will do.
    pub prefix: String,
    /// Numbers and dots: `2.17`.
    pub version: String,
}
