//! `test`: a project's own tests on the archive.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use pep440_rs::Version;
use snakecrate_base::error::Remedy;
use snakecrate_base::host::{self, Way, way_of_archive};
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::Ui;
use snakecrate_format::manifest::{Kind, Manifest};
use snakecrate_format::target::Target;
use snakecrate_platform::paths::path_from_bytes;
use snakecrate_platform::process::replace_by;
use snakecrate_runtime::discover::{self, Request, Spec};

use crate::archive::{self, Archive};
use crate::build_cache::BuildCache;
use crate::cli::TestArgs;
use crate::overlay::{Overlay, Parts, Pinned};
use crate::resolve::{self, Fetched, Inputs};
use crate::{build, build_cache, overlay};

/// The variable that names a command of the launcher.
const VARIABLE: &str = "SNAKECRATE";

/// Why the tests were not started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The archive cannot be used.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// The tests' requirements, or the interpreter for them, cannot be had.
    #[error(transparent)]
    Build(#[from] build::Error),
    /// The overlay cannot be made.
    #[error(transparent)]
    Overlay(#[from] overlay::Error),
    /// The archive disables access to its interpreter.
    #[error("{} was built without access to its interpreter", .0.display())]
    Disabled(PathBuf),
    /// The archive cannot be unpacked.
    #[error("cannot unpack {}: {message}", path.display())]
    Unpack {
        /// The archive.
        path: PathBuf,
        /// The reason that its launcher names.
        message: String,
        /// What to do, in the launcher's words.
        help: Option<String>,
    },
    /// The archive is for another machine.
    #[error("cannot start {} here: {why}", path.display())]
    Foreign {
        /// The archive.
        path: PathBuf,
        /// Why this machine does not start it.
        why: String,
    },
    /// No interpreter has the archive's version.
    #[error("the archive has Python {archive}, and {} has {found}", path.display())]
    Version {
        /// The archive's version.
        archive: String,
        /// The interpreter.
        path: PathBuf,
        /// Its version.
        found: String,
    },
    /// The archive cannot be started.
    #[error("cannot start {}: {source}", path.display())]
    Start {
        /// The archive.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Archive(error) => error.remedy(),
            Self::Build(error) => error.remedy(),
            Self::Overlay(error) => error.remedy(),
            Self::Disabled(_) => Some("build it without --no-interpreter-access to test it".into()),
            Self::Unpack { help, .. } => Some(
                help.clone()
                    .unwrap_or_else(|| "run it with SNAKECRATE=info to see where it can be".into()),
            ),
            Self::Foreign { .. } => {
                Some("test it on a machine that it is for, or install qemu-user-static".into())
            }
            Self::Version { archive, .. } => Some(format!("give --python {archive}")),
            Self::Start { .. } => {
                Some("set SNAKECRATE_CACHE to a directory that allows execution".into())
            }
        }
    }
}

impl From<build_cache::Error> for Error {
    fn from(error: build_cache::Error) -> Self {
        Self::Build(error.into())
    }
}

/// `snakecrate test`: replaces this process by the runner, and returns only if that fails.
pub(super) fn test(args: &TestArgs, arguments: &[OsString], ui: Ui) -> Error {
    match prepared(args, arguments, ui) {
        Ok(mut command) => {
            let source = replace_by(&mut command);
            Error::Start { path: args.archive.clone(), source }
        }
        Err(error) => error,
    }
}

/// The command that runs the tests.
fn prepared(args: &TestArgs, arguments: &[OsString], ui: Ui) -> Result<Command, Error> {
    let archive = Archive::open(&args.archive)?;
    let manifest = archive.manifest();
    if manifest.launch.disabled_commands.iter().any(|name| name == "python") {
        return Err(Error::Disabled(args.archive.clone()));
    }
    let target = archive.target()?;
    if let Way::None(why) = way_of_archive(target, manifest.c_library().is_some()) {
        return Err(Error::Foreign { path: args.archive.clone(), why });
    }
    let cache = BuildCache::open()?;
    cache.remove_abandoned();
    let interpreter = interpreter(args, manifest, target, &cache, ui)?;
    let wheels = requirements(args, manifest, &interpreter, &cache, ui)?;
    let own: Vec<&str> = distributions(manifest).map(|(name, _)| name).collect();
    let wheels: Vec<&Fetched> =
        wheels.iter().filter(|wheel| !own.contains(&&*wheel.name)).collect();
    let program = absolute(&args.archive)?;
    let env = unpacked(&program)?;
    let names = own.iter().map(|&name| name.to_owned());
    let pinned = Pinned::of(&env, &interpreter.site_packages(), names);
    let parts = Parts { env: &env, pinned, interpreter: &interpreter, wheels: &wheels };
    let overlay = Overlay::make(&parts, &cache)?;
    let added: Vec<_> =
        wheels.iter().map(|wheel| format!("{} {}", wheel.name, wheel.version)).collect();
    let with = if added.is_empty() { "nothing".into() } else { added.join(", ") };
    ui.step("Testing", format_args!("{} with {with}", args.archive.display()));
    let library = interpreter.stdlib.display();
    ui.step("Using", format_args!("{library} for modules that the archive lacks"));
    let mut command = Command::new(&program);
    command.env(VARIABLE, "python").arg(overlay.start());
    command.arg(if manifest.launch.loader_variables { "seen" } else { "hidden" });
    command.arg(overlay.python()).arg(manifest.launch.options.len().to_string());
    command.args(&manifest.launch.options);
    let scripts = std::env::join_paths(overlay.scripts()).unwrap_or_default();
    command.arg(scripts).arg(&args.module).args(arguments);
    Ok(command)
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    let failed = |source| Error::Start { path: path.to_owned(), source };
    std::path::absolute(path).map_err(failed)
}

/// The archive's distributions: names and versions.
fn distributions(manifest: &Manifest) -> impl Iterator<Item = (&str, &str)> {
    let components = manifest.components.iter();
    let kinds = [Kind::App, Kind::Wheel];
    components.filter(move |c| kinds.contains(&c.kind)).map(|c| (&*c.name, &*c.version))
}

/// An interpreter of this machine with the archive's version. It resolves for the archive's `target`,
/// and has the whole standard library; extension modules only those of this machine.
fn interpreter(
    args: &TestArgs,
    manifest: &Manifest,
    target: &'static Target,
    cache: &BuildCache,
    ui: Ui,
) -> Result<Interpreter, Error> {
    let host = host::target().ok_or(build::Error::NoTarget)?;
    let version = &manifest.python.version;
    let minor: Vec<&str> = version.split('.').take(2).collect();
    let minor = minor.join(".");
    let find = |spec: &str| -> Result<Interpreter, build::Error> {
        let request = Request {
            target: host,
            spec: Some(Spec::parse(spec)?),
            requires_python: None,
            minor: None,
            offline: args.offline,
            mirror: None,
            debian_mirror: None,
            debian_keyring: None,
            directories: cache.pythons(),
        };
        Ok(discover::find(&request, ui)?)
    };
    let found = match &args.python {
        Some(spec) => find(spec)?,
        None => find(version).or_else(|_| find(&minor))?,
    };
    if found.minor() != minor {
        let (archive, path, found) = (minor, found.executable, found.full_version);
        return Err(Error::Version { archive, path, found });
    }
    if target == host {
        return Ok(found);
    }
    Ok(Interpreter { target, full_version: version.clone(), ..found })
}

/// The wheels of the tests' requirements, resolved under the archive's versions.
fn requirements(
    args: &TestArgs,
    manifest: &Manifest,
    interpreter: &Interpreter,
    cache: &BuildCache,
    ui: Ui,
) -> Result<Vec<Fetched>, Error> {
    let is_version = |(_, version): &(&str, &str)| version.parse::<Version>().is_ok();
    let constraints = distributions(manifest).filter(is_version);
    let inputs = Inputs {
        requirements: args.with.clone(),
        files: args.requirements.clone(),
        constraints: constraints.map(|(name, version)| format!("{name}=={version}")).collect(),
        ..Inputs::default()
    };
    if inputs.is_empty() {
        return Ok(Vec::new());
    }
    let options = resolve::Options {
        index_url: args.index_url.clone(),
        find_links: args.find_links.clone(),
        offline: args.offline,
        cache: cache.clone(),
        ..resolve::Options::default()
    };
    let found = resolve::resolve_pins(interpreter, &[], &inputs, &options, ui);
    Ok(found.map_err(build::Error::from)?)
}

/// Unpacks the archive, and returns its environment.
fn unpacked(archive: &Path) -> Result<PathBuf, Error> {
    let output = Command::new(archive).env(VARIABLE, "prepare").output();
    let output = output.map_err(|source| Error::Start { path: archive.to_owned(), source })?;
    if !output.status.success() {
        // What happened, and what to do: a line each.
        let said = String::from_utf8_lossy(&output.stderr);
        let mut lines = said.lines().filter_map(|line| line.strip_prefix("snakecrate: "));
        let message = lines.next().unwrap_or(said.trim()).to_owned();
        let help = lines.next().map(str::to_owned);
        return Err(Error::Unpack { path: archive.to_owned(), message, help });
    }
    Ok(path_from_bytes(output.stdout.trim_ascii_end().to_vec()))
}
