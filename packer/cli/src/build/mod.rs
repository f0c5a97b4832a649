//! From source to archive.
//!
//! ```text
//! source → entries + requirements → wheels → components → blobs → archive
//! runtime request → runtime tree (trimmed, relocatable) → component → blobs ↗
//! ```

mod assemble;
mod audited;
mod bill;
mod boot;
mod c_library;
mod conflicts;
pub mod entries;
mod error;
mod facts;
mod gather;
mod pack;

use std::path::Path;

use snakecrate_format::digest::Digest;

use crate::archive::{self, Plan, Written};
use crate::build_cache::{self, BuildCache};
use crate::bytecode;
use crate::config::Config;
use crate::source::Source;
use crate::wheel;
pub use c_library::LibcChoice;
pub use error::Error;
use facts::FactsCache;
use pack::Work;
use snakecrate_audit::Report;
use snakecrate_base::ui::Ui;
use snakecrate_runtime::{Scanner, Workers};

/// The launcher that the build script made.
pub const STUB: &[u8] = include_bytes!(env!("SNAKECRATE_STUB"));

/// The level of compression where none is asked for: `stub/FORMAT.md` has the measurements.
pub const DEFAULT_LEVEL: i32 = 18;

/// The level of `--release`: zstd's highest.
pub const RELEASE_LEVEL: i32 = 22;

/// An archive that is ready to be written.
#[derive(Debug)]
pub struct Build {
    plan: Plan,
    audit: Report,
}

fn level(config: &Config) -> i32 {
    let release = config.release.unwrap_or(false);
    config.level.unwrap_or(if release { RELEASE_LEVEL } else { DEFAULT_LEVEL })
}

/// Bytecode is looked for under the name of the interpreter's own level: `-O` in its options counts.
fn form(config: &Config) -> bytecode::Form {
    bytecode::Form {
        optimize: given_level(&config.python_options).max(config.optimize.unwrap_or(0)),
        sourceless: config.sourceless.unwrap_or(false),
    }
}

/// The level that these options of the interpreter set.
fn given_level(options: &[String]) -> u8 {
    let flags = |option: &&String| {
        option.starts_with('-') && !["-X", "-W", "--"].iter().any(|start| option.starts_with(start))
    };
    let times: usize = options.iter().filter(flags).map(|option| option.matches('O').count()).sum();
    u8::try_from(times).unwrap_or(2).min(2)
}

impl Build {
    /// Does all the work but writing: resolves, unpacks, compiles, compresses.
    pub fn prepare(source: &Source, config: &Config, ui: Ui) -> Result<Self, Error> {
        let cache = BuildCache::open()?;
        cache.remove_abandoned();
        let interpreter = gather::interpreter(source, config, &cache, ui)?;
        let fetched = gather::distributions(source, config, &interpreter, &cache, ui)?;
        let unpacked = cache
            .temporary_directory()
            .map_err(|source| build_cache::Error { path: cache.path().to_owned(), source })?;
        let workers = Workers::new(&interpreter);
        let work = Work {
            config,
            interpreter: &interpreter,
            workers: &workers,
            scanner: Scanner::remembering(&workers, &cache.imports()),
            known: FactsCache::new(&cache),
            unpacked: wheel::Store::new(unpacked.path()),
            level: level(config),
            slim: wheel::Slim::new(
                &config.exclude,
                &config.include,
                config.strip.unwrap_or_default(),
            )?,
            form: form(config),
            ui,
        };
        let (plan, audit) = work.plan(source, fetched)?;
        Ok(Self { plan, audit })
    }

    /// The application's name.
    pub fn name(&self) -> &str {
        &self.plan.name
    }

    /// What its native code needs.
    pub fn audit(&self) -> &Report {
        &self.audit
    }

    /// The names of its entries.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        self.plan.entries.iter().map(|entry| entry.name.as_str())
    }

    /// Names the contents: archives with the same key are the same.
    pub fn key(&self) -> String {
        let Plan { name, version, python, launch, entries, components, c_library, .. } = &self.plan;
        let components: Vec<_> =
            components.iter().map(|c| (c.kind, &c.name, &c.version, &c.packed)).collect();
        let contents = (name, version, python, launch, entries, components, c_library);
        let contents = serde_json::to_vec(&contents).unwrap_or_default();
        let mut hasher = blake3::Hasher::new();
        hasher.update(&contents).update(STUB).update(&self.plan.sbom);
        Digest(*hasher.finalize().as_bytes()).key()
    }

    /// Writes the archive.
    pub fn write(self, output: &Path) -> Result<Written, Error> {
        Ok(archive::write(output, STUB, self.plan)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_that_is_asked_for_wins_over_that_of_a_release() {
        let of = |level, release| level_of(level, release);
        assert_eq!(of(None, None), DEFAULT_LEVEL);
        assert_eq!(of(None, Some(true)), RELEASE_LEVEL);
        assert_eq!(of(Some(3), Some(true)), 3);
    }

    fn level_of(wanted: Option<i32>, release: Option<bool>) -> i32 {
        level(&Config { level: wanted, release, ..Config::default() })
    }

    #[test]
    fn bytecode_is_for_the_level_that_the_interpreter_starts_with() {
        let optimize = |options: &[&str], optimize| {
            let python_options = options.iter().map(|&option| option.to_owned()).collect();
            form(&Config { optimize, python_options, ..Config::default() }).optimize
        };
        assert_eq!(optimize(&[], None), 0);
        assert_eq!(optimize(&["-O", "-XOO", "-W", "OO"], None), 1);
        assert_eq!(optimize(&["-sO", "-O"], None), 2);
        assert_eq!(optimize(&["-OO"], Some(1)), 2);
        assert_eq!(optimize(&[], Some(1)), 1);
    }
}
