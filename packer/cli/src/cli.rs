//! Flags, and nothing else.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand};

use crate::build::LibcChoice;
use crate::config::Config;
use crate::prune::values::{Bytes, When};
use snakecrate_audit::Glibc;
use snakecrate_base::ui::Verbosity;
use snakecrate_runtime::Strip;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

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
    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: the commands that are run, what was kept and dropped
    #[arg(short, long, global = true)]
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
        /// What to pack and how.
        #[command(flatten)]
        what: BuildArgs,
        /// The file to write [default: ./<name of the application>]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Build (or find it built) and run it
    #[command(after_help = "\
Examples:
  snakecrate run script.py
  snakecrate run httpie==3.2.4 -e http -- --version")]
    Run {
        /// What to pack and how.
        #[command(flatten)]
        what: BuildArgs,
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

/// What to pack and how.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct BuildArgs {
    /// A project directory, a .py script, a wheel, or a requirement such as httpie==3.2.4
    #[arg(default_value = ".")]
    pub source: String,
    /// The Python to pack: a version, an interpreter, a python-build-standalone directory, archive
    /// or URL#sha256=… [default: the newest here that fits]
    #[arg(long, value_name = "SPEC")]
    pub python: Option<String>,
    /// Where Python is downloaded from when none here fits
    #[arg(long, value_name = "URL", env = "SNAKECRATE_PYTHON_MIRROR")]
    pub python_mirror: Option<String>,
    /// An entry to offer: a script's name, or NAME=MODULE:FUNCTION; repeatable
    #[arg(short, long = "entry", value_name = "NAME")]
    pub entries: Vec<String>,
    /// The entry that runs when the file's name does not say which
    #[arg(long, value_name = "NAME")]
    pub default: Option<String>,
    /// A module to run, as `python -m` does
    #[arg(short, long)]
    pub module: Option<String>,
    /// A further requirement; repeatable
    #[arg(long, value_name = "REQ")]
    pub with: Vec<String>,
    /// A requirements file, hashes honoured; repeatable
    #[arg(short, long = "requirements", value_name = "FILE")]
    pub requirements: Vec<PathBuf>,
    /// The package index
    #[arg(long, value_name = "URL")]
    pub index_url: Option<String>,
    /// A directory or page with further wheels; repeatable
    #[arg(long, value_name = "PLACE")]
    pub find_links: Vec<String>,
    /// A distribution never to take as a wheel, or :all:; repeatable
    #[arg(long, value_name = "NAME")]
    pub no_binary: Vec<String>,
    /// A distribution never to build, or :all:; repeatable
    #[arg(long, value_name = "NAME")]
    pub only_binary: Vec<String>,
    /// Use nothing but what is on this machine
    #[arg(long)]
    pub offline: bool,
    /// How hard to compress, 1 to 22
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=22))]
    pub level: Option<i32>,
    /// Compress as hard as is of use: level 22, for an archive that many will download
    #[arg(long)]
    pub release: bool,
    /// What to leave out of the libraries of wheels: none, debug information, or all symbols
    /// [default: debug]
    #[arg(long, value_name = "WHAT", hide_possible_values = true)]
    pub strip: Option<Strip>,
    /// Files of wheels and application to leave out: tests, stubs, sources, or a pattern, such as
    /// 'demo/locale/**'; repeatable
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
    /// Files to keep that --exclude would leave out; repeatable
    #[arg(long, value_name = "PATTERN")]
    pub include: Vec<String>,
    /// Start with -O (1: no assert) or -OO (2: no docstrings either), and compile so
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=2))]
    pub optimize: Option<u8>,
    /// Pack bytecode without its sources: tracebacks then have no lines
    #[arg(long)]
    pub sourceless: bool,
    /// Pack only the modules of the standard library that something can import
    #[arg(long)]
    pub runtime_minimal: bool,
    /// Let the interpreter see PYTHON* variables, the current directory and the user's packages
    #[arg(long)]
    pub no_isolated: bool,
    /// Let the user's LD_* variables take effect, for libraries such as drivers that lie outside
    /// of the archive; --no-isolated implies it
    #[arg(long)]
    pub loader_variables: bool,
    /// Which C library it runs on: auto (the host's where it will do, else its own), host, bundled
    #[arg(long, value_name = "WHICH", hide_possible_values = true)]
    pub libc: Option<LibcChoice>,
    /// Import entry points as Python does by itself, with the garbage collector running
    #[arg(long)]
    pub no_fast_start: bool,
    /// An option of the interpreter, such as -O or -Xutf8; repeatable
    #[arg(long = "python-option", value_name = "OPTION", allow_hyphen_values = true)]
    pub python_options: Vec<String>,
    /// A part of the runtime to keep that would be left out: the name of a part (ssl, sqlite3,
    /// tkinter, …; --verbose lists them), stdlib for all of the library, or a pattern, such as
    /// idlelib; repeatable
    #[arg(long, value_name = "PATTERN")]
    pub runtime_keep: Vec<String>,
    /// A part of the runtime to drop, such as sqlite3, or a pattern; repeatable
    #[arg(long, value_name = "PATTERN")]
    pub runtime_drop: Vec<String>,
    /// Fail if anything in the archive needs a newer glibc than this, such as 2.28
    #[arg(long, value_name = "VERSION")]
    pub max_glibc: Option<Glibc>,
    /// A library to take from this machine, with what it needs, such as libpq.so.5; repeatable
    #[arg(long = "include-lib", value_name = "NAME")]
    pub include_libs: Vec<String>,
    /// A library that may be missing, such as libodbc.so.2; repeatable
    #[arg(long, value_name = "NAME")]
    pub allow_missing: Vec<String>,
}

impl BuildArgs {
    /// The flags in the form of `[tool.snakecrate]`.
    pub fn config(self, output: Option<PathBuf>) -> Config {
        Config {
            python: self.python,
            python_mirror: self.python_mirror,
            entries: self.entries,
            default: self.default,
            module: self.module,
            with: self.with,
            requirements: self.requirements,
            index_url: self.index_url,
            find_links: self.find_links,
            no_binary: self.no_binary,
            only_binary: self.only_binary,
            offline: self.offline.then_some(true),
            level: self.level,
            release: self.release.then_some(true),
            strip: self.strip,
            exclude: self.exclude,
            include: self.include,
            optimize: self.optimize,
            sourceless: self.sourceless.then_some(true),
            runtime_minimal: self.runtime_minimal.then_some(true),
            output,
            isolated: self.no_isolated.then_some(false),
            loader_variables: self.loader_variables.then_some(true),
            libc: self.libc,
            fast_start: self.no_fast_start.then_some(false),
            python_options: self.python_options,
            runtime_keep: self.runtime_keep,
            runtime_drop: self.runtime_drop,
            max_glibc: self.max_glibc,
            include_libs: self.include_libs,
            allow_missing: self.allow_missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_flags_do_not_contradict_each_other() {
        super::Cli::command().debug_assert();
    }
}
