//! The interpreters of a build: one for each target, all of the same minor version.
//!
//! ```text
//! interpreters that are named by path ─→ their minor version
//! else: minor versions of this machine's `CPython`s, newest first ─→ the first that all targets have
//! ```
//!
//! A CPython of this machine compiles and resolves for a foreign target, so its version counts even if
//! nothing is built for this machine.

use snakecrate_base::host;
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::Ui;
use snakecrate_format::target::Target;
use snakecrate_runtime::discover::{self, Request, Spec, installed_minors};

use super::Error;
use crate::build_cache::BuildCache;
use crate::installed;
use crate::launchers::launcher;
use crate::settings::Settings;
use crate::source::Source;
use crate::wheel;

/// The interpreter to pack for each target, in the order of the settings.
pub(super) fn all(
    source: Option<&Source>,
    settings: &Settings,
    cache: &BuildCache,
    ui: Ui,
) -> Result<Vec<Interpreter>, Error> {
    let targets = targets(settings)?;
    if let Some(Source::Environment { directory }) = source
        && let Some(target) = targets.iter().find(|&&target| Some(target) != host::target())
    {
        let (directory, target) = (directory.clone(), target.name);
        return Err(installed::Error::Foreign { directory, target }.into());
    }
    let requires_python = source.map(Source::requires_python).transpose()?.flatten();
    let requires_python = requires_python.map(|specifiers| specifiers.to_string());
    let one = |&target: &&'static Target| {
        Ok(Wanted { target, spec: spec(source, settings, target, &targets)? })
    };
    let wanted: Vec<Wanted> = targets.iter().map(one).collect::<Result<_, Error>>()?;
    let search = Search { settings, cache, ui, requires_python };
    let found = search.all(&wanted)?;
    let is_usual = matches!(&*found, [one] if Some(one.target) == host::target());
    for python in &found {
        let on = if is_usual { String::new() } else { format!(" for {}", python.target) };
        let from = match &python.package {
            Some(package) => format!(" of {package}"),
            None => String::new(),
        };
        let path = python.executable.display();
        ui.step("Using", format_args!("CPython {}{from}{on} at {path}", python.full_version));
    }
    Ok(found)
}

/// Fails if this packer cannot make archives for a target of the settings.
pub(super) fn check_launchers(settings: &Settings) -> Result<(), Error> {
    match targets(settings)?.iter().find(|target| launcher(target).is_none()) {
        Some(target) => Err(Error::NoLauncher { target: target.name }),
        None => Ok(()),
    }
}

/// The targets of the settings, each once; without any, this machine's.
fn targets(settings: &Settings) -> Result<Vec<&'static Target>, Error> {
    let mut targets: Vec<&'static Target> = Vec::new();
    for target in &settings.target {
        if !targets.contains(target) {
            targets.push(target);
        }
    }
    if targets.is_empty() {
        targets.push(host::target().ok_or(Error::NoTarget)?);
    }
    Ok(targets)
}

/// The interpreter that the settings name for `target`, the only one. It has the `minor` version if they
/// leave a choice.
pub(super) fn named(
    settings: &Settings,
    target: &'static Target,
    minor: (u8, u8),
    cache: &BuildCache,
    ui: Ui,
) -> Result<Interpreter, Error> {
    let wanted = Wanted { target, spec: spec(None, settings, target, &[target])? };
    let search = Search { settings, cache, ui, requires_python: None };
    search.one(&wanted, Some(minor))
}

/// The interpreter that the user names for `target`. A path without a target is for the only one, or
/// for this machine's; a version or a suite of packages is for all.
fn spec(
    source: Option<&Source>,
    settings: &Settings,
    target: &'static Target,
    targets: &[&'static Target],
) -> Result<Option<Spec>, Error> {
    let one = |of: Option<&Target>| {
        let mut texts = settings.python.iter().filter(|one| one.target == of).map(|one| &one.spec);
        match (texts.next(), texts.next()) {
            (Some(first), Some(second)) => {
                Err(Error::Pythons { first: first.clone(), second: second.clone() })
            }
            (first, _) => Ok(first.map(|text| Spec::parse(text)).transpose()?),
        }
    };
    if let Some(named) = one(Some(target))? {
        return Ok(Some(named));
    }
    let is_host = Some(target) == host::target();
    if let Some(common) = one(None)? {
        let is_for_all = matches!(common, Spec::Version(_) | Spec::Debian { .. });
        if is_for_all || is_host || targets.len() == 1 {
            return Ok(Some(common));
        }
    }
    match source {
        Some(Source::Environment { directory }) => {
            Ok(Some(Spec::Path(directory.join(wheel::BIN).join("python"))))
        }
        _ => Ok(None),
    }
}

/// A target, and the interpreter that the user names for it.
struct Wanted {
    target: &'static Target,
    spec: Option<Spec>,
}

impl Wanted {
    /// Whether the user names one interpreter, and not a version.
    fn is_named(&self) -> bool {
        !matches!(self.spec, None | Some(Spec::Version(_)))
    }
}

struct Search<'a> {
    settings: &'a Settings,
    cache: &'a BuildCache,
    ui: Ui,
    requires_python: Option<String>,
}

impl Search<'_> {
    /// An interpreter for each of `wanted`.
    fn all(&self, wanted: &[Wanted]) -> Result<Vec<Interpreter>, Error> {
        if let [one] = wanted
            && (Some(one.target) == host::target() || one.is_named())
        {
            return Ok(vec![self.one(one, None)?]);
        }
        let named = wanted.iter().filter(|one| one.is_named()).map(|one| self.one(one, None));
        let named = named.collect::<Result<Vec<_>, _>>()?;
        if let Some((first, rest)) = named.split_first() {
            if let Some(other) = rest.iter().find(|other| other.minor() != first.minor()) {
                return Err(Error::Minors(Box::new([first.clone(), other.clone()])));
            }
            return self.of_minor(wanted, &named, (first.version.0, first.version.1));
        }
        let mut newest = None;
        for minor in self.minors(wanted)? {
            match (self.of_minor(wanted, &[], minor), &newest) {
                (Ok(found), None) => return Ok(found),
                (Ok(found), Some((other, error))) => {
                    let minor = found[0].minor();
                    self.ui.warn(format_args!("using Python {minor}, not {other}: {error}"));
                    return Ok(found);
                }
                (Err(error), None) if is_lack(&error) => {
                    newest = Some((format!("{}.{}", minor.0, minor.1), error));
                }
                (Err(error), Some(_)) if is_lack(&error) => {}
                (Err(error), _) => return Err(error),
            }
        }
        if let Some((_, error)) = newest {
            return Err(error);
        }
        // This machine has no CPython: the first decides.
        let first = self.one(&wanted[0], None)?;
        let minor = (first.version.0, first.version.1);
        self.of_minor(wanted, &[first], minor)
    }

    /// Interpreters of one minor version: those that are `found`, and others.
    fn of_minor(
        &self,
        wanted: &[Wanted],
        found: &[Interpreter],
        minor: (u8, u8),
    ) -> Result<Vec<Interpreter>, Error> {
        let one = |one: &Wanted| match found.iter().find(|found| found.target == one.target) {
            Some(found) => Ok(found.clone()),
            None => self.one(one, Some(minor)),
        };
        wanted.iter().map(one).collect()
    }

    /// The minor versions of this machine's `CPython`s that all of `wanted` allow, newest first.
    fn minors(&self, wanted: &[Wanted]) -> Result<Vec<(u8, u8)>, Error> {
        let Some(host) = host::target() else { return Ok(Vec::new()) };
        let spec = wanted.iter().find(|one| one.target == host).or(wanted.first());
        let spec = spec.and_then(|one| one.spec.clone());
        Ok(installed_minors(&self.request(host, spec, None))?)
    }

    fn one(&self, wanted: &Wanted, minor: Option<(u8, u8)>) -> Result<Interpreter, Error> {
        let request = self.request(wanted.target, wanted.spec.clone(), minor);
        Ok(discover::find(&request, self.ui)?)
    }

    fn request(
        &self,
        target: &'static Target,
        spec: Option<Spec>,
        minor: Option<(u8, u8)>,
    ) -> Request {
        Request {
            target,
            spec,
            requires_python: self.requires_python.clone(),
            minor,
            offline: self.settings.offline,
            mirror: self.settings.python_mirror.clone(),
            debian_mirror: self.settings.debian_mirror.clone(),
            debian_keyring: self.settings.debian_keyring.clone(),
            directories: self.cache.pythons(),
        }
    }
}

/// Whether there is no interpreter of one version, or none of this machine that works for it, so that
/// another version may do.
fn is_lack(error: &Error) -> bool {
    fn lacks(error: &discover::Error) -> bool {
        match error {
            discover::Error::NotOffered { .. } => true,
            discover::Error::Unknown { download, .. }
            | discover::Error::NoHost { download, .. } => download.as_deref().is_none_or(lacks),
            _ => false,
        }
    }
    matches!(error, Error::Discover(error) if lacks(error))
}
