//! The provenance of an archive: a statement about its build, for `--provenance`.
//!
//! Like the build report it is written beside the archive, never into it. The same inputs give the same
//! statement: it has no times unless `SOURCE_DATE_EPOCH` is set, and no paths of this machine except those
//! that options name.

mod parameters;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Map;
use snakecrate_base::error::Remedy;
use snakecrate_base::temporary;
use snakecrate_download::file_sha256;
use snakecrate_provenance::statement::{Facts, Resource, Statement};

use crate::build::{Build, materials};
use crate::package::Date;
pub use parameters::Parameters;

/// The provenance cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file, or the archive that it is about.
    #[error("cannot write the provenance {}: {source}", path.display())]
    Write {
        /// Its path.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// An option that has no form in JSON.
    #[error("cannot write an option into the provenance: {0}")]
    Option(#[source] serde_json::Error),
    /// The time in the environment is none.
    #[error(transparent)]
    Date(Box<crate::package::Error>),
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Write { .. } => {
                Some("name a file in a directory that you can write to with --provenance".into())
            }
            Self::Option(_) => Some("give paths that are UTF-8 text".into()),
            Self::Date(error) => error.remedy(),
        }
    }
}

/// Writes the statement about the archive at `archive`, which `build` has written, to `path`.
///
/// # Errors
///
/// See [`Error`].
pub fn write(
    build: &Build,
    archive: &Path,
    parameters: Parameters,
    path: &Path,
) -> Result<(), Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let sha256 = file_sha256(archive).map_err(failed)?;
    let mut materials = materials::of_components(build.spec());
    materials.extend(build.runtime_file().into_iter().flat_map(materials::of_components));
    materials.extend(build.materials().iter().cloned());
    let mut tools =
        BTreeMap::from([("snakecrate".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]);
    tools.extend(parameters.uv.map(|version| ("uv".to_owned(), version)));
    let mut choices = Map::new();
    choices.insert("target".into(), build.spec().target.triple.into());
    choices.insert("python".into(), build.spec().python.version.clone().into());
    let statement = Statement::new(Facts {
        archive: Resource::new(&name, "sha256", &sha256),
        parameters: parameters.values,
        choices,
        materials,
        tools,
        finished: Date::chosen().map_err(|error| Error::Date(Box::new(error)))?,
    });
    write_whole(path, statement.encode().as_bytes()).map_err(failed)
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    temporary::remove_abandoned(directory);
    fs::metadata(directory)?;
    let mut file = temporary::locked_file_in(directory, &temporary::readable_builder())?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}
