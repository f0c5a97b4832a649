//! The interpreter of a swap: a new one for the archive, or one that does the work for the old one.

use std::path::{Path, PathBuf};

use snakecrate_base::host;
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::Ui;
use snakecrate_format::manifest::Manifest;
use snakecrate_format::target::Target;
use snakecrate_runtime::discover::{self, Request, Spec};

use super::{Error, Swap};
use crate::build::{self, interpreters};
use crate::build_cache::BuildCache;

/// Patch releases that a minor version may have.
const PATCHES: u32 = 100;

/// The interpreter that is packed, if `swap` names one; else the archive's own, with one of this
/// machine that works for it, if there is work.
pub(super) fn choose(
    swap: &Swap<'_>,
    target: &'static Target,
    cache: &BuildCache,
    ui: Ui,
) -> Result<Interpreter, build::Error> {
    let manifest = swap.archive.manifest();
    let old = of_archive(manifest, target, swap.archive.path());
    if swap.python {
        return new(swap, &old, cache, ui);
    }
    if swap.wheels.is_empty() && swap.app.is_none() {
        return Ok(old);
    }
    let found = worker(swap, &old, cache, ui)?;
    ui.step(
        "Using",
        format_args!("CPython {} at {}", found.full_version, found.executable.display()),
    );
    if manifest.is_without_runtime() {
        if found.target != target {
            let path = swap.archive.path().to_owned();
            return Err(Error::ExternalTarget { path, target: target.name }.into());
        }
        return Ok(found);
    }
    Ok(Interpreter {
        executable: if found.target == target { found.executable } else { old.executable },
        host: found.host,
        cache_tag: found.cache_tag,
        magic: found.magic,
        stdlib: found.stdlib,
        dynload: found.dynload,
        ..old
    })
}

/// The interpreter in the archive, as far as its manifest describes it.
pub(super) fn of_archive(manifest: &Manifest, target: &'static Target, path: &Path) -> Interpreter {
    let full_version = manifest.python.version.clone();
    let numbers = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    let mut numbers = full_version.split('.').map(|part| numbers(part).parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    let version = (next(), next(), next());
    let is_own = host::target() == Some(target);
    Interpreter {
        executable: path.to_owned(),
        // Nothing but the C library's place is asked of it: see `Interpreter::runs_here`.
        host: if is_own { path.to_owned() } else { PathBuf::new() },
        root: "/".into(),
        implementation: manifest.python.implementation.clone(),
        version,
        cache_tag: format!("{}-{}{}", manifest.python.implementation, version.0, version.1),
        full_version,
        magic: String::new(),
        is_free_threaded: manifest.python.abi.as_ref().is_some_and(|abi| abi.ends_with('t')),
        target,
        prefix: PathBuf::new(),
        stdlib: PathBuf::new(),
        dynload: PathBuf::new(),
        package: None,
    }
}

fn new(
    swap: &Swap<'_>,
    old: &Interpreter,
    cache: &BuildCache,
    ui: Ui,
) -> Result<Interpreter, build::Error> {
    let minor = |wanted: String| Error::Minor { archive: old.full_version.clone(), wanted };
    for choice in &swap.settings.python {
        // Nothing is downloaded only to be refused.
        if let Ok(Spec::Version(wanted)) = Spec::parse(&choice.spec) {
            let version = |patch| format!("{}.{patch}", old.minor()).parse();
            let mut versions = (0..PATCHES).filter_map(|patch| version(patch).ok());
            if !versions.any(|version| wanted.contains(&version)) {
                return Err(minor(format!("Python {}", choice.spec)).into());
            }
        }
    }
    let own = (old.version.0, old.version.1);
    let found = interpreters::named(swap.settings, old.target, own, cache, ui)?;
    if found.abi() != old.abi() {
        let path = found.executable.display();
        return Err(minor(format!("{path} ({})", found.full_version)).into());
    }
    if found.implementation != old.implementation {
        let (archive, found, path) =
            (old.implementation.clone(), found.implementation, found.executable);
        return Err(Error::Implementation { archive, found, path }.into());
    }
    let from = found.package.as_ref().map(|package| format!(" of {package}")).unwrap_or_default();
    let path = found.executable.display();
    ui.step("Using", format_args!("CPython {}{from} at {path}", found.full_version));
    Ok(found)
}

/// A CPython of this machine with the minor version of `old`; the same version if there is one.
fn worker(
    swap: &Swap<'_>,
    old: &Interpreter,
    cache: &BuildCache,
    ui: Ui,
) -> Result<Interpreter, build::Error> {
    let settings = swap.settings;
    let find = |version: &str, offline: bool| -> Result<Interpreter, build::Error> {
        let request = Request {
            spec: Some(Spec::parse(version)?),
            offline,
            mirror: settings.python_mirror.clone(),
            ..Request::offline(host::target().ok_or(build::Error::NoTarget)?, cache.pythons())
        };
        Ok(discover::find(&request, ui)?)
    };
    let minor = old.minor();
    find(&old.full_version, true)
        .or_else(|_| find(&minor, true))
        .or_else(|_| find(&minor, settings.offline))
}
