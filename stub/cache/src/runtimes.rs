//! The runtime file of an archive without a runtime: where it is, and whether to trust it.
//!
//! The first that exists counts, and must be usable: which code runs never depends on why another
//! file was passed over. Only the caller and root may be able to write to the file and its directory.

use std::env;
use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use snakecrate_format::manifest::{Feature, Manifest, Misfit};
use snakecrate_format::payload::{BadPayload, Payload, ReadAt as _};
use snakecrate_format::record::{BadRecord, BootRecord, LENGTH, RuntimeName};
use snakecrate_platform::directory::Directory;
use snakecrate_platform::file::{FileKind, SharedFile};
use snakecrate_platform::paths;

use crate::trust::{check_file, check_owner};
use crate::unusable::Unusable;

/// The variable that names the runtime file, or the directory that has it. If it is set, no other
/// place is tried.
pub const VARIABLE: &str = "SNAKECRATE_RUNTIME";
/// The directory for all users, in that of the system's programs.
const DIRECTORY: &str = "snakecrate/runtimes";

/// An open runtime file that only this user and root can write to.
#[derive(Debug)]
pub struct RuntimeFile {
    /// Its path.
    pub path: PathBuf,
    payload: Payload,
}

/// Why an archive has no runtime.
#[derive(Debug, thiserror::Error)]
pub enum NoRuntime {
    /// It is nowhere.
    #[error("this archive needs a runtime file, {name}, which is not in {}", list(.places))]
    Missing {
        /// Its name.
        name: String,
        /// The places where it was looked for.
        places: Vec<PathBuf>,
    },
    /// Somebody else could have written it, or it isn't a file.
    #[error("refusing the runtime file {}: {}: {why}", file.display(), at.display())]
    Untrusted {
        /// The file.
        file: PathBuf,
        /// The file or its directory.
        at: PathBuf,
        /// The reason.
        why: Unusable,
    },
    /// It cannot be read.
    #[error("cannot read the runtime file {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// It does not begin with a usable boot record.
    #[error("{} is not a runtime file: {source}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: BadRecord,
    },
    /// It is incomplete, damaged, or no runtime file.
    #[error("the runtime file {} cannot be used: {source}", path.display())]
    Payload {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: BadPayload,
    },
    /// It is for other archives.
    #[error("the runtime file {} does not fit: {source}", path.display())]
    Misfit {
        /// The file.
        path: PathBuf,
        /// What it has, and what is needed.
        source: Misfit,
    },
}

impl RuntimeFile {
    /// Opens the file of this name for the archive at `archive`.
    pub fn open(name: RuntimeName, archive: &Path) -> Result<Self, NoRuntime> {
        let name = name.as_str();
        if let Some(given) = env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
            let given = std::path::absolute(&given).unwrap_or(given.into());
            let found = match given.parent().zip(given.file_name()) {
                Some((directory, file)) if !given.is_dir() => look(directory, file)?,
                _ => look(&given, name.as_ref())?,
            };
            return found.ok_or(NoRuntime::Missing { name: name.into(), places: vec![given] });
        }
        let system = paths::system_programs().map(|path| Path::new(path).join(DIRECTORY));
        let places: Vec<_> =
            archive.parent().map(Path::to_owned).into_iter().chain(system).collect();
        for place in &places {
            if let Some(found) = look(place, name.as_ref())? {
                return Ok(found);
            }
        }
        Err(NoRuntime::Missing { name: name.into(), places })
    }

    /// Its boot record.
    pub fn record(&self) -> &BootRecord {
        self.payload.record()
    }

    /// Its payload, and the `manifest` of an archive with that of this runtime.
    pub fn join(self, manifest: Manifest) -> Result<(Payload, Manifest), NoRuntime> {
        let Self { path, payload } = self;
        match payload.manifest(Feature::RUNTIME) {
            Ok(runtime) => match manifest.with_runtime(runtime) {
                Ok(manifest) => Ok((payload, manifest)),
                Err(source) => Err(NoRuntime::Misfit { path, source }),
            },
            Err(source) => Err(NoRuntime::Payload { path, source }),
        }
    }
}

/// Opens `name` in `directory`; `None` if there is no such file, or nobody can look for it.
fn look(directory: &Path, name: &OsStr) -> Result<Option<RuntimeFile>, NoRuntime> {
    let path = directory.join(name);
    let untrusted =
        |at: &Path, why| NoRuntime::Untrusted { file: path.clone(), at: at.to_owned(), why };
    let is_absent = |error: &io::Error| {
        matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied)
    };
    let at = match Directory::open(directory) {
        Err(error) if is_absent(&error) => return Ok(None),
        other => other.map_err(|error| untrusted(directory, error.into()))?,
    };
    let found = match at.metadata_of(name) {
        Err(error) if is_absent(&error) => return Ok(None),
        other => other.map_err(|error| untrusted(&path, error.into()))?,
    };
    // In a directory that nobody else can write to, the file stays what it is now.
    check_owner(&at).map_err(|why| untrusted(directory, why))?;
    if found.kind() != FileKind::File {
        return Err(untrusted(&path, Unusable::NotFile));
    }
    check_file(&found).map_err(|why| untrusted(&path, why))?;
    let file = SharedFile(match at.open_file(name) {
        Ok(file) => file,
        Err(source) => return Err(NoRuntime::Read { path, source }),
    });
    let mut bytes = [0; LENGTH];
    let record = match file.read_exact_at(&mut bytes, 0) {
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
            return Err(NoRuntime::Read { path, source: error });
        }
        _ => BootRecord::parse(&bytes),
    };
    match record {
        Ok(record) => match Payload::new(file, record) {
            Ok(payload) => Ok(Some(RuntimeFile { path, payload })),
            Err(source) => Err(NoRuntime::Payload { path, source }),
        },
        Err(source) => Err(NoRuntime::Record { path, source }),
    }
}

fn list(places: &[PathBuf]) -> String {
    let places: Vec<_> = places.iter().map(|place| place.display().to_string()).collect();
    places.join(" or ")
}
