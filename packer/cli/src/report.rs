//! The build report: one JSON document about an archive and its build, for `--report`.
//!
//! It is written beside the archive, never into it: the archive's bytes depend on its inputs alone.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use snakecrate_format::manifest::Kind;
use snakecrate_provenance::publisher::Publisher;

use crate::build::Build;
use crate::diff::Difference;
use crate::lock::UsedLock;
use crate::proof::{self, Proof};
use snakecrate_base::document::{self, Document};
use snakecrate_base::error::Remedy;
use snakecrate_base::temporary;
use snakecrate_download::file_sha256;

/// The report cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the report {}: {source}", path.display())]
pub struct Error {
    /// Its path.
    pub path: PathBuf,
    /// The system's answer.
    pub source: io::Error,
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some("name a file in a directory that you can write to with --report".into())
    }
}

/// A build: the archive, its inputs and its proof.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report<'a> {
    /// The application's name.
    name: &'a str,
    /// Its version.
    version: Option<&'a str>,
    /// The triple of the target.
    target: &'static str,
    /// The interpreter inside.
    python: Python<'a>,
    /// The file that was built.
    archive: Archive,
    /// The lock file that chose the distributions.
    lock: Option<&'a UsedLock>,
    /// The entries, in their order.
    entries: Vec<Entry<'a>>,
    /// The components, in their order.
    components: Vec<Component<'a>>,
    /// The trial of the archive.
    proof: ProofReport<'a>,
    /// All warnings of the build, in their order.
    warnings: Vec<String>,
    /// The differences from the archive whose components were replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<&'a Difference>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Python<'a> {
    /// Its implementation: `cpython`.
    implementation: &'a str,
    /// Its version.
    version: &'a str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Archive {
    /// Its path as given.
    path: PathBuf,
    /// Its length.
    bytes: u64,
    /// Its SHA-256 in hex.
    sha256: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Entry<'a> {
    /// The name it is called by.
    name: &'a str,
    /// What it runs: `black:patched_main`, `-m http.server`, `bin/ruff`.
    runs: &'a str,
    /// Whether a desktop starts it.
    graphical: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Component<'a> {
    /// Its kind.
    #[schemars(with = "snakecrate_base::document::Kind")]
    kind: Kind,
    /// Its normalised name.
    name: &'a str,
    /// Its version.
    version: &'a str,
    /// Number of its files and links.
    files: u64,
    /// Their bytes.
    bytes: u64,
    /// Its bytes in the archive.
    packed: u64,
    /// Its publishers, by the attestations of its index.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    publishers: &'a [Publisher],
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "result", rename_all = "kebab-case")]
enum ProofReport<'a> {
    /// The archive starts.
    Proven(ProvenReport<'a>),
    /// It does not.
    Failed {
        /// The message.
        error: String,
    },
    /// It was not started.
    NotRun {
        /// Why not.
        why: &'a str,
    },
}

#[derive(Debug, Serialize, JsonSchema)]
struct ProvenReport<'a> {
    /// Whether an earlier build proved the same archive.
    as_before: bool,
    #[serde(flatten)]
    proof: &'a Proof,
}

impl Document for Report<'_> {
    const NAME: &'static str = "build-report";
}

impl<'a> Report<'a> {
    /// The report about the archive of `build` at `path`.
    ///
    /// # Errors
    ///
    /// The archive cannot be read.
    pub fn new(
        build: &'a Build,
        path: &Path,
        proof: Result<&'a proof::Outcome, &proof::Error>,
        warnings: Vec<String>,
    ) -> Result<Self, Error> {
        let spec = build.spec();
        let failed = |source| Error { path: path.to_owned(), source };
        let entries = spec.entries.iter().map(|one| Entry {
            name: &one.name,
            runs: &one.runs,
            graphical: one.graphical,
        });
        let components = spec.components.iter().map(|one| Component {
            kind: one.kind,
            name: &one.name,
            version: &one.version,
            files: one.packed.files,
            bytes: one.packed.bytes,
            packed: one.packed.stored(),
            publishers: match one.kind {
                Kind::Wheel => build.publishers(&one.name),
                _ => &[],
            },
        });
        Ok(Self {
            name: &spec.name,
            version: spec.version.as_deref(),
            target: spec.target.triple,
            python: Python {
                implementation: &spec.python.implementation,
                version: &spec.python.version,
            },
            archive: Archive::of(path).map_err(failed)?,
            lock: build.lock(),
            entries: entries.collect(),
            components: components.collect(),
            proof: match proof {
                Ok(proof::Outcome::Proven(proof)) => {
                    ProofReport::Proven(ProvenReport { as_before: proof.as_before, proof })
                }
                Ok(proof::Outcome::NotRun { why }) => ProofReport::NotRun { why },
                // The next archive is reported about.
                Ok(proof::Outcome::Withhold(_)) => {
                    ProofReport::NotRun { why: "entries were left out" }
                }
                Err(error) => ProofReport::Failed { error: error.to_string() },
            },
            warnings,
            changes: None,
        })
    }

    /// The report with the differences from the archive that it was made from.
    #[must_use]
    pub fn with_changes(self, changes: &'a Difference) -> Self {
        Self { changes: Some(changes), ..self }
    }

    /// Writes it to `path`, where it appears as a whole.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        self.try_write(path).map_err(|source| Error { path: path.to_owned(), source })
    }

    fn try_write(&self, path: &Path) -> io::Result<()> {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        temporary::remove_abandoned(directory);
        let mut file = temporary::locked_file_in(directory, &temporary::readable_builder())?;
        file.write_all(document::text(self).as_bytes())?;
        file.persist(path)?;
        Ok(())
    }
}

impl Archive {
    fn of(path: &Path) -> io::Result<Self> {
        let bytes = fs::metadata(path)?.len();
        Ok(Self { path: path.to_owned(), bytes, sha256: file_sha256(path)? })
    }
}
