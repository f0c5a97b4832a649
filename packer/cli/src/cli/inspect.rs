//! The arguments of `inspect`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// A format of bills of materials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SbomFormat {
    /// `CycloneDX` 1.7 in JSON
    Cyclonedx,
    /// SPDX 2.3 in JSON, the version that most programs read
    Spdx,
}

/// The archive and what is shown of it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  snakecrate inspect ./app                      components, entries, target
  snakecrate inspect ./app --licenses           the licence of each part, and the texts
  snakecrate inspect ./app --deny AGPL-3.0-or-later --deny GPL-3.0-or-later
                                                status 1 if a part has no other licence
  snakecrate inspect ./app --notices NOTICES.txt
                                                the third-party notices that vendors have to ship
  snakecrate inspect ./app --sbom cyclonedx > app.cdx.json
                                                the bill of materials

A licence is taken from a distribution's metadata, else from its text. Those of libraries that came from
the host are known by their package or their name.")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct InspectArgs {
    /// The archive
    pub file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// List the files of wheels that are not in the archive, and why
    #[arg(long, conflicts_with_all = ["licenses", "deny", "allow", "notices"])]
    pub dropped: bool,
    /// Print the statements about vulnerabilities (VEX) that the vendor put into the archive
    #[arg(long, conflicts_with_all = ["licenses", "deny", "allow", "notices", "dropped", "json", "sbom"])]
    pub vex: bool,
    /// Show the licence of each part, and the texts
    #[arg(long)]
    pub licenses: bool,
    /// Fail if a part has this licence and no other choice: an SPDX expression
    #[arg(long, value_name = "SPDX")]
    pub deny: Vec<String>,
    /// Fail if a part has no licence that is allowed: SPDX expressions
    #[arg(long, value_name = "SPDX")]
    pub allow: Vec<String>,
    /// Print the bill of materials: interpreter, C library, wheels, libraries in them, packages, launcher
    #[arg(
        long,
        value_name = "FORMAT",
        conflicts_with_all = ["json", "dropped", "licenses", "deny", "allow", "notices"]
    )]
    pub sbom: Option<SbomFormat>,
    /// Write the third-party notices to this file
    #[arg(long, value_name = "OUT")]
    pub notices: Option<PathBuf>,
}
