//! Manifests and indexes: the JSON documents that registries treat apart from blobs.

use serde::Serialize;
use serde_json::Value;

use crate::spec::{Descriptor, ImageIndex, ImageManifest, MediaType};
use crate::{Digest, Error};

/// A manifest or an index. Its bytes are never written anew, as digests depend on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its media type: that of an OCI manifest or index.
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its JSON.
    pub bytes: Vec<u8>,
}

impl Document {
    /// A document of these bytes.
    pub fn new(media_type: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { media_type: media_type.into(), digest: Digest::of(&bytes), bytes }
    }

    /// The document of a manifest, an index or another value.
    ///
    /// # Panics
    ///
    /// `value` isn't JSON.
    pub fn of(media_type: &MediaType, value: &impl Serialize) -> Self {
        Self::new(media_type.to_string(), json(value))
    }

    /// The descriptor that refers to it.
    pub fn descriptor(&self) -> Descriptor {
        let size = self.bytes.len() as u64;
        Descriptor::new(self.media_type.as_str().into(), size, self.digest.to_spec())
    }

    /// Whether it is an index, by its media type.
    pub fn is_index(&self) -> bool {
        self.media_type == MediaType::ImageIndex.to_string()
            || self.media_type == "application/vnd.docker.distribution.manifest.list.v2+json"
    }

    /// The manifest that it is.
    ///
    /// # Errors
    ///
    /// It isn't a manifest.
    pub fn manifest(&self) -> Result<ImageManifest, Error> {
        serde_json::from_slice(&self.bytes)
            .map_err(|source| Error::Malformed { digest: self.digest.to_string(), source })
    }

    /// The index that it is.
    ///
    /// # Errors
    ///
    /// It isn't an index.
    pub fn index(&self) -> Result<ImageIndex, Error> {
        serde_json::from_slice(&self.bytes)
            .map_err(|source| Error::Malformed { digest: self.digest.to_string(), source })
    }
}

/// `value` as JSON whose keys are sorted, as the crate's maps have no order.
pub(crate) fn json(value: &impl Serialize) -> Vec<u8> {
    let mut value = serde_json::to_value(value).expect("the types of images are JSON");
    sort(&mut value);
    serde_json::to_vec(&value).expect("a value is JSON")
}

fn sort(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<_> = std::mem::take(map).into_iter().collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            for (_, value) in &mut pairs {
                sort(value);
            }
            map.extend(pairs);
        }
        Value::Array(values) => values.iter_mut().for_each(sort),
        _ => {}
    }
}
