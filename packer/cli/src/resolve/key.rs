//! Keys of what is kept in the cache: digests of everything that it depends on.

use std::env;

/// A digest of named lists.
#[derive(Default)]
pub(super) struct Key(blake3::Hasher);

impl Key {
    /// Adds the environment that uv reads: every option of its has a variable, too.
    pub(super) fn variables(&mut self) {
        let mut variables: Vec<(String, String)> = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| name.starts_with("UV_"))
            .map(|(name, value)| (name, value.to_string_lossy().into_owned()))
            .collect();
        variables.sort();
        for (name, value) in &variables {
            self.list("variable", [name, value]);
        }
    }

    /// The digest, in hex.
    pub(super) fn finish(&self) -> String {
        self.0.finalize().to_hex().to_string()
    }

    /// Adds values under a name. Lengths separate them.
    pub(super) fn list(&mut self, name: &str, values: impl IntoIterator<Item = impl AsRef<str>>) {
        self.add(name);
        for value in values {
            self.0.update(b"+");
            self.add(value.as_ref());
        }
        self.0.update(b".");
    }

    fn add(&mut self, text: &str) {
        self.0.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    }
}
