//! The attachments of an archive, such as its bill of materials.

use std::io::{BufReader, Read as _};

use snakecrate_format::digest::Digest;
use snakecrate_format::manifest::Attachment;
use zip::ZipArchive;

use super::{Archive, AttachmentSpec, Error};
use snakecrate_format::payload::Section;

/// The zip around an archive's members.
type Zip<'a> = ZipArchive<BufReader<Section<'a>>>;

impl Archive {
    /// The contents of the first attachment with this role; `None` if there is none.
    ///
    /// # Errors
    ///
    /// The archive is damaged, or cannot be read.
    pub fn attachment(&self, role: &str) -> Result<Option<Vec<u8>>, Error> {
        let attachments = &self.manifest().attachments;
        let found = attachments.iter().find(|one| one.role == role);
        found.map(|attachment| self.contents(attachment, &mut self.zip()?)).transpose()
    }

    /// All attachments with their contents.
    ///
    /// # Errors
    ///
    /// The archive is damaged, or cannot be read.
    pub fn attachments(&self) -> Result<Vec<AttachmentSpec>, Error> {
        let attachments = &self.manifest().attachments;
        if attachments.is_empty() {
            return Ok(Vec::new());
        }
        let mut zip = self.zip()?;
        let mut spec = |one: &Attachment| {
            let Attachment { name, role, component, .. } = one.clone();
            let contents = self.contents(one, &mut zip)?;
            Ok(AttachmentSpec { name, role, component, contents })
        };
        attachments.iter().map(&mut spec).collect()
    }

    fn zip(&self) -> Result<Zip<'_>, Error> {
        let length = self.record().archive_length;
        let zip = ZipArchive::new(BufReader::new(self.range(0, length)));
        zip.map_err(|error| self.damaged_at(format!("the zip directory: {error}"), length))
    }

    fn contents(&self, attachment: &Attachment, zip: &mut Zip<'_>) -> Result<Vec<u8>, Error> {
        let length = self.record().archive_length;
        let damaged = |what: &str| self.damaged_at(format!("{}: {what}", attachment.name), length);
        let member = zip.by_name(attachment.name.as_str());
        let member = member.map_err(|error| damaged(&error.to_string()))?;
        let mut bytes = Vec::new();
        let read = member.take(attachment.bytes + 1).read_to_end(&mut bytes);
        read.map_err(|source| self.unreadable(source))?;
        if Digest::of(&bytes) != attachment.blake3 {
            return Err(damaged("not what was packed"));
        }
        Ok(bytes)
    }
}
