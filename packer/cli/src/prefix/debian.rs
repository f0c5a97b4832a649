//! Debian's CPython in a prefix.
//!
//! Its `site` module looks for `lib/python3/dist-packages` and the like, and only in a virtual environment
//! for `site-packages` (Debian's patches `distutils-install-layout.diff` and `install_schemes`). A `.pth`
//! file in the former makes it one by `sys.real_prefix`, which these patches ask for: then `site` and
//! `sysconfig` name `site-packages`. Any other `CPython` never looks there.

use super::File;

/// The file for a CPython of this version, such as `3.11.2`.
pub(super) fn path_file(version: &str) -> File {
    let minor: Vec<&str> = version.splitn(3, '.').take(2).collect();
    let minor = minor.join(".");
    // `site.addpackage` executes a line that begins with `import`, among its own variables.
    let line = format!(
        "import sys; sys.real_prefix = sys.prefix; \
         sitedir in sys.path and sys.path.remove(sitedir); \
         addsitedir(sys.prefix + \"/lib/python{minor}/site-packages\", known_paths)\n"
    );
    File::bytes("lib/python3/dist-packages/snakecrate.pth", false, line)
}
