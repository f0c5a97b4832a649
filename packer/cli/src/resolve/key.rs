//! What a resolution depends on.

use std::env;
use std::fs;
use std::path::Path;

use super::tool::Tool;
use super::{Job, Own};

/// Counts changes of how resolutions are made: older ones are not used again.
const SCHEME: &str = "1";

/// The digest of everything that `job`'s result depends on, but for the index itself and the
/// tools' configuration files. In hex.
pub(crate) fn of(job: &Job, requirements: &[String], own: Option<&Own>) -> String {
    let mut key = Key(blake3::Hasher::new());
    let python = job.interpreter;
    // Not asked for its version: that takes pip a quarter of a second.
    let tool = job.tool.get().map_or_else(Tool::likely, Tool::name);
    key.list("tool", [SCHEME, tool]);
    key.list("python", [&python.full_version, &python.cache_tag, python.target.name]);
    key.list("directory", [&*job.directory.to_string_lossy()]);
    key.list("requirements", requirements);
    for (path, text) in &job.files.contents {
        key.list("file", [&*path.to_string_lossy(), text]);
    }
    let options = job.options;
    key.list("index", &options.index_url);
    key.list("no-binary", &options.no_binary);
    key.list("only-binary", &options.only_binary);
    key.list("no-build", options.no_build.then_some("yes"));
    for link in &options.find_links {
        key.list("find-links", listing(Path::new(link)).iter().chain([link]));
    }
    if let Some(own) = own {
        key.list("own", [&own.metadata.name, &own.metadata.version]);
        key.list("extras", &own.extras);
        key.list("requires", &own.metadata.requires_dist);
        key.list("pyproject", pyproject(own));
    }
    // The tools take every option from the environment as well.
    let mut variables: Vec<(String, String)> = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, _)| name.starts_with("UV_") || name.starts_with("PIP_"))
        .map(|(name, value)| (name, value.to_string_lossy().into_owned()))
        .collect();
    variables.sort();
    for (name, value) in &variables {
        key.list("variable", [name, value]);
    }
    key.0.finalize().to_hex().to_string()
}

/// The text of the pyproject.toml that the user's own wheel was built from.
pub(crate) fn pyproject(own: &Own) -> Option<String> {
    fs::read_to_string(own.directory.as_ref()?.join("pyproject.toml")).ok()
}

/// Names, sizes and times of what is in a directory, sorted.
fn listing(directory: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut lines: Vec<String> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let metadata = entry.metadata().ok()?;
            let modified = metadata.modified().ok()?;
            let name = entry.file_name();
            Some(format!("{} {} {modified:?}", name.display(), metadata.len()))
        })
        .collect();
    lines.sort();
    lines
}

struct Key(blake3::Hasher);

impl Key {
    /// Adds values under a name; lengths keep neighbours apart.
    fn list(&mut self, name: &str, values: impl IntoIterator<Item = impl AsRef<str>>) {
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
