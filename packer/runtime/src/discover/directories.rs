//! The directories of downloaded and unpacked Pythons, and of what is known about them.

use std::path::PathBuf;

/// The directories for Pythons that were downloaded or unpacked. They need not exist yet.
///
/// Everything appears under its final name only when it is complete.
#[derive(Debug, Clone)]
pub struct PythonDirectories {
    /// `<sha256>.tar`: downloaded archives, removed when they are unpacked.
    pub archives: PathBuf,
    /// `<sha256>/python/`: downloaded because no installed Python fitted.
    pub downloads: PathBuf,
    /// `<sha256>/…`: archives that the user named.
    pub given: PathBuf,
    /// `<digest>/`: roots of Debian's packages.
    pub roots: PathBuf,
    /// `<key>.json`: the newest root of a suite.
    pub suites: PathBuf,
    /// `<digest>/`: copies of directories whose files had lost their execute bits.
    pub repaired: PathBuf,
    /// `<digest>/`: interpreters of unpacked systems, started by their own loader.
    pub hosts: PathBuf,
    /// `<key>.json`: facts that interpreters of this machine reported.
    pub probed: PathBuf,
}

impl PythonDirectories {
    pub(super) fn archive(&self, sha256: &str) -> PathBuf {
        self.archives.join(format!("{sha256}.tar"))
    }
}
