//! docker-archives: an image as one tar that `docker load` reads.
//!
//! ```text
//! <hex>.json       the configuration
//! <hex>.tar        a layer each, not compressed
//! manifest.json    what belongs together, and the names of the image
//! ```

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::Path;

use serde::Serialize;
use snakecrate_base::temporary;
use tar::{Builder, EntryType, Header};

use crate::base::layers;
use crate::compression::decompressed;
use crate::copy::copy;
use crate::document::json;
use crate::{Error, Image};

/// The time of its files: that of files in layers.
const TIME: u64 = 315_532_800;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Manifest {
    config: String,
    repo_tags: Vec<String>,
    layers: Vec<String>,
}

impl Image {
    /// Writes the image to `out`, which appears when it is complete. `name` is the name and tag that
    /// Docker gives it: `app:1.0`. What is attached to the image has no place there.
    ///
    /// # Errors
    ///
    /// The image is for several targets, a blob cannot be read, or the file cannot be written.
    pub fn write_docker_archive(&self, name: &str, out: &Path) -> Result<(), Error> {
        if self.top.is_index() {
            return Err(Error::SeveralTargets(out.to_owned()));
        }
        let failed = |source| Error::Write { path: out.to_owned(), source };
        let directory = match out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        temporary::remove_abandoned(directory);
        let builder = temporary::readable_builder();
        let mut file = temporary::locked_file_in(directory, &builder).map_err(failed)?;
        self.write_members(name, directory, file.as_file_mut(), failed)?;
        file.persist(out).map_err(|error| failed(error.error))?;
        Ok(())
    }

    fn write_members(
        &self,
        name: &str,
        directory: &Path,
        file: &mut File,
        failed: impl Fn(io::Error) -> Error + Copy,
    ) -> Result<(), Error> {
        let config = self.configuration_blob(&self.top)?;
        let name_of_config = format!("{}.json", config.digest.hex());
        let mut archive = Archive { builder: Builder::new(io::BufWriter::new(file)) };
        let bytes = self.read(config)?;
        archive.add(&name_of_config, bytes.len() as u64, &mut bytes.as_slice()).map_err(failed)?;
        let mut names = Vec::new();
        for layer in layers(&self.top, &self.configuration(&self.top)?, &self.blobs)? {
            let read_error =
                |source| Error::Read { path: layer.blob.digest.as_str().into(), source };
            let name = format!("{}.tar", layer.diff_id.hex());
            if !names.contains(&name) {
                let reader = layer.blob.open().map_err(read_error)?;
                let mut reader = decompressed(&layer.blob.media_type, reader)?;
                let mut plain = temporary::file_in(directory).map_err(failed)?;
                copy(&mut reader, plain.as_file_mut()).map_err(read_error)?;
                let mut plain = File::open(plain.path()).map_err(failed)?;
                let length = plain.metadata().map_err(failed)?.len();
                archive.add(&name, length, &mut plain).map_err(failed)?;
            }
            names.push(name);
        }
        let repo_tags = vec![name.to_owned()];
        let manifest = [Manifest { config: name_of_config, repo_tags, layers: names }];
        let bytes = json(&manifest);
        archive.add("manifest.json", bytes.len() as u64, &mut bytes.as_slice()).map_err(failed)?;
        let written = archive.builder.into_inner().and_then(|mut file| file.flush());
        written.map_err(failed)
    }
}

struct Archive<W: io::Write> {
    builder: Builder<W>,
}

impl<W: io::Write> Archive<W> {
    fn add(&mut self, name: &str, length: u64, reader: &mut impl Read) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(TIME);
        header.set_size(length);
        self.builder.append_data(&mut header, name, reader)
    }
}
