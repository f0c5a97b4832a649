//! Stand-ins for large local wheels while uv resolves.
//!
//! uv unpacks every local wheel that it chooses into its own cache, because `pylock.toml` has digests.
//! For `torch` with CUDA that is 5.2 GB of disk and 18 s of processor time. So uv gets directories in which
//! a large wheel is replaced by one with the same name and metadata, and no files. The digest of the real
//! wheel is computed here.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::{At as _, Error};
use super::paths::file_url;
use super::pin::Remote;
use crate::wheel;

/// Length in bytes from which on a wheel gets a stand-in.
const LARGE: u64 = 8 << 20;

/// The stand-ins of one job.
#[derive(Debug, Default)]
pub(super) struct StandIns {
    /// Directories to be named instead of others.
    directories: BTreeMap<PathBuf, PathBuf>,
    /// The files in those, and the real ones.
    originals: BTreeMap<PathBuf, PathBuf>,
}

impl StandIns {
    /// Writes stand-ins for the wheels in `directories` to new directories in `scratch`.
    ///
    /// # Errors
    ///
    /// `scratch` cannot be written to.
    pub(super) fn new<'p>(
        directories: impl IntoIterator<Item = &'p Path>,
        scratch: &Path,
    ) -> Result<Self, Error> {
        let mut all = Self::default();
        for (number, directory) in directories.into_iter().enumerate() {
            let files = files(directory);
            if files.iter().all(|(_, length)| *length < LARGE) {
                continue;
            }
            let place = scratch.join(format!("stand-ins-{number}"));
            fs::create_dir(&place).at(&place)?;
            for (path, length) in files {
                let stand_in = place.join(path.file_name().unwrap_or_default());
                all.add(&path, length, &stand_in).at(&stand_in)?;
            }
            all.directories.insert(directory.to_owned(), place);
        }
        Ok(all)
    }

    fn add(&mut self, path: &Path, length: u64, stand_in: &Path) -> io::Result<()> {
        let is_wheel = path.extension().is_some_and(|extension| extension == "whl");
        let original = fs::canonicalize(path)?;
        // uv says what is wrong with a wheel whose metadata cannot be read.
        if length < LARGE || !is_wheel || wheel::write_skeleton(&original, stand_in).is_err() {
            if stand_in.exists() {
                fs::remove_file(stand_in)?;
            }
            snakecrate_platform::file::symlink(&original, stand_in)?;
        }
        self.originals.insert(stand_in.to_owned(), original);
        Ok(())
    }

    /// The directory to be named instead of `directory`.
    pub(super) fn directory<'p>(&'p self, directory: &'p Path) -> &'p Path {
        self.directories.get(directory).map_or(directory, PathBuf::as_path)
    }

    /// The real file of `remote`, without a digest if it had that of a stand-in.
    pub(super) fn original(&self, remote: Remote) -> Remote {
        let local = url::Url::parse(&remote.url).ok().and_then(|url| url.to_file_path().ok());
        match local.and_then(|path| self.originals.get(&path)) {
            Some(original) => Remote { url: file_url(original), sha256: None, ..remote },
            None => remote,
        }
    }
}

/// The files in `directory` with their lengths.
fn files(directory: &Path) -> Vec<(PathBuf, u64)> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let file = |entry: fs::DirEntry| {
        let metadata = fs::metadata(entry.path()).ok()?;
        metadata.is_file().then(|| (entry.path(), metadata.len()))
    };
    entries.filter_map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wheel::testing::Forge;

    #[test]
    fn only_large_wheels_get_stand_ins() {
        let root = tempfile::tempdir().unwrap();
        let [large, small] = ["large", "small"].map(|name| root.path().join(name));
        for directory in [&large, &small] {
            fs::create_dir(directory).unwrap();
            Forge::new().write(directory);
        }
        let mut forge = Forge::new();
        forge.file = "big-1.0-py3-none-any.whl".into();
        // Noise does not get shorter in the zip.
        let mut noise = vec![0; usize::try_from(LARGE).unwrap()];
        blake3::Hasher::new().finalize_xof().fill(&mut noise);
        forge.add("big/data", &noise);
        let big = forge.write(&large);
        let broken = large.join("broken-1.0-py3-none-any.whl");
        fs::write(&broken, &noise).unwrap();

        let all = StandIns::new([&*large, &*small], root.path()).unwrap();
        assert_eq!(all.directory(&small), small);
        let place = all.directory(&large);
        assert_ne!(place, large);
        let stand_in = |name: &str| fs::symlink_metadata(place.join(name)).unwrap();
        assert!(stand_in("big-1.0-py3-none-any.whl").len() < 2000);
        assert!(stand_in("demo-1.0-py3-none-any.whl").is_symlink());
        assert!(stand_in("broken-1.0-py3-none-any.whl").is_symlink());

        let remote = |path: &Path| Remote {
            url: file_url(path),
            sha256: Some("0".into()),
            subdirectory: None,
            index: None,
        };
        let found = all.original(remote(&place.join("big-1.0-py3-none-any.whl")));
        assert_eq!(found, Remote { sha256: None, ..remote(&fs::canonicalize(&big).unwrap()) });
        assert_eq!(all.original(remote(&small)), remote(&small));
    }
}
