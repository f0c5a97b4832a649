//! The lock file to use, out of those that were found.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use pep440_rs::{Version, VersionSpecifiers};
use snakecrate_base::ui::{Count, Ui};

use super::error::Error;
use super::find::{self, Found};
use super::fresh;
use super::model::{Lock, Origin, Package, Selection};
use super::read::{Format, select};
use super::wanted::Wanted;
use crate::source::Source;

/// How locks are used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy<'a> {
    /// The file that the user names.
    pub(crate) file: Option<&'a Path>,
    /// Whether an outdated lock, or the lack of one, is an error.
    pub(crate) locked: bool,
    /// Whether locks are used at all.
    pub(crate) used: bool,
    /// Files that the user names as requirements, which are not taken for locks.
    pub(crate) requirements: &'a [PathBuf],
}

/// A lock file that a build reads.
#[derive(Debug)]
pub(crate) struct LockCandidate {
    /// The file.
    pub(crate) path: PathBuf,
    /// The tool or standard whose format it has.
    pub(crate) format: &'static str,
}

/// The lock files that [`choose`] reads. The first one is used; a build fails if another one selects other
/// distributions.
pub(crate) fn candidates(source: &Source, policy: Policy) -> Result<Vec<LockCandidate>, Error> {
    let used = policy.used;
    let found = if used { found(source, policy)? } else { vec![] };
    let one = |found: Found| LockCandidate { path: found.file.path, format: found.format.name() };
    Ok(found.into_iter().map(one).collect())
}

/// The user's file, else all of the source that are not named as requirements.
fn found(source: &Source, policy: Policy) -> Result<Vec<Found>, Error> {
    if let Some(path) = policy.file {
        return Ok(vec![find::named(path)?]);
    }
    let is_listed = |path: &Path| {
        let mut named = policy.requirements.iter();
        named.any(|named| std::fs::canonicalize(named).is_ok_and(|named| named == path))
    };
    let mut found = find::of(source)?;
    found.retain(|found| !is_listed(&found.file.path));
    Ok(found)
}

/// The selection of the lock file of `source`; none if it has no lock file, or none is to be used.
pub(crate) fn choose(
    source: &Source,
    wanted: &Wanted,
    policy: Policy,
    ui: Ui,
) -> Result<Option<Selection>, Error> {
    let found = found(source, policy)?;
    if !policy.used {
        let names: Vec<String> = found.iter().map(|found| label(&found.file.path)).collect();
        if !names.is_empty() {
            ui.step("Ignoring", format_args!("{} (--no-lock)", names.join(", ")));
        }
        return Ok(None);
    }
    let mut chosen: Option<(Found, Selection)> = None;
    for next in found {
        let (lock, mut selection) = select(next.format, &next.file, wanted)?;
        check_target(&next, &lock, wanted)?;
        if selection.outdated.is_none() {
            selection.outdated = fresh::unmet(wanted, &selection, next.format);
        }
        match &chosen {
            None => chosen = Some((next, selection)),
            Some((_, first)) => {
                let differences = differences(first, &selection);
                if !differences.is_empty() {
                    return Err(Error::Different {
                        first: first.path.clone(),
                        second: selection.path,
                        differences,
                    });
                }
            }
        }
    }
    let Some((found, selection)) = chosen else {
        return if policy.locked { Err(Error::Absent(source.to_string())) } else { Ok(None) };
    };
    let name = label(&selection.path);
    if let Some(cause) = &selection.outdated {
        let help = remedy(found.format, &selection.path);
        if policy.locked {
            return Err(Error::Outdated { path: selection.path, cause: cause.clone(), help });
        }
        ui.warn_with_help(format_args!("{name} is outdated: {cause}"), help);
    }
    let count = Count(selection.packages.len(), "distribution");
    ui.step("Locked", format_args!("{count} by {name}"));
    Ok(Some(selection))
}

/// What to run to make the lock anew.
fn remedy(format: Format, path: &Path) -> String {
    match format {
        Format::Uv if path.to_string_lossy().ends_with(".py.lock") => {
            let script = path.with_extension("");
            format!("run `uv lock --script {}`", label(&script))
        }
        format => format!("run `{}`", format.command()),
    }
}

fn label(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Refuses a lock that was not made for the target.
fn check_target(found: &Found, lock: &Lock, wanted: &Wanted) -> Result<(), Error> {
    let python = wanted.environment.python_full_version();
    if let Some(text) = &lock.requires_python
        && let (Ok(specifiers), Ok(version)) =
            (VersionSpecifiers::from_str(text), Version::from_str(&python.to_string()))
        && !specifiers.contains(&version)
    {
        let (path, actual) = (found.file.path.clone(), version.to_string());
        return Err(Error::Python { path, wanted: text.clone(), actual });
    }
    let meets = lock.environments.iter().any(|marker| marker.evaluate(wanted.environment, &[]));
    if lock.environments.is_empty() || meets {
        return Ok(());
    }
    let environments = lock.environments.iter().filter_map(pep508_rs::MarkerTree::try_to_string);
    let environments = environments.collect::<Vec<_>>().join(", ");
    Err(Error::Environment { path: found.file.path.clone(), environments })
}

/// The distributions in which two selections differ, in words.
fn differences(first: &Selection, second: &Selection) -> Vec<String> {
    let find = |all: &Selection, name: &str| -> Option<String> {
        all.packages.iter().find(|package| package.name == name).map(state)
    };
    let mut names: Vec<&str> =
        first.packages.iter().chain(&second.packages).map(|package| &*package.name).collect();
    names.sort_unstable();
    names.dedup();
    let word = |state: Option<String>| state.unwrap_or_else(|| "none".into());
    let compare = |name: &str| {
        let (a, b) = (find(first, name), find(second, name));
        (a != b).then(|| format!("{name} ({}, {})", word(a), word(b)))
    };
    names.into_iter().filter_map(compare).collect()
}

/// The version or commit, in a form that is equal where formats write it differently.
fn state(package: &Package) -> String {
    match &package.origin {
        Origin::Git { commit, .. } => commit.chars().take(12).collect(),
        Origin::Directory(path) => path.display().to_string(),
        _ => {
            let version = package.version.as_deref().unwrap_or("no version");
            Version::from_str(version).map_or_else(|_| version.to_owned(), |v| v.to_string())
        }
    }
}
