//! Reading a manifest.

use serde::Deserialize;

use super::component::Kind;
use super::document::{FORMAT, Manifest, Role};
use super::error::BadManifest;
use super::feature::Feature;

/// The fields that are read first. A newer packer may have written all others differently.
#[derive(Deserialize)]
struct Head {
    format: u32,
    #[serde(default)]
    requires: Vec<String>,
}

impl Manifest {
    /// Reads a manifest out of an archive of `archive_length` bytes, for a reader that knows these
    /// features.
    ///
    /// # Errors
    ///
    /// Text that isn't a manifest, another format, a feature that the reader does not know, and
    /// contradictions.
    pub fn parse(
        bytes: &[u8],
        archive_length: u64,
        known: &[Feature],
    ) -> Result<Self, BadManifest> {
        // A refused name may be long.
        let nonsense = |what: String| BadManifest::Nonsense(what.chars().take(300).collect());
        let Head { format, requires } = serde_json::from_slice(bytes)?;
        if format != FORMAT {
            return Err(BadManifest::Format(format));
        }
        for name in &requires {
            if !is_name(name) {
                return Err(nonsense(format!("a feature called {name:?}")));
            }
            if !Feature::named(name).is_some_and(|feature| known.contains(&feature)) {
                return Err(BadManifest::Feature(name.clone()));
            }
        }
        let manifest: Self = serde_json::from_slice(bytes)?;
        // A build with `details` checks this for every feature: see `check_features`.
        let has_parts = manifest.components.iter().any(|component| component.kind == Kind::Part);
        let has_hook = manifest.entries.iter().any(|entry| entry.first_run.is_some());
        for (feature, is_used) in [
            (Feature::DisabledCommands, !manifest.launch.disabled_commands.is_empty()),
            (Feature::ExternalRuntime, manifest.runtime.is_some()),
            (Feature::FirstRun, has_hook),
            (Feature::RuntimeFile, manifest.role == Role::Runtime),
            (Feature::RuntimeParts, has_parts),
        ] {
            let name = feature.name();
            if is_used && !requires.iter().any(|one| one == name) {
                return Err(nonsense(format!("it uses `{name}` and does not require it")));
            }
        }
        manifest.check(archive_length).map_err(nonsense)?;
        Ok(manifest)
    }
}

/// Whether `text` may name a feature.
fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}
