//! The attachments of an archive, such as its bill of materials.

use std::io::{BufReader, Read as _};

use snakecrate_format::digest::Digest;
use zip::ZipArchive;

use super::{Archive, Error};

/// The role of the bill of materials.
pub const SBOM: &str = "sbom";

impl Archive {
    /// The contents of the first attachment with this role; `None` if there is none.
    ///
    /// # Errors
    ///
    /// The archive is damaged, or cannot be read.
    pub fn attachment(&self, role: &str) -> Result<Option<Vec<u8>>, Error> {
        let attachments = &self.manifest().attachments;
        let Some(attachment) = attachments.iter().find(|one| one.role == role) else {
            return Ok(None);
        };
        let length = self.record().archive_length;
        let damaged = |what: &str| self.damaged_at(format!("{}: {what}", attachment.name), length);
        let zip = ZipArchive::new(BufReader::new(self.range(0, length)));
        let mut zip = zip.map_err(|error| damaged(&error.to_string()))?;
        let member = zip.by_name(attachment.name.as_str());
        let member = member.map_err(|error| damaged(&error.to_string()))?;
        let mut bytes = Vec::new();
        let read = member.take(attachment.bytes + 1).read_to_end(&mut bytes);
        read.map_err(|source| self.unreadable(source))?;
        if Digest::of(&bytes) != attachment.blake3 {
            return Err(damaged("not what was packed"));
        }
        Ok(Some(bytes))
    }
}
