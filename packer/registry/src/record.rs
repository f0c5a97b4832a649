//! Notes about the repositories that have a layer: one file for each registry and layer, with the
//! names of repositories, the newest first.
//!
//! A registry can mount a layer from another repository, but doesn't say which one has it. The notes
//! may be wrong or missing; then the layer is sent.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use snakecrate_base::temporary;
use snakecrate_image::Digest;

/// The number of repositories that are remembered for a layer.
const REMEMBERED: usize = 4;

/// The notes about one registry.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    directory: Option<&'a Path>,
    registry: &'a str,
}

impl<'a> Records<'a> {
    /// The notes in `directory`; without one there are none.
    pub(crate) fn new(directory: Option<&'a Path>, registry: &'a str) -> Self {
        Self { directory, registry }
    }

    fn file(&self, layer: &Digest) -> Option<PathBuf> {
        let key = blake3::hash(format!("{}\n{layer}", self.registry).as_bytes()).to_hex();
        Some(self.directory?.join(&key.as_str()[..32]))
    }

    /// The repositories that have had the layer.
    pub(crate) fn repositories(&self, layer: &Digest) -> Vec<String> {
        let text = self.file(layer).and_then(|file| fs::read_to_string(file).ok());
        text.unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Notes that `repository` has the layer. Failing to isn't a reason to stop.
    pub(crate) fn add(&self, layer: &Digest, repository: &str) {
        let _ = self.write(layer, repository);
    }

    fn write(&self, layer: &Digest, repository: &str) -> io::Result<()> {
        let (Some(directory), Some(file)) = (self.directory, self.file(layer)) else {
            return Ok(());
        };
        let mut names = self.repositories(layer);
        names.retain(|name| name != repository);
        names.insert(0, repository.to_owned());
        names.truncate(REMEMBERED);
        fs::create_dir_all(directory)?;
        let mut aside = temporary::file_in(directory)?;
        aside.write_all(names.join("\n").as_bytes())?;
        aside.persist(file)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_repositories_are_remembered_by_registry() {
        let directory = tempfile::tempdir().unwrap();
        let layer = Digest::of(b"layer");
        let records = Records::new(Some(directory.path()), "a.example");
        for name in ["1", "2", "3", "4", "5", "3"] {
            records.add(&layer, name);
        }
        assert_eq!(records.repositories(&layer), ["3", "5", "4", "2"]);
        assert!(records.repositories(&Digest::of(b"other")).is_empty());
        let other = Records::new(Some(directory.path()), "b.example");
        assert!(other.repositories(&layer).is_empty());
        let none = Records::new(None, "a.example");
        none.add(&layer, "1");
        assert!(none.repositories(&layer).is_empty());
    }
}
