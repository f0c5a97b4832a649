//! The arguments of `cache`.

use clap::Subcommand;

use crate::prune::values::{Bytes, When};

/// The subcommands of `cache`.
#[derive(Debug, Subcommand)]
pub enum Cache {
    /// Print the directory of the cache
    Dir,
    /// List environments and components
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Compare every file with what was packed
    Verify {
        /// Remove damaged components; their archives unpack them again at the next start
        #[arg(long)]
        repair: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove environments that have not been used for a while; those in use stay
    #[command(after_help = "\
Each option is a reason to remove an environment; the default is --unused 30. A component goes with
the last environment that uses it. Build files go by --unused only.

Examples:
  snakecrate cache prune --unused 90 --dry-run       not started for 90 days
  snakecrate cache prune --unused 2026-10-31         not started since that day
  snakecrate cache prune --max-size 2G               least recently used first, until 2 GB are left")]
    Prune {
        /// Remove environments not used for this many days, or since a date (YYYY-MM-DD)
        #[arg(long, value_name = "DAYS|DATE")]
        unused: Option<When>,
        /// Remove environments unpacked more than this many days ago, or before a date
        #[arg(long, value_name = "DAYS|DATE")]
        older: Option<When>,
        /// Remove the least recently used environments until the rest fits: 500M, 1.5GiB
        #[arg(long, value_name = "SIZE")]
        max_size: Option<Bytes>,
        /// List what would be removed, and remove nothing
        #[arg(long)]
        dry_run: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove all environments that are not in use, and all build files
    Clear {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl Cache {
    /// Whether the output is for programs.
    pub fn is_json(&self) -> bool {
        match self {
            Self::Dir => false,
            Self::List { json }
            | Self::Verify { json, .. }
            | Self::Prune { json, .. }
            | Self::Clear { json } => *json,
        }
    }
}
