//! The vendor's statements about vulnerabilities.

use std::fs;

use snakecrate_advisories::Statements;

use super::Error;
use super::pack::Work;
use crate::archive::{self, AttachmentSpec, VEX};

impl Work<'_> {
    /// The document of `vex`, which has to be one.
    pub(super) fn vex(&self) -> Result<Option<AttachmentSpec>, Error> {
        let Some(path) = &self.settings.vex else { return Ok(None) };
        let contents =
            fs::read(path).map_err(|source| archive::Error::Read { path: path.clone(), source })?;
        Statements::default()
            .add(&contents)
            .map_err(|source| Error::Vex { path: path.clone(), source })?;
        let attachment = AttachmentSpec::file("vex.json", VEX, contents);
        attachment.map(Some).map_err(|error| archive::Error::Spec(error.to_string()).into())
    }
}
