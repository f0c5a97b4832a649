//! Features: the abilities that an archive requires of its reader.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! features {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A part of the format that changes what runs, or what is read. A reader that does not
        /// know one of a manifest's features refuses the archive.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Feature {
            $($(#[$doc])* $variant,)*
        }

        impl Feature {
            /// Every feature of this format, in the order of their names.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name in a manifest.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

features! {
    /// Self-commands of the launcher that the archive disables.
    DisabledCommands = "disabled-commands",
    /// Fixed arguments of an entry.
    EntryArguments = "entry-arguments",
    /// The working directory of an entry.
    EntryDirectory = "entry-directory",
    /// Environment variables of an entry.
    EntryEnvironment = "entry-environment",
    /// An entry's child processes find the archive's scripts.
    ExposePath = "expose-path",
    /// A runtime in a file of its own.
    ExternalRuntime = "external-runtime",
    /// A script that runs before an entry starts for the first time.
    FirstRun = "first-run",
    /// zstd windows over 4 MiB.
    LargeWindows = "large-windows",
    /// Components whose blobs are downloaded.
    RemoteComponents = "remote-components",
    /// The file is a runtime for other archives.
    RuntimeFile = "runtime-file",
    /// Components that belong to the runtime's tree.
    RuntimeParts = "runtime-parts",
}

impl Feature {
    /// The features that the launcher and the cache of this version know. The packer writes no
    /// others. Later versions add to the list.
    pub const LAUNCHER: &[Self] =
        &[Self::DisabledCommands, Self::ExternalRuntime, Self::FirstRun, Self::RuntimeParts];

    /// The features that they know in a runtime file.
    pub const RUNTIME: &[Self] = &[Self::RuntimeFile, Self::RuntimeParts];

    /// The feature of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|feature| feature.name() == name)
    }
}

impl Serialize for Feature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Feature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| serde::de::Error::custom("an unknown feature"))
    }
}

/// Refuses a field of a feature that a build without `details` does not know.
/// [`Manifest::parse`](super::Manifest::parse) has already refused every manifest that requires it.
#[cfg(not(feature = "details"))]
pub(super) fn unrequired<'de, D: Deserializer<'de>, T>(_: D) -> Result<T, D::Error> {
    Err(serde::de::Error::custom("a field of a feature that is not required"))
}
