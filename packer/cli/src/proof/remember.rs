//! Proofs by contents: an archive that was proven is not proven again.

use std::fs;
use std::io;
use std::path::PathBuf;

use snakecrate_base::temporary;
use snakecrate_format::digest::Digest;

use super::Proof;
use crate::BUILD_ID;
use crate::build::Build;
use crate::build_cache::BuildCache;
use crate::settings;

/// The place where the proof of an archive is remembered.
pub(super) struct Memory {
    path: PathBuf,
}

impl Memory {
    /// The place for this archive, and for these commands and variables.
    pub(super) fn new(cache: &BuildCache, build: &Build, settings: &settings::Proof) -> Self {
        let subjects = (build.key(), &settings.commands, &settings.env, BUILD_ID);
        let subjects = serde_json::to_vec(&subjects).unwrap_or_default();
        Self { path: cache.known_proof(&Digest::of(&subjects).key()) }
    }

    /// The proof of an earlier build.
    pub(super) fn recall(&self) -> Option<Proof> {
        let proof: Proof = serde_json::from_slice(&fs::read(&self.path).ok()?).ok()?;
        Some(Proof { as_before: true, ..proof })
    }

    /// Remembers a proof. A failure costs only time in the next build.
    pub(super) fn remember(&self, proof: &Proof) {
        let _ = self.write(proof);
    }

    fn write(&self, proof: &Proof) -> io::Result<()> {
        let directory = self.path.parent().ok_or(io::ErrorKind::NotFound)?;
        fs::create_dir_all(directory)?;
        let mut file = temporary::file_in(directory)?;
        serde_json::to_writer(&mut file, proof)?;
        file.persist(&self.path)?;
        Ok(())
    }
}
