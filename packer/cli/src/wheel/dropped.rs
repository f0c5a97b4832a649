//! The files of a wheel that are not packed, and why.

use serde::{Deserialize, Serialize};
use snakecrate_format::entry_path::EntryPath;

use snakecrate_base::tree::Tree;

/// The rule for signatures of RECORD: the archive's RECORD is another one.
pub(super) const SIGNATURE: &str = "signature of the wheel's RECORD";
/// The rule for bytecode whose source is in the wheel, too.
pub(super) const BYTECODE: &str = "bytecode, compiled again from its source";
/// The rule for files that only installers write.
pub(super) const INSTALLER: &str = "note of an installer";
/// The rule for files that no proof loaded.
pub(super) const UNPROVEN: &str = "--only-proven";
/// The rule for sources that bytecode replaces.
const SOURCELESS: &str = "--sourceless";

/// A file of a wheel that is not packed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Dropped {
    /// The rule that dropped it: `--exclude tests`.
    pub rule: String,
    /// Its path below `site-packages`, or in the environment if it would be elsewhere.
    pub path: String,
}

impl Dropped {
    pub(crate) fn new(rule: impl Into<String>, path: impl Into<String>) -> Self {
        Self { rule: rule.into(), path: path.into() }
    }
}

/// `dropped` without the files that compiling has put back into `tree`, and with the sources that
/// bytecode `replaced`. Sorted.
pub(crate) fn after_compiling(
    dropped: &[Dropped],
    replaced: &[EntryPath],
    tree: &Tree,
    site: &str,
) -> Vec<Dropped> {
    let is_there = |dropped: &Dropped| {
        EntryPath::new(&format!("{site}/{}", dropped.path))
            .is_ok_and(|path| tree.get(&path).is_some())
    };
    let below = |path: &EntryPath| {
        let rest = path.as_str().strip_prefix(site).and_then(|rest| rest.strip_prefix('/'));
        Dropped::new(SOURCELESS, rest.unwrap_or(path.as_str()))
    };
    let dropped = dropped.iter().filter(|dropped| !is_there(dropped)).cloned();
    let mut all: Vec<_> = dropped.chain(replaced.iter().map(below)).collect();
    all.sort();
    all
}
