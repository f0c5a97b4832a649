//! The manifest document and the parts that occur once in it.

use serde::{Deserialize, Serialize};

use super::attachment::Attachment;
use super::c_library::{CLibrary, Need};
use super::component::{Component, Kind};
use super::entry::Entry;
use super::feature::Feature;
use super::limits::MAX_WINDOW_LOG;
use crate::digest::Digest;
use crate::entry_path::EntryPath;

/// The format this code reads and writes.
pub const FORMAT: u32 = 2;

/// The manifest document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// The features that a reader must know, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(not(feature = "details"), serde(skip))]
    pub requires: Vec<Feature>,
    /// Whether it is an application or a runtime for others.
    #[serde(default, skip_serializing_if = "Role::is_application")]
    pub role: Role,
    /// The application's name.
    pub name: String,
    /// The application's version, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The publisher's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Where users get help: an e-mail address or a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The attachment that is its icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(feature = "details"), serde(skip))]
    pub icon: Option<EntryPath>,
    /// MIME types of documents that it opens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(not(feature = "details"), serde(skip))]
    pub mime_types: Vec<String>,
    /// The Rust target triple of the hosts it runs on: `x86_64-unknown-linux-gnu`.
    pub target: String,
    /// The launcher at the front.
    pub stub: Stub,
    /// The interpreter.
    pub python: Python,
    /// The runtime file that it needs, if no runtime is inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<ExternalRuntime>,
    /// How entries are started.
    pub launch: Launch,
    /// How the bundled C library is used. Missing if the archive bundles none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub c_library: Option<CLibrary>,
    /// The largest zstd window of a blob, as the exponent of a power of two in bytes. Missing:
    /// [`MAX_WINDOW_LOG`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_log: Option<u32>,
    /// The entries, sorted by name.
    pub entries: Vec<Entry>,
    /// The components: the runtime and its parts, the application, wheels by name, the C library.
    /// If two layers hold the same path, the first wins.
    pub components: Vec<Component>,
    /// Data for people, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(not(feature = "details"), serde(skip))]
    pub attachments: Vec<Attachment>,
}

/// The purpose of a file of this format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It starts an application.
    #[default]
    Application,
    /// Other archives take their runtime from it. It starts nothing.
    Runtime,
}

/// The launcher of an archive, for `verify`. The launcher itself does not read this when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stub {
    /// Its length in bytes; the zip follows.
    pub length: u64,
    /// BLAKE3 of the launcher with a blank boot record.
    pub blake3: Digest,
}

/// The interpreter that an archive runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Python {
    /// Its implementation: `cpython`.
    pub implementation: String,
    /// Its version: `3.12.1`.
    pub version: String,
    /// The tag of its binary interface: `cp312`, `cp313t`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abi: Option<String>,
    /// The executable inside the runtime: `bin/python3.12`.
    pub executable: EntryPath,
}

/// Requirements of an archive without a runtime on a runtime file, in addition to the
/// implementation and [`Python::abi`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalRuntime {
    /// The lowest version that the archive's wheels allow: `3.12.4`.
    pub at_least: String,
    /// What the archive's native code requires of the C library, in addition to what the runtime
    /// requires.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// The parts of the runtime that the archive's code is known to import, sorted: `sqlite3`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
}

/// Launch policy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Launch {
    /// The entry that runs if neither the name of the file nor the first argument decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Options of the interpreter, before the script: `-I`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Whether the interpreter is started with the user's `LD_*` variables in effect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub loader_variables: bool,
    /// Self-commands that the launcher refuses, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disabled_commands: Vec<String>,
    /// Days that unused environments stay in the cache; 0 means for ever. Missing: the launcher
    /// decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_days: Option<u32>,
}

impl Role {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    fn is_application(&self) -> bool {
        *self == Self::Application
    }
}

impl Manifest {
    /// The document as it stands in the archive.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// The runtime component.
    ///
    /// # Panics
    ///
    /// For the manifest of an archive without a runtime, until [`Manifest::with_runtime`].
    pub fn runtime(&self) -> &Component {
        &self.components[0]
    }

    /// The components that environments have links to: the application, then wheels.
    pub fn layers(&self) -> impl Iterator<Item = &Component> {
        self.components.iter().filter(|component| component.is_layer())
    }

    /// The bundled C library: how it is used, and its component.
    pub fn c_library(&self) -> Option<(&CLibrary, &Component)> {
        let component = self.components.iter().find(|c| c.kind == Kind::CLibrary);
        self.c_library.as_ref().zip(component)
    }

    /// The features that its fields need, sorted. [`Manifest::requires`] must name all of them.
    pub fn features(&self) -> Vec<Feature> {
        let any_entry = |has: fn(&Entry) -> bool| self.entries.iter().any(has);
        let any_component = |has: fn(&Component) -> bool| self.components.iter().any(has);
        let is_used = |feature: &Feature| match feature {
            Feature::DisabledCommands => !self.launch.disabled_commands.is_empty(),
            Feature::EntryArguments => any_entry(|entry| !entry.arguments.is_empty()),
            Feature::EntryDirectory => any_entry(|entry| entry.directory.is_some()),
            Feature::EntryEnvironment => any_entry(|entry| !entry.environment.is_empty()),
            Feature::ExposePath => any_entry(|entry| entry.expose_path),
            Feature::ExternalRuntime => self.runtime.is_some(),
            Feature::FirstRun => any_entry(|entry| entry.first_run.is_some()),
            Feature::LargeWindows => self.window_log.is_some_and(|log| log > MAX_WINDOW_LOG),
            Feature::RemoteComponents => any_component(|component| component.download.is_some()),
            Feature::RuntimeFile => self.role == Role::Runtime,
            Feature::RuntimeParts => any_component(|component| component.kind == Kind::Part),
        };
        Feature::ALL.iter().copied().filter(is_used).collect()
    }
}
