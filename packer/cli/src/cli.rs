//! Flags, and nothing else.

use std::path::PathBuf;

use clap::Arg;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand};
use confique::Layer as _;

use crate::prune::values::{Bytes, When};
use crate::settings::{Options, described};
use snakecrate_audit::Glibc;
use snakecrate_base::ui::Verbosity;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Behind the options of the command itself.
const LAST: usize = 900;

/// Pack a Python application into one executable file.
#[derive(Debug, Parser)]
#[command(name = "snakecrate", version, styles = STYLES, max_term_width = 100)]
#[command(after_help = "\
Examples:
  snakecrate build                          the project here, to ./<name>
  snakecrate build httpie==3.2.4 -o http    an application from the package index
  snakecrate run script.py -- --flag        a script with a PEP 723 block
  snakecrate inspect ./http                 what is inside")]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Report errors only
    #[arg(short, long, global = true, display_order = LAST, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Report more: the commands that run, and what was kept and dropped
    #[arg(short, long, global = true, display_order = LAST)]
    pub verbose: bool,
}

impl Global {
    /// How much the user wants to hear.
    pub fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build one executable file
    #[command(mut_args = describe_for_build)]
    #[command(after_help = "\
Examples:
  snakecrate build                              the project in this directory
  snakecrate build examples/etl -o etl          all of its [project.scripts] in one file
  snakecrate build . -e serve --python 3.12     one entry, a certain Python
  snakecrate build black --with 'black[d]'      more requirements
  snakecrate build . -r requirements.lock       pinned, hashes checked
  snakecrate build app -m app.tool              as `python -m app.tool`

Every option is also a key of [tool.snakecrate] in pyproject.toml.")]
    Build {
        /// What to pack, and how.
        #[command(flatten)]
        args: BuildArgs,
    },
    /// Build an archive unless it is cached, and run it
    #[command(mut_args = describe_for_run)]
    #[command(after_help = "\
Examples:
  snakecrate run script.py
  snakecrate run httpie==3.2.4 -e http -- --version")]
    Run {
        /// What to pack, and how.
        #[command(flatten)]
        args: BuildArgs,
        /// Arguments of the application
        #[arg(last = true, value_name = "ARGS")]
        arguments: Vec<std::ffi::OsString>,
    },
    /// Show what is inside an archive: components, versions, digests, sizes, entries, target
    Inspect {
        /// The archive
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what native code needs of a machine: glibc, libraries, processor
    #[command(after_help = "\
Examples:
  snakecrate audit ./app                        an archive
  snakecrate audit numpy-….whl --max-glibc 2.28 a wheel; fails if it needs more
  snakecrate audit .venv/lib                    every ELF file below a directory

Exit status 1 when it would not run: a file for another machine, a library nobody provides, or a
glibc newer than --max-glibc.")]
    Audit {
        /// An archive, a wheel, a directory or an ELF file
        path: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Fail if a newer glibc than this is needed
        #[arg(long, value_name = "VERSION")]
        max_glibc: Option<Glibc>,
        /// A library that may be missing; repeatable
        #[arg(long, value_name = "NAME")]
        allow_missing: Vec<String>,
    },
    /// Check every digest, and the zip directory against the manifest
    Verify {
        /// The archive
        file: PathBuf,
    },
    /// Write the component trees as ordinary files
    Extract {
        /// The archive
        file: PathBuf,
        /// The directory to make
        directory: PathBuf,
    },
    /// Look after the cache that archives unpack to
    #[command(subcommand)]
    Cache(Cache),
}

/// What to do with the cache.
#[derive(Debug, Subcommand)]
pub enum Cache {
    /// Print where it is
    Dir,
    /// List what is in it
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Compare every file with what was packed
    Verify {
        /// Remove what differs: the archives unpack it anew when they start
        #[arg(long)]
        repair: bool,
    },
    /// Remove what has not been used for a while; what runs is left alone
    #[command(after_help = "\
Each option by itself is a reason to remove an environment; without any, it is --unused 30. Components
go with the last environment that is made of them, the packer's own files by --unused.

Examples:
  snakecrate cache prune --unused 90 --dry-run       what was not started for 90 days
  snakecrate cache prune --unused 2026-10-31         what was not started since
  snakecrate cache prune --max-size 2G               the least recently used, until 2 GB are left")]
    Prune {
        /// Environments not used for so many days, or since a date (YYYY-MM-DD)
        #[arg(long, value_name = "DAYS|DATE")]
        unused: Option<When>,
        /// Environments made more than so many days ago, or before a date
        #[arg(long, value_name = "DAYS|DATE")]
        older: Option<When>,
        /// The least recently used environments, until the components of the others fit: 500M, 1.5GiB
        #[arg(long, value_name = "SIZE")]
        max_size: Option<Bytes>,
        /// Say what would go, and remove nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Remove everything that does not run at the moment, and the packer's own files
    Clear,
}

/// The compression level of `run`: its archives are started at once and go nowhere, and level 18
/// takes a hundred times as long (`stub/FORMAT.md`).
const RUN_LEVEL: i32 = 3;

/// The defaults of `run` where they differ from those of `build`.
pub fn run_defaults() -> Options {
    Options { level: Some(RUN_LEVEL), ..Options::empty() }
}

fn describe_for_build(arg: Arg) -> Arg {
    described(arg, None)
}

/// `run` chooses where its archive lies.
fn describe_for_run(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "level" => described(arg, Some(RUN_LEVEL.to_string())),
        "output" => arg.hide(true).value_parser(|_: &str| {
            Err::<PathBuf, _>("only `snakecrate build` writes a file of your choice")
        }),
        _ => described(arg, None),
    }
}

/// What to pack, and how.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// A project directory, a .py script, a wheel, or a requirement such as httpie==3.2.4
    #[arg(default_value = ".")]
    pub source: String,
    /// The options, which are keys of `[tool.snakecrate]`, too.
    #[command(flatten)]
    pub options: Options,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_flags_do_not_contradict_each_other() {
        super::Cli::command().debug_assert();
    }
}
