//! Layers in the build cache.
//!
//! ```text
//! <cache>/build/layers/<key>/layer.json   digests, size, annotations
//!                            <hex>        the blob
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use snakecrate_base::temporary;
use snakecrate_image::{Blob, Content, Digest, Layer};

use super::Error;
use crate::build_cache::BuildCache;

const NOTE: &str = "layer.json";

/// Layers that were written before.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Note {
    media_type: String,
    digest: String,
    size: u64,
    diff_id: String,
    title: String,
    annotations: BTreeMap<String, String>,
}

impl Store {
    /// Those of `cache`.
    ///
    /// # Errors
    ///
    /// Their directory cannot be made.
    pub fn open(cache: &BuildCache) -> Result<Self, Error> {
        let directory = cache.layers();
        fs::create_dir_all(&directory)
            .map_err(|source| Error::Temporary { path: directory.clone(), source })?;
        Ok(Self { directory })
    }

    /// The layer of this key, or the one that `write` puts into the directory that it gets.
    ///
    /// # Errors
    ///
    /// The directory cannot be written, and the errors of `write`.
    pub fn layer(
        &self,
        key: &str,
        write: impl FnOnce(&Path) -> Result<Layer, Error>,
    ) -> Result<Layer, Error> {
        let place = self.directory.join(key);
        if let Some(layer) = read(&place) {
            return Ok(layer);
        }
        let failed = |source| Error::Temporary { path: place.clone(), source };
        let staging = temporary::directory_in(&self.directory).map_err(failed)?;
        let mut layer = write(staging.path())?;
        let note = Note {
            media_type: layer.blob.media_type.clone(),
            digest: layer.blob.digest.to_string(),
            size: layer.blob.size,
            diff_id: layer.diff_id.to_string(),
            title: layer.title.clone(),
            annotations: layer.annotations.clone(),
        };
        let note = serde_json::to_vec(&note).unwrap_or_default();
        fs::write(staging.path().join(NOTE), note).map_err(failed)?;
        if let Some(layer) = read(&place) {
            // Another process was faster, and uses its file.
            return Ok(layer);
        }
        if place.exists() {
            // It is damaged.
            fs::remove_dir_all(&place).map_err(failed)?;
        }
        if let Err(error) = fs::rename(staging.path(), &place) {
            return read(&place).ok_or_else(|| failed(error));
        }
        let _gone = staging.keep();
        layer.blob.content = Content::File(place.join(layer.blob.digest.hex()));
        Ok(layer)
    }
}

fn read(place: &Path) -> Option<Layer> {
    let note: Note = serde_json::from_slice(&fs::read(place.join(NOTE)).ok()?).ok()?;
    let digest = Digest::parse(&note.digest)?;
    let path = place.join(digest.hex());
    let is_whole = fs::metadata(&path).is_ok_and(|metadata| metadata.len() == note.size);
    is_whole.then_some(())?;
    let Note { media_type, size, diff_id, title, annotations, .. } = note;
    let blob = Blob { media_type, digest, size, content: Content::File(path) };
    Some(Layer { blob, diff_id: Digest::parse(&diff_id)?, title, annotations })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use snakecrate_image::{Compression, File, Role};

    use super::*;

    fn write(directory: &Path) -> Result<Layer, Error> {
        let files = [File::plain("x", "y")];
        Ok(Layer::write(Role::App, &[], &files, Compression::None, directory)?)
    }

    #[test]
    fn a_layer_of_a_faster_process_was_removed_while_it_was_read() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store { directory: directory.path().to_owned() };
        let mut inner = None;
        let layer = store.layer("key", |staging| {
            // The same layer is published by somebody else in the meantime, and read.
            let layer = store.layer("key", write)?;
            inner = Some(fs::File::open(directory.path().join("key")).unwrap());
            assert!(matches!(layer.blob.content, Content::File(_)));
            write(staging)
        });
        let Content::File(path) = layer.unwrap().blob.content else { panic!("no file") };
        assert_eq!(path.parent(), Some(directory.path().join("key").as_path()));
        // The directory that was open is still the one with that name.
        let [open, named] =
            [inner.unwrap().metadata().unwrap(), fs::metadata(path.parent().unwrap()).unwrap()];
        assert_eq!(open.ino(), named.ino());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "staging is gone");
    }

    #[test]
    fn a_damaged_layer_is_written_anew() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store { directory: directory.path().to_owned() };
        let layer = store.layer("key", write).unwrap();
        let Content::File(path) = layer.blob.content else { panic!("no file") };
        fs::write(&path, "short").unwrap();
        let again = store.layer("key", write).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), again.blob.size);
    }
}
