//! The arguments of `audit`.

use std::path::PathBuf;

use clap::Args;
use snakecrate_audit::Glibc;

/// The subject of an audit, and its form.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  snakecrate audit ./app                        an archive
  snakecrate audit numpy-….whl --max-glibc 2.28 a wheel; fails if it requires more
  snakecrate audit .venv/lib                    every ELF file below a directory
  snakecrate audit ./app --vulnerabilities all.zip
                                                known vulnerabilities of what the archive's SBOM lists

The exit status is 1 if the code would not run: a file is for another machine, nothing provides a
library, or a file requires a newer glibc than --max-glibc. With --vulnerabilities it is 1 if one is known
that no VEX document says is fixed or not exploitable. Nothing is sent anywhere: OSV's databases are at
https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip, and under Debian and crates.io.")]
pub struct AuditArgs {
    /// An archive, a wheel, a directory or an ELF file
    pub path: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Fail if a file requires a newer glibc than this
    #[arg(long, value_name = "VERSION", conflicts_with = "vulnerabilities")]
    pub max_glibc: Option<Glibc>,
    /// Library that may be missing: a name, a pattern, or several with commas
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with = "vulnerabilities")]
    pub allow_missing: Vec<String>,
    /// Show the known vulnerabilities of an archive instead: an OSV database, as a zip, a file in
    /// JSON or YAML, or a directory of these (may be repeated)
    #[arg(long, value_name = "DB")]
    pub vulnerabilities: Vec<PathBuf>,
    /// Statements about vulnerabilities besides those in the archive: `OpenVEX` or `CycloneDX` (may be
    /// repeated)
    #[arg(long, value_name = "FILE", requires = "vulnerabilities")]
    pub vex: Vec<PathBuf>,
    /// Print SARIF 2.1.0
    #[arg(long, requires = "vulnerabilities", conflicts_with = "json")]
    pub sarif: bool,
}
