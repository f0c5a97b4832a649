//! OCI layouts: an image as a directory.
//!
//! ```text
//! oci-layout             {"imageLayoutVersion": "1.0.0"}
//! index.json             what there is: the image, with its tag, and referrers
//! blobs/sha256/<hex>     manifests and blobs
//! ```

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::document::json;
use crate::spec::{ANNOTATION_REF_NAME, Descriptor, ImageIndex, MediaType};
use crate::{Blob, Content, Digest, Document, Error, Image};

const LAYOUT: &str = "oci-layout";
const INDEX: &str = "index.json";
const BLOBS: &str = "blobs/sha256";

impl Image {
    /// Writes the image as an OCI layout to `directory`, which has to be empty. Blobs in files are
    /// copied.
    ///
    /// # Errors
    ///
    /// The directory cannot be written, or a blob cannot be read.
    pub fn write_layout(&self, directory: &Path) -> Result<(), Error> {
        let blobs = directory.join(BLOBS);
        fs::create_dir_all(&blobs)
            .map_err(|source| Error::Write { path: blobs.clone(), source })?;
        for blob in self.blobs.values() {
            copy(blob, &blobs.join(blob.digest.hex()))?;
        }
        for document in self.manifests.iter().chain([&self.top]).chain(&self.referrers) {
            write(&blobs.join(document.digest.hex()), &document.bytes)?;
        }
        let layout = serde_json::json!({"imageLayoutVersion": "1.0.0"});
        write(&directory.join(LAYOUT), &json(&layout))?;
        write(&directory.join(INDEX), &json(&self.layout_index()))
    }

    /// The index of its layout.
    fn layout_index(&self) -> ImageIndex {
        let mut top = self.top.descriptor();
        if let Some(tag) = &self.tag {
            let name = (ANNOTATION_REF_NAME.to_owned(), tag.clone());
            top.set_annotations(Some(HashMap::from([name])));
        }
        let mut index = ImageIndex::default();
        index.set_media_type(Some(MediaType::ImageIndex));
        let others = self.referrers.iter().map(|referrer| {
            let mut descriptor = referrer.descriptor();
            let manifest = referrer.manifest().ok();
            let own = manifest.and_then(|manifest| manifest.artifact_type().clone());
            descriptor.set_artifact_type(own);
            descriptor
        });
        index.set_manifests([top].into_iter().chain(others).collect());
        index
    }

    /// Reads the only image of a layout. The digests of manifests are checked, those of blobs not.
    ///
    /// # Errors
    ///
    /// It isn't a layout, has several images, or is damaged.
    pub fn read_layout(directory: &Path) -> Result<Self, Error> {
        let not_a_layout = |reason: String| Error::NotALayout { path: directory.into(), reason };
        if !directory.join(LAYOUT).is_file() {
            return Err(not_a_layout(format!("it has no file {LAYOUT}")));
        }
        let path = directory.join(INDEX);
        let bytes = read(&path)?;
        let index = Document::new(MediaType::ImageIndex.to_string(), bytes).index()?;
        let (images, others): (Vec<_>, Vec<_>) =
            index.manifests().iter().partition(|one| one.artifact_type().is_none());
        let [only] = images.as_slice() else {
            return Err(not_a_layout(format!("it has {} images, not one", images.len())));
        };
        let top = document(directory, only)?;
        let tag = only.annotations().as_ref().and_then(|map| map.get(ANNOTATION_REF_NAME).cloned());
        let below = if top.is_index() { top.index()?.manifests().clone() } else { Vec::new() };
        let manifests = below.iter().map(|one| document(directory, one));
        let manifests = manifests.collect::<Result<_, _>>()?;
        let referrers = others.into_iter().map(|one| document(directory, one));
        let referrers = referrers.collect::<Result<_, _>>()?;
        let mut image = Self { top, manifests, referrers, blobs: BTreeMap::new(), tag };
        let all: Vec<_> = image.host_manifests().chain(&image.referrers).cloned().collect();
        for manifest in all {
            let manifest = manifest.manifest()?;
            for descriptor in manifest.layers().iter().chain([manifest.config()]) {
                image.add(blob(directory, descriptor)?);
            }
        }
        Ok(image)
    }
}

/// The digest of a descriptor.
fn digest_of(descriptor: &Descriptor, directory: &Path) -> Result<Digest, Error> {
    let text = descriptor.digest().to_string();
    let reason = format!("it uses the digest {text}, which isn't SHA-256");
    Digest::parse(&text).ok_or(Error::NotALayout { path: directory.to_owned(), reason })
}

fn document(directory: &Path, descriptor: &Descriptor) -> Result<Document, Error> {
    let digest = digest_of(descriptor, directory)?;
    let path = directory.join(BLOBS).join(digest.hex());
    let document = Document::new(descriptor.media_type().to_string(), read(&path)?);
    if document.digest != digest {
        return Err(Error::Damaged { path, digest: digest.to_string() });
    }
    Ok(document)
}

fn blob(directory: &Path, descriptor: &Descriptor) -> Result<Blob, Error> {
    let digest = digest_of(descriptor, directory)?;
    let path = directory.join(BLOBS).join(digest.hex());
    let content = if path.is_file() { Content::File(path) } else { Content::Elsewhere };
    let media_type = descriptor.media_type().to_string();
    Ok(Blob { media_type, digest, size: descriptor.size(), content })
}

/// Writes a blob to `path`, and compares its digest.
fn copy(blob: &Blob, path: &Path) -> Result<(), Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    if let Content::Elsewhere = blob.content {
        return Err(Error::Elsewhere(blob.digest.to_string()));
    }
    let mut reader = blob.open().map_err(|source| read_error(blob, source))?;
    let mut hasher = Sha256::new();
    let mut file = File::create(path).map_err(failed)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let got = reader.read(&mut buffer).map_err(|source| read_error(blob, source))?;
        if got == 0 {
            break;
        }
        hasher.update(&buffer[..got]);
        io::Write::write_all(&mut file, &buffer[..got]).map_err(failed)?;
    }
    let path = place(blob);
    let digest = blob.digest.to_string();
    if Digest::finished(hasher) == blob.digest {
        Ok(())
    } else {
        Err(Error::Damaged { path, digest })
    }
}

/// The place of a blob in messages.
fn place(blob: &Blob) -> PathBuf {
    match &blob.content {
        Content::File(path) => path.clone(),
        _ => blob.digest.as_str().into(),
    }
}

fn read_error(blob: &Blob, source: io::Error) -> Error {
    Error::Read { path: place(blob), source }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(|source| Error::Write { path: path.to_owned(), source })
}
