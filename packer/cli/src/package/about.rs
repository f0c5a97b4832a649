//! What an application's metadata says about it, for people who look at its image.

use super::metadata::Files;
use super::{Error, licence, text};
use crate::archive::Archive;

/// What an application's metadata says about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// Its summary, in one line.
    pub summary: Option<String>,
    /// Its home page.
    pub homepage: Option<String>,
    /// Its repository.
    pub repository: Option<String>,
    /// Its licence: an expression of SPDX, if the metadata allows that.
    pub licence: Option<String>,
}

impl About {
    /// What the metadata in `archive` says.
    ///
    /// # Errors
    ///
    /// The archive is damaged.
    pub fn of(archive: &Archive) -> Result<Self, Error> {
        let metadata = Files::of(archive)?.metadata;
        let line = |field: Option<String>| field.map(|field| text::line(&field));
        Ok(Self {
            summary: line(metadata.summary),
            homepage: line(metadata.home_page),
            repository: line(metadata.repository),
            licence: line(licence::of(&metadata.license)),
        })
    }
}
