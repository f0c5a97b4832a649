//! The interpreter that an archive carries.

use std::fmt;
use std::path::PathBuf;

use snakecrate_format::target::Target;

/// An interpreter, and the facts about it. The archive's runtime is a copy of it.
///
/// An interpreter for the packer's own target reports its facts itself, and resolves requirements,
/// builds wheels and compiles bytecode. For one of another target, [`Interpreter::host`] does.
#[derive(Debug, Clone)]
pub struct Interpreter {
    /// The executable, links resolved: `/root/.pyenv/versions/3.12.1/bin/python3.12`.
    pub executable: PathBuf,
    /// The executable that runs on this machine and works for it: itself, or, for an interpreter of
    /// another target, a CPython of the same minor version, whose bytecode is the same.
    pub host: PathBuf,
    /// The directory in which the absolute paths of its system begin: `/`, or that of an unpacked
    /// system whose files are not this machine's.
    pub root: PathBuf,
    /// `sys.implementation.name`: `cpython`.
    pub implementation: String,
    /// `sys.version_info[:3]`.
    pub version: (u8, u8, u8),
    /// The complete version with any suffix, as in PEP 440: `3.12.1`, `3.14.0rc2`.
    pub full_version: String,
    /// `sys.implementation.cache_tag`: `cpython-312`.
    pub cache_tag: String,
    /// `importlib.util.MAGIC_NUMBER` in hex.
    pub magic: String,
    /// Whether it is a free-threaded build (PEP 703): one without the GIL, with an ABI and directories of
    /// its own. Its bytecode is that of the usual build.
    pub is_free_threaded: bool,
    /// The target that it runs on, and so do the archives that carry it.
    pub target: &'static Target,
    /// `sys.base_prefix`.
    pub prefix: PathBuf,
    /// The standard library's directory: `…/lib/python3.12`.
    pub stdlib: PathBuf,
    /// The directory of extension modules, `lib-dynload`.
    pub dynload: PathBuf,
    /// The distribution's package that it was unpacked from, if the packer did that.
    pub package: Option<DistributionPackage>,
}

/// The package of a distribution that an interpreter comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistributionPackage {
    /// The distribution's name: `Debian`.
    pub distribution: String,
    /// Its release's name: `bookworm`.
    pub suite: String,
    /// Its release's number, if it has one: `12.15`.
    pub release: Option<String>,
    /// The package's name: `python3.11`.
    pub name: String,
    /// The package's version: `3.11.2-6+deb12u6`.
    pub version: String,
    /// The architecture as the distribution calls it: `arm64`.
    pub architecture: String,
    /// The name of its file: `python3.11_3.11.2-6+deb12u6_arm64.deb`.
    pub file: String,
    /// The SHA-256 of its file, in hex.
    pub sha256: String,
    /// The number of packages that were unpacked.
    pub packages: usize,
}

impl fmt::Display for DistributionPackage {
    /// `Debian bookworm (12.15, 30 packages, python3.11 3.11.2-6+deb12u6)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} (", self.distribution, self.suite)?;
        if let Some(release) = &self.release {
            write!(f, "{release}, ")?;
        }
        write!(f, "{} packages, {} {})", self.packages, self.name, self.version)
    }
}

impl Interpreter {
    /// Major and minor version: `3.12`.
    pub fn minor(&self) -> String {
        format!("{}.{}", self.version.0, self.version.1)
    }

    /// The version in the names of its executable and directories: `3.12`, `3.13t`.
    pub fn name_version(&self) -> String {
        self.minor() + self.abi_flags()
    }

    /// The tag of its binary interface: `cp312`, `cp313t`.
    pub fn abi(&self) -> String {
        format!("cp{}{}{}", self.version.0, self.version.1, self.abi_flags())
    }

    /// `sys.abiflags`; other flags than this one aren't supported.
    fn abi_flags(&self) -> &'static str {
        if self.is_free_threaded { "t" } else { "" }
    }

    /// Whether this machine runs the interpreter itself.
    pub fn runs_here(&self) -> bool {
        self.host == self.executable
    }

    /// The bytes of [`Interpreter::magic`]; `None` if it isn't hex.
    pub fn magic_bytes(&self) -> Option<Vec<u8>> {
        let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        self.magic.as_bytes().chunks(2).map(byte).collect()
    }

    /// The executable in a runtime's prefix: `bin/python3.12`.
    pub fn program(&self) -> String {
        self.target.python.executable(&self.name_version())
    }

    /// The standard library's directory in a runtime's prefix: `lib/python3.12`.
    pub fn lib(&self) -> String {
        self.target.python.stdlib(&self.name_version())
    }

    /// The directory of distributions in an environment: `lib/python3.12/site-packages`.
    pub fn site_packages(&self) -> String {
        self.target.python.site_packages(&self.name_version())
    }
}
