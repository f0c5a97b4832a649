//! The versions of Python that the distributions of an archive allow.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::{Mutex, PoisonError};

use super::Error;
use crate::archive::{self, Archive};
use crate::wheel::Metadata;

/// The specifiers of all distributions, such as `<4,>=3.10,>=3.9`; empty if none has one.
///
/// # Errors
///
/// The archive is damaged.
pub fn of(archive: &Archive) -> Result<String, Error> {
    let found = Mutex::new(BTreeSet::new());
    for component in archive.manifest().layers() {
        archive::visit(archive, component, |path: &str, contents: &mut dyn Read| {
            if path.ends_with(".dist-info/METADATA") {
                let mut bytes = Vec::new();
                contents.read_to_end(&mut bytes)?;
                let metadata = Metadata::parse(&String::from_utf8_lossy(&bytes));
                let specifiers = metadata.requires_python.unwrap_or_default();
                let specifiers = specifiers.split(',').map(|one| one.trim().replace(' ', ""));
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                found.extend(specifiers.filter(|one| !one.is_empty()));
            }
            Ok(())
        })?;
    }
    let all = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(all.into_iter().collect::<Vec<_>>().join(","))
}
