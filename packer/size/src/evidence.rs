//! What a proof loaded, from the build report.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::classify::{FileKind, extension};
use crate::report::FileRow;

/// Why a document is no evidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadReport {
    /// Not a build report of a format that is known.
    #[error("it isn't a build report: {0}")]
    Form(String),
    /// The archive was not proven.
    #[error("the archive was not proven in this build")]
    NotProven,
    /// The report is about another file.
    #[error("it is about another archive, of {0} bytes")]
    OtherArchive(u64),
}

/// The build report, as far as it is read.
#[derive(Debug, Deserialize)]
struct Document {
    format: u32,
    archive: Archive,
    proof: Proof,
}

#[derive(Debug, Deserialize)]
struct Archive {
    bytes: u64,
    sha256: String,
}

#[derive(Debug, Deserialize)]
struct Proof {
    result: String,
    #[serde(default)]
    modules: BTreeMap<String, Option<String>>,
    #[serde(default)]
    libraries: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    commands: Vec<String>,
    /// The commands of which `modules` and `libraries` say nothing; all, if it is missing.
    unrecorded: Option<Vec<String>>,
}

/// The files that a proof loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Bytes of the archive that was proven.
    pub bytes: u64,
    /// Its SHA-256 in hex.
    pub sha256: String,
    /// Commands of the proof whose modules are not known.
    pub unknown_commands: Vec<String>,
    loaded: BTreeSet<String>,
}

impl Evidence {
    /// Reads a build report.
    ///
    /// # Errors
    ///
    /// It is none, or the archive was not proven.
    pub fn read(report: &[u8]) -> Result<Self, BadReport> {
        let document: Document =
            serde_json::from_slice(report).map_err(|error| BadReport::Form(error.to_string()))?;
        if document.format != 1 {
            return Err(BadReport::Form(format!("its format is {}", document.format)));
        }
        let Proof { result, modules, libraries, files, commands, unrecorded } = document.proof;
        if result != "proven" {
            return Err(BadReport::NotProven);
        }
        let files = modules.into_values().flatten().chain(libraries).chain(files);
        Ok(Self {
            bytes: document.archive.bytes,
            sha256: document.archive.sha256,
            unknown_commands: unrecorded.unwrap_or(commands),
            loaded: files.collect(),
        })
    }

    /// Whether a file was loaded; `None` if a proof cannot say: it is neither code nor a library, or it is
    /// needed before anything is imported.
    pub fn loaded(&self, file: &FileRow) -> Option<bool> {
        let is_code = match file.kind {
            FileKind::Bytecode | FileKind::Native => true,
            FileKind::Source => extension(&file.path) == "py",
            _ => false,
        };
        let is_judged = is_code
            && file.unpacked > 0
            && file.path.starts_with("lib/")
            && !file.component.starts_with("libc-");
        is_judged.then(|| self.has(&file.path))
    }

    /// Whether the file at `path` was loaded: it is a module or a library, or the source or bytecode of
    /// a module that was loaded from the other one.
    fn has(&self, path: &str) -> bool {
        self.loaded.contains(path)
            || source_of(path).is_some_and(|source| self.loaded.contains(&source))
    }
}

/// The path of the module whose bytecode is at `path`.
pub(crate) fn source_of(path: &str) -> Option<String> {
    let (directory, file) = path.rsplit_once("__pycache__/")?;
    let (stem, _) = file.split_once('.')?;
    (extension(file) == "pyc").then(|| format!("{directory}{stem}.py"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loaded_modules_have_source_and_bytecode() {
        let report = br#"{"format": 1, "archive": {"bytes": 7, "sha256": "ab"}, "name": "x",
            "proof": {"result": "proven", "commands": ["x --version"],
                "modules": {"sys": null, "a.b": "lib/python3.12/site-packages/a/b.py"},
                "libraries": ["lib/libz.so.1", "/lib/libc.so.6"], "files": ["lib/python3.12/os.py"]}}"#;
        let evidence = Evidence::read(report).unwrap();
        assert_eq!((evidence.bytes, &*evidence.sha256), (7, "ab"));
        assert_eq!(evidence.unknown_commands, ["x --version"]);
        for path in [
            "lib/python3.12/site-packages/a/b.py",
            "lib/python3.12/site-packages/a/__pycache__/b.cpython-312.opt-1.pyc",
            "lib/libz.so.1",
            "lib/python3.12/os.py",
        ] {
            assert!(evidence.has(path), "{path}");
        }
        assert!(!evidence.has("lib/python3.12/site-packages/a/c.py"));
        assert!(!evidence.has("lib/python3.12/site-packages/a/__pycache__/c.cpython-312.pyc"));
    }

    #[test]
    fn other_documents_and_failed_proofs_are_no_evidence() {
        assert!(matches!(Evidence::read(b"{}"), Err(BadReport::Form(_))));
        let report = br#"{"format": 1, "archive": {"bytes": 7, "sha256": "ab"},
            "proof": {"result": "not-run", "why": "x"}}"#;
        assert_eq!(Evidence::read(report), Err(BadReport::NotProven));
    }
}
