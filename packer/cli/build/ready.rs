//! The launchers that `ci/launchers` has made.

use std::fs;
use std::path::{Path, PathBuf};

use crate::target::Target;

/// The directory of launchers, of the sources that the packer is built from.
pub struct Ready(PathBuf);

/// A launcher of that directory.
pub struct Launcher {
    /// A zstd frame of it.
    pub compressed: PathBuf,
    /// Its length in bytes.
    pub length: u64,
}

impl Ready {
    /// Looks for `launchers/` in the target directory that `out` is in. `sources` is the digest of
    /// the launchers' sources: others are ignored, with a warning.
    pub fn find(out: &Path, sources: &str) -> Option<Self> {
        // <target>/[<triple>/]<profile>/build/<package>/out
        let mut target = out.ancestors().nth(4)?;
        if target.file_name()?.to_str() == Some(&crate::var("TARGET")) {
            target = target.parent()?;
        }
        let directory = target.join("launchers");
        // Cargo runs the build script at each build if a file that it watches is not there.
        fs::create_dir_all(&directory).ok()?;
        println!("cargo:rerun-if-changed={}", directory.display());
        let made_of = fs::read_to_string(directory.join("sources")).ok()?;
        if made_of.trim() == sources {
            return Some(Self(directory));
        }
        println!(
            "cargo:warning=ignoring the launchers in {}, as the sources have changed; run ci/launchers again",
            directory.display()
        );
        None
    }

    /// The launchers of a package, which has no sources to compare them with.
    pub fn in_package(directory: PathBuf) -> Self {
        Self(directory)
    }

    /// The build ID that a package has.
    pub fn build_id(&self) -> String {
        fs::read_to_string(self.0.join("build-id")).expect("ci/crates has made this package")
    }

    /// The launcher of archives for `target`.
    pub fn launcher(&self, target: &Target) -> Option<Launcher> {
        let plain = self.0.join(target.name);
        let compressed = self.0.join(format!("{}.zst", target.name));
        let length = fs::metadata(&plain).ok()?.len();
        compressed.is_file().then_some(Launcher { compressed, length })
    }
}
