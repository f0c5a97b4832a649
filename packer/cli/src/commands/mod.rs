//! The subcommands. Results go to standard output, everything else to standard error.

mod artifacts;
mod audit;
mod build;
mod cache;
mod cache_document;
mod config;
mod config_document;
mod diff;
mod doctor;
pub mod documents;
mod dry_run;
mod fetch;
mod image;
mod init;
mod inspect;
mod labels;
mod licences;
mod limits;
mod list_targets;
mod manual;
mod only_proven;
mod package;
mod proving;
mod prune;
mod registry;
mod runtime;
mod sbom;
mod size;
mod swap;
mod targets;
mod test;
mod timings;
mod vulnerabilities;
mod watch;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::build::hints::Advice;
use crate::cli::{Cli, Command, InspectArgs};
use crate::{archive, proof, provenance, report};

use crate::source;
use snakecrate_base::error::Remedy;
use snakecrate_base::ui::Ui;
use snakecrate_format::target::Target;
pub use targets::Failure;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The artifacts cannot be chosen.
    #[error(transparent)]
    Artifacts(#[from] artifacts::Error),
    /// The build failed.
    #[error(transparent)]
    Build(#[from] crate::build::Error),
    /// An archive cannot be used.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// Tests were not started.
    #[error(transparent)]
    Test(Box<test::Error>),
    /// Native code would not run.
    #[error(transparent)]
    Audit(#[from] snakecrate_audit::Error),
    /// There are known vulnerabilities.
    #[error(transparent)]
    Vulnerabilities(#[from] vulnerabilities::Error),
    /// There is nothing to audit.
    #[error(transparent)]
    Collect(#[from] crate::audit_sources::Error),
    /// The archive does not pass its proof.
    #[error("{error}{}", advice.as_ref().map(|advice| format!("\n{}", advice.cause)).unwrap_or_default())]
    Proof {
        /// What fails.
        error: Box<proof::Error>,
        /// What the build knows about it.
        advice: Option<Advice>,
        /// Where the archive is.
        kept: Option<PathBuf>,
    },
    /// An archive cannot become an environment.
    #[error(transparent)]
    Prefix(#[from] crate::prefix::Error),
    /// A package cannot be made.
    #[error(transparent)]
    Package(#[from] crate::package::Error),
    /// An image cannot be made.
    #[error(transparent)]
    Image(#[from] crate::image::Error),
    /// A registry cannot be used.
    #[error(transparent)]
    Registry(#[from] snakecrate_registry::Error),
    /// An image of several things that aren't archives.
    #[error("an image is of one source, or of one archive for each target")]
    SeveralSources,
    /// A rebased image has nowhere to go.
    #[error("{0} is a directory, and nothing says where its new image goes")]
    NoOutput(String),
    /// An image without a C library.
    #[error("an image has no C library but the archive's own, and --libc is `host`")]
    HostLibrary,
    /// An archive is built already.
    #[error("{} is an archive, and `{option}` is an option of its build", path.display())]
    BuiltAlready {
        /// The archive.
        path: PathBuf,
        /// The key of an option that was given.
        option: String,
    },
    /// A build with `--only-proven` does not know what is needed.
    #[error(transparent)]
    NoEvidence(#[from] only_proven::NoEvidence),
    /// Sizes cannot be shown.
    #[error(transparent)]
    Size(#[from] size::Error),
    /// There is no bill of materials.
    #[error(transparent)]
    Bill(#[from] crate::bill::Error),
    /// Licences cannot be shown, or are not allowed.
    #[error(transparent)]
    Licences(#[from] licences::Error),
    /// An archive is over a limit of its settings.
    #[error(transparent)]
    Limits(#[from] limits::Error),
    /// The archive is over its budget, and is kept with another suffix.
    #[error("{error}")]
    OverBudget {
        /// The limits and the largest additions.
        error: Box<limits::Error>,
        /// The archive.
        kept: PathBuf,
    },
    /// Components of an archive cannot be replaced.
    #[error(transparent)]
    Swap(#[from] swap::Error),
    /// Yanked versions cannot be looked up.
    #[error(transparent)]
    Index(#[from] crate::diff::NoAnswer),
    /// Several packages would have one name.
    #[error("there are several packages, and {} isn't a directory", .0.display())]
    SeveralPackages(PathBuf),
    /// Some targets of a build failed.
    #[error("{}", lines(.0, "not built for", Error::to_string))]
    Targets(Vec<Failure>),
    /// `run` starts one archive.
    #[error("`run` starts one archive, and there are several targets: {}", names(.0))]
    SeveralTargets(Vec<&'static Target>),
    /// `run` cannot start an archive for this target.
    #[error("cannot run an archive for {target} here: {why}")]
    Foreign {
        /// The target.
        target: &'static Target,
        /// Why this machine does not start it.
        why: String,
    },
    /// A directory for results cannot be made.
    #[error("cannot make the directory {}: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The provenance cannot be written.
    #[error(transparent)]
    Provenance(#[from] provenance::Error),
    /// The build report cannot be written.
    #[error(transparent)]
    Report(#[from] report::Error),
    /// The archive that was built does not start.
    #[error("cannot start {}: {source}", path.display())]
    Start {
        /// The archive.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The cache cannot be read or changed.
    #[error("cannot {what} the cache in {}: {source}", path.display())]
    Cache {
        /// `read`, `prune` …
        what: &'static str,
        /// Its root.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The cache differs from what was packed.
    #[error("the cache in {} is damaged: {trees} of its directories differ from what was packed", path.display())]
    Damaged {
        /// Its root.
        path: PathBuf,
        /// Number of damaged components and environments.
        trees: usize,
    },
    /// An option cannot be printed.
    #[error("cannot print the options: {0}")]
    Option(serde_json::Error),
    /// The files of a source cannot be watched.
    #[error(transparent)]
    Watch(#[from] watch::Error),
    /// The table of options cannot be written.
    #[error(transparent)]
    Init(#[from] init::Error),
    /// A page of the manual cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Manual {
        /// The page or its directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Standard output cannot be written.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

impl From<source::Error> for Error {
    fn from(error: source::Error) -> Self {
        Self::Build(error.into())
    }
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Artifacts(error) => error.remedy(),
            Self::Build(error) => error.remedy(),
            Self::Archive(error) => error.remedy(),
            Self::Test(error) => error.remedy(),
            Self::Audit(error) => error.remedy(),
            Self::Vulnerabilities(error) => error.remedy(),
            Self::Collect(error) => error.remedy(),
            Self::Report(error) => error.remedy(),
            Self::Provenance(error) => error.remedy(),
            Self::Package(error) => error.remedy(),
            Self::Prefix(error) => error.remedy(),
            Self::Image(error) => error.remedy(),
            Self::Registry(error) => error.remedy(),
            Self::SeveralSources => Some("build an archive for each target first".into()),
            Self::NoOutput(_) => {
                Some("name a directory with -o, or a repository with --push".into())
            }
            Self::HostLibrary => Some("leave out --libc".into()),
            Self::BuiltAlready { .. } => {
                Some("leave it out, or give the source of the archive".into())
            }
            Self::NoEvidence(error) => error.remedy(),
            Self::Size(error) => error.remedy(),
            Self::Licences(error) => error.remedy(),
            Self::Bill(error) => error.remedy(),
            Self::Limits(error) => error.remedy(),
            Self::OverBudget { kept, .. } => Some(format!(
                "leave something out, or raise the limit in [tool.snakecrate.budget]; `snakecrate \
                 size {}` shows what is in the archive",
                kept.display()
            )),
            Self::Swap(error) => error.remedy(),
            Self::Index(error) => error.remedy(),
            Self::SeveralPackages(_) => Some("name a directory with -o".into()),
            Self::Targets(failures) => {
                let remedy = |error: &Self| error.remedy().unwrap_or_default();
                match &**failures {
                    [one] => one.error.remedy(),
                    all => Some(lines(all, "for", remedy)),
                }
            }
            Self::Foreign { .. } => {
                Some("use `snakecrate build`, or install qemu-user-static".into())
            }
            Self::SeveralTargets(_) => Some("choose one with --target".into()),
            Self::Directory { .. } => Some(
                "name a place that you can write to (with several targets, a directory)".into(),
            ),
            Self::Proof { error, advice, kept } => {
                let remedy = advice.as_ref().map(|advice| advice.remedy.clone());
                let kept = kept.as_ref().map(|kept| {
                    format!("look into {}, or skip the proof with --no-proof", kept.display())
                });
                let parts = remedy.into_iter().chain(error.remedy()).chain(kept);
                Some(parts.collect::<Vec<_>>().join("; "))
            }
            Self::Start { .. } => {
                Some("set SNAKECRATE_CACHE to a directory that allows execution".into())
            }
            Self::Cache { .. } => Some("set SNAKECRATE_CACHE to a directory that you own".into()),
            Self::Damaged { .. } => Some("run snakecrate cache verify --repair".into()),
            Self::Watch(error) => error.remedy(),
            Self::Init(error) => error.remedy(),
            Self::Manual { .. } => Some("name a directory that you can write to".into()),
            Self::Option(_) => Some("give paths that are UTF-8".into()),
            Self::Output(_) => None,
        }
    }
}

/// A line about each failure, with what `text` says of it.
fn lines(failures: &[Failure], verb: &str, text: impl Fn(&Error) -> String) -> String {
    let line = |one: &Failure| format!("{verb} {}: {}", one.target, text(&one.error));
    failures.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn names(targets: &[&Target]) -> String {
    targets.iter().map(|target| target.name).collect::<Vec<_>>().join(", ")
}

/// Runs the command.
pub fn run(cli: Cli) -> Result<ExitCode, Error> {
    let ui = Ui::new(cli.global.verbosity());
    match cli.command {
        Command::Build { args, modes } if modes.dry_run => dry_run::show(&args, modes.json, ui)?,
        Command::Build { args, modes } => {
            timings::around(modes.timings, || build::build(&args, ui))?;
        }
        Command::Run { args, watch: true, arguments } => {
            return watch::run(&args, &arguments, ui);
        }
        Command::Run { args, arguments, .. } => return Err(build::run(&args, &arguments, ui)),
        Command::Runtime(args) => runtime::runtime(&args, ui)?,
        Command::Fetch { args, json } => fetch::fetch(&args, json, ui)?,
        Command::Config(args) => config::config(&args)?,
        Command::Package(args) => package::package(&args, ui)?,
        Command::Image(args) => image::image(&args, ui)?,
        Command::Swap(args) => swap::swap(&args, ui)?,
        Command::Test { args, arguments } => {
            return Err(Error::Test(test::test(&args, &arguments, ui).into()));
        }
        Command::Inspect(args) if args.vex => vulnerabilities::vex(&args.file)?,
        Command::Inspect(args) if args.dropped => inspect::dropped(&args.file, args.json)?,
        Command::Inspect(InspectArgs { file, sbom: Some(format), .. }) => {
            sbom::sbom(&file, format)?;
        }
        Command::Inspect(args) if licences::is_asked(&args) => licences::licences(&args, ui)?,
        Command::Inspect(args) => inspect::inspect(&args.file, args.json)?,
        Command::Audit(args) if !args.vulnerabilities.is_empty() => {
            vulnerabilities::vulnerabilities(&args, ui)?;
        }
        Command::Audit(args) => audit::audit(args)?,
        Command::Size(args) => size::size(&args, ui)?,
        Command::Diff(args) => return diff::diff(&args),
        Command::Verify { file, json } => inspect::verify(&file, json, ui)?,
        Command::Extract { file, directory: Some(directory), .. } => {
            inspect::extract(&file, &directory, ui)?;
        }
        Command::Extract { file, directory: None, env, libc } => {
            inspect::extract_env(&file, &env.unwrap_or_default(), libc, ui)?;
        }
        Command::Targets { json } => list_targets::list(json)?,
        Command::Doctor { json } => return doctor::doctor(json),
        Command::Init(args) => init::init(&args, ui)?,
        Command::Completions { shell } => manual::completions(shell)?,
        Command::Manual { directory } => manual::manual(&directory, ui)?,
        Command::Cache(command) => cache::run(&command, ui)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints a result. It isn't a failure if the reader closes the pipe early.
fn print(text: &str) -> Result<(), Error> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
