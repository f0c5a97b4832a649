//! The command line: subcommands and their flags.

mod audit;
mod build;
mod cache;
mod config;
mod diff;
mod image;
mod init;
mod inspect;
#[cfg(test)]
mod reference;
mod size;
mod swap;
mod test;

use std::path::PathBuf;

use clap::Arg;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand};
use confique::Layer as _;

use crate::prefix::LibcUse;
use crate::runtime_args::RuntimeArgs;
use crate::settings::{Options, described, heading};
use snakecrate_base::ui::Verbosity;

pub use audit::AuditArgs;
pub use build::BuildModes;
pub use cache::Cache;
pub use config::{ConfigArgs, Variables};
pub use diff::DiffArgs;
pub use image::{ImageArgs, ImageCommand, LayerCompression, RebaseArgs, RegistryArgs};
pub use init::InitArgs;
pub use inspect::{InspectArgs, SbomFormat};
pub use size::SizeArgs;
pub use swap::SwapArgs;
pub use test::TestArgs;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// The place of the global options in help: behind those of the command.
const LAST: usize = 900;

/// Pack a Python application into one executable file.
#[derive(Debug, Parser)]
#[command(name = "snakecrate", version, styles = STYLES, max_term_width = 100)]
#[command(after_help = "\
Examples:
  snakecrate build                          the project in this directory
  snakecrate build httpie==3.2.4 -o http    an application from the package index
  snakecrate run script.py -- --flag        a script with a PEP 723 block
  snakecrate inspect ./http                 the contents of an archive")]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// The subcommand.
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
    /// The amount of output that the user asked for.
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
    #[command(mut_args = describe)]
    #[command(after_help = "\
Examples:
  snakecrate build                              the project in this directory
  snakecrate build examples/etl -o etl          all its commands in one file
  snakecrate build . -e serve --python 3.12     one entry, Python 3.12
  snakecrate build site -e 'web=gunicorn shop.wsgi -b :80'
                                                a Django project, with a fixed command line
  snakecrate build black --with 'black[d]'      an additional requirement
  snakecrate build . -r requirements.lock       pinned versions and hashes
  snakecrate build app -m app.tool              like `python -m app.tool`

Every option is also a key of [tool.snakecrate] in pyproject.toml.")]
    Build {
        /// The source and the options of the build.
        #[command(flatten)]
        args: Box<BuildArgs>,
        /// What is done beside the build, or in place of it.
        #[command(flatten)]
        modes: BuildModes,
    },
    /// Write the runtime file of a Python, for archives that were built with --runtime external
    #[command(after_help = "\
Examples:
  snakecrate runtime 3.12                       ./cpython-3.12-x86_64-linux.runtime
  snakecrate runtime debian:bookworm -o /usr/lib/snakecrate/runtimes/cpython-3.11-x86_64-linux.runtime

An archive looks for it in SNAKECRATE_RUNTIME (a file or a directory), else beside itself, else in
/usr/lib/snakecrate/runtimes. Only its user and root may be able to write to the file and its directory.")]
    Runtime(RuntimeArgs),
    /// Download everything that a build needs, so that `build --offline` works later
    #[command(mut_args = describe_for_fetch)]
    #[command(after_help = "\
Examples:
  snakecrate fetch                              for the project in this directory
  snakecrate fetch httpie==3.2.4 --python 3.12  then: snakecrate build httpie==3.2.4 --python 3.12 --offline

Give it the source and the options of the build. It prints what it has.")]
    Fetch {
        /// The source and the options of the build.
        #[command(flatten)]
        args: BuildArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the options that are in force, and where each is from
    #[command(mut_args = describe_for_config)]
    #[command(after_help = "\
Examples:
  snakecrate config                             of the project in this directory
  snakecrate config script.py --level 3         with a flag: flags win over files
  snakecrate config --artifact web --json       of one artifact, for scripts
  snakecrate config --schema                    the JSON schema of [tool.snakecrate]

Give it the source and the options of the build. It builds nothing, and doesn't use the network.")]
    Config(ConfigArgs),
    /// Build an archive unless it is cached, and run it
    #[command(mut_args = describe_for_run)]
    #[command(after_help = "\
Examples:
  snakecrate run script.py
  snakecrate run httpie==3.2.4 -e http -- --version
  snakecrate run --watch . -- --port 8000       starts it again when a file changes")]
    Run {
        /// The source and the options of the build.
        #[command(flatten)]
        args: Box<BuildArgs>,
        /// Build and start it again when a file of the source changes, until Ctrl-C
        #[arg(long)]
        watch: bool,
        /// Arguments of the application
        #[arg(last = true, value_name = "ARGS")]
        arguments: Vec<std::ffi::OsString>,
    },
    /// Write a Debian or RPM package, or a .tar.gz file, of an archive, which is built first if a source is given
    #[command(mut_args = describe_for_package)]
    #[command(after_help = "\
Examples:
  snakecrate package --deb                      ./NAME_VERSION-1_amd64.deb of the project here
  snakecrate package --rpm ./app -o app.rpm     of an archive
  snakecrate package --deb --rpm -o dist httpie==3.2.4 --maintainer 'A B <a@b.org>'
                                                both, of an application from the package index
  snakecrate package --tar ./app                ./NAME-VERSION-TARGET.tar.gz with bin/NAME and its desktop entry

The package has the archive at /usr/libexec/NAME/NAME and links to it in /usr/bin. Each user's first start
unpacks it, or --all-users does when it is installed, or --unpacked leaves nothing to unpack. systemd units come from
[tool.snakecrate.service.NAME] of the project.")]
    Package(PackageArgs),
    /// Write an image for containers, of an archive, which is built first if a source is given
    #[command(mut_args = describe_for_image)]
    #[command(after_help = "\
Examples:
  snakecrate image                              ./NAME.oci, an OCI layout, of the project here
  snakecrate image -o app.tar                   for `docker load` or `podman load`
  snakecrate image app-x86_64 app-aarch64 -o app.oci
                                                an image index of one archive for each target
  snakecrate image --base ./debian.oci          on top of another image, which has a shell
  snakecrate image --push ghcr.io/team/app      to a registry; the version is the tag

The image has no shell and runs as user 65532, read-only. All images of an interpreter share its layers.")]
    Image(Box<ImageArgs>),
    /// Replace components of a finished archive: its Python, wheels, C library or application
    #[command(mut_args = swap::describe)]
    Swap(SwapArgs),
    /// Run a project's own tests on an archive, which stays as it is
    #[command(after_help = "\
Examples:
  snakecrate test ./app --with pytest -- tests/            like `python -m pytest tests/`
  snakecrate test ./app -r requirements-test.txt -- -x     requirements from a file
  snakecrate test ./app -m unittest -- discover tests      another runner

The requirements come behind the archive's own distributions, whose versions they have to accept. The
exit status is the runner's.")]
    Test {
        /// The archive and the tests' requirements.
        #[command(flatten)]
        args: TestArgs,
        /// Arguments of the runner
        #[arg(last = true, value_name = "ARGS")]
        arguments: Vec<std::ffi::OsString>,
    },
    /// Show the contents of an archive: components, versions, digests, sizes, entries, target, licences
    Inspect(InspectArgs),
    /// Show the differences between two archives: components, licences, bytes, entries, options, target
    Diff(DiffArgs),
    /// Show where the bytes of an archive go: components, kinds of files, directories, duplicates
    Size(SizeArgs),
    /// Show what native code requires from a host: glibc, libraries, processor; or known vulnerabilities
    #[command(mut_args = describe)]
    Audit(AuditArgs),
    /// Check an archive: every digest, and the zip directory against the manifest
    Verify {
        /// The archive
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write the files of an archive to a directory: its components, or with --env an environment that runs
    #[command(after_help = "\
Examples:
  snakecrate extract ./app parts                one directory for each component, as they were packed
  snakecrate extract ./app --env /srv/app       then: /srv/app/bin/app, /srv/app/bin/python3
  snakecrate extract ./app --env app --libc bundled
                                                for a host with another C library than this one

An environment may be moved. It needs no cache and writes nothing.")]
    Extract {
        /// The archive
        file: PathBuf,
        /// The directory to create, with one directory for each component
        #[arg(required_unless_present = "env")]
        directory: Option<PathBuf>,
        /// Directory to create as a complete environment
        #[arg(long, value_name = "DIR", conflicts_with = "directory")]
        env: Option<PathBuf>,
        /// C library that the environment runs on
        #[arg(long, value_name = "CHOICE", requires = "env", default_value = "auto")]
        libc: LibcUse,
    },
    /// Show the targets that archives can be built for here, and what is missing for the rest
    Targets {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Check whether this machine can build: launchers, Pythons, uv, cache, space
    #[command(after_help = "\
Each line says what to do where something is missing. The status is 1 only if nothing can be built.")]
    Doctor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the options that a project needs as [tool.snakecrate], and write them
    #[command(after_help = "\
Examples:
  snakecrate init                               shows the table, and asks on a terminal
  snakecrate init --write                       adds it to ./pyproject.toml
  snakecrate init script.py --write             adds it to the script's PEP 723 block

A project that builds without options needs none, and gets none.")]
    Init(InitArgs),
    /// Print the completions of a shell
    #[command(after_help = "\
Examples:
  snakecrate completions bash > ~/.local/share/bash-completion/completions/snakecrate
  snakecrate completions zsh > ~/.zfunc/_snakecrate
  snakecrate completions fish > ~/.config/fish/completions/snakecrate.fish
  snakecrate completions powershell >> $PROFILE")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual: a page for each command
    #[command(after_help = "\
Example:
  snakecrate manual ~/.local/share/man/man1     then: man snakecrate-build")]
    Manual {
        /// The directory to write to
        directory: PathBuf,
    },
    /// Show, check and clean the cache of unpacked archives
    #[command(subcommand)]
    Cache(Cache),
}

/// The compression level of `run`: its archives stay on this machine, and level 18 takes a hundred
/// times as long (`stub/FORMAT.md`).
const RUN_LEVEL: i32 = 3;

/// The defaults of `run` where they differ from those of `build`.
pub fn run_defaults() -> Options {
    Options { level: Some(RUN_LEVEL), ..Options::empty() }
}

/// Options of packages are hidden: a build has no use for them.
fn describe(arg: Arg) -> Arg {
    let is_packaging = arg.get_id().as_str().starts_with(PACKAGING);
    described(arg, None).hide(is_packaging)
}

/// The ids of the options of packages begin with it.
const PACKAGING: &str = "packaging.";

/// `config` shows the options of packages, too.
fn describe_for_config(arg: Arg) -> Arg {
    described(arg, None)
}

/// `package` writes packages in place of the archive, and no report.
fn describe_for_package(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "output" => arg.help(
            "File to write, or the directory to write to; several packages need a directory \
             [default: the current one]",
        ),
        "report" => arg.hide(true).value_parser(|_: &str| {
            Err::<PathBuf, _>("`package` writes no report; use `build` for the archive")
        }),
        _ => described(arg, None),
    }
}

/// `image` writes an image in place of the archive, and no report.
fn describe_for_image(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "output" => arg.help(
            "Directory to write an OCI layout to, or a file .tar for a docker-archive \
             [default: NAME.oci]",
        ),
        "report" => arg.hide(true).value_parser(|_: &str| {
            Err::<PathBuf, _>("`image` writes no report; use `build` for the archive")
        }),
        _ => describe(arg),
    }
}

/// `run` keeps its archive in the build cache, and proves nothing: it starts the application itself.
fn describe_for_run(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "level" => described(arg, Some(RUN_LEVEL.to_string())),
        id if id.starts_with("proof.") || id.starts_with(PACKAGING) => arg.hide(true),
        "output" => arg.hide(true).value_parser(|_: &str| {
            Err::<PathBuf, _>("`run` keeps its archive in the cache; use `build` to write a file")
        }),
        _ => described(arg, None),
    }
}

/// `fetch` writes no archive; it accepts the options of `build` all the same.
fn describe_for_fetch(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "output" | "report" => described(arg, None).hide(true),
        _ => describe(arg),
    }
}

/// The source and the options of the build.
#[derive(Debug, Clone, Args)]
pub struct BuildArgs {
    /// A directory, a .py script, a .pyz, a wheel, a source distribution, a virtual environment, or a
    /// requirement such as httpie==3.2.4
    #[arg(default_value = ".")]
    pub source: String,
    /// Only the archive of [tool.snakecrate.artifact.NAME] [default: all of them]
    #[arg(long, value_name = "NAME", help_heading = heading::SOURCE)]
    pub artifact: Option<String>,
    /// The options; each is a key of `[tool.snakecrate]`, too.
    #[command(flatten)]
    pub options: Options,
}

/// The source or archive, and the formats of `package`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(group(clap::ArgGroup::new("format").args(["deb", "rpm", "tar"]).required(true).multiple(true)))]
pub struct PackageArgs {
    /// Write a Debian package
    #[arg(long)]
    pub deb: bool,
    /// Write an RPM package
    #[arg(long)]
    pub rpm: bool,
    /// Write a .tar.gz file, which keeps the archive's mode and has its desktop entry
    #[arg(long, conflicts_with_all = ["unpacked", "all_users"])]
    pub tar: bool,
    /// Package the unpacked files, in /opt/NAME, in place of the archive: no cache is needed
    #[arg(long)]
    pub unpacked: bool,
    /// Unpack the archive at its installation, once for all users
    #[arg(long, conflicts_with = "unpacked")]
    pub all_users: bool,
    /// The source or archive, and the options of the build.
    #[command(flatten)]
    pub build: BuildArgs,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_flags_do_not_contradict_each_other() {
        super::Cli::command().debug_assert();
    }
}
