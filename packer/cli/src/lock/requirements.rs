//! A `requirements.txt` in which every distribution is pinned and hashed
//! ([format](https://pip.pypa.io/en/stable/reference/requirements-file-format/)), as
//! `uv pip compile --generate-hashes`, `pip-compile --generate-hashes` and `poetry export` write it.
//!
//! The file has no edges, so each line is a root. Other requirements files are no locks.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use pep440_rs::{Operator, VersionSpecifiers};

use super::error::Error;
use super::model::{Edge, Hash, Lock, Node, Origin};
use super::need::{self, Need};
use super::paths::{file_name, joined};
use super::places;
use super::requirement::groups_of;
use super::wanted::{LockFile, Wanted};
use crate::resolve::{included_file, logical_lines};
use crate::wheel::{WheelName, normalize};

pub(super) fn read(file: &LockFile, wanted: &Wanted) -> Result<Lock, Error> {
    // The list doesn't say which groups it has; one that the project doesn't declare is a mistake.
    wanted.groups(&declared_groups(wanted))?;
    lock(file, wanted.directory)
}

/// The names of the groups that the project declares, with those of Poetry and PDM.
fn declared_groups(wanted: &Wanted) -> Vec<String> {
    let tables = [&["tool", "poetry", "group"][..], &["tool", "pdm", "dev-dependencies"]];
    let tables = tables.into_iter().filter_map(|keys| wanted.at(keys)?.as_table());
    let names = tables.flat_map(toml::Table::keys).cloned();
    let old = wanted.at(&["tool", "poetry", "dev-dependencies"]).map(|_| "dev".to_owned());
    groups_of(wanted.pyproject).into_keys().chain(names).chain(old).collect()
}

/// Reads a lock of the project in the directory `own`.
fn lock(file: &LockFile, own: Option<&Path>) -> Result<Lock, Error> {
    let lines = Lines::read(file)?;
    let mut lock = Lock::default();
    for (line, within) in &lines.requirements {
        let invalid = |cause: &str| file.invalid(format!("`{}` {cause}", line.text));
        // `uv export` lists the project itself.
        let Some((need, place)) =
            parse(&line.text, within, own).map_err(|cause| file.invalid(cause))?
        else {
            continue;
        };
        let (version, origin) = match place {
            Some(Place::Local(path)) => (None, places::local_origin(path, line.hashes.clone())),
            Some(Place::Url(url)) => (
                None,
                remote(&url, line).ok_or_else(|| invalid("has neither a hash nor a commit"))?,
            ),
            None => {
                let version = exact(&need.versions).ok_or_else(|| invalid("is not pinned"))?;
                let hashes = line.hashes.clone();
                (Some(version), Origin::Digests { index: lines.index.clone(), hashes })
            }
        };
        let hashes = match &origin {
            Origin::Digests { hashes, .. } => Some(hashes),
            Origin::Archive { file, .. } => Some(&file.hashes),
            _ => None,
        };
        if hashes.is_some_and(Vec::is_empty) {
            return Err(invalid("has no hash"));
        }
        let source = match &origin {
            Origin::Digests { .. } => String::new(),
            _ => line.text.clone(),
        };
        lock.roots.push(Edge {
            name: need.name.clone(),
            marker: need.marker,
            version: version.clone(),
            source: Some(source.clone()),
            ..Edge::default()
        });
        let node = Node { name: need.name, version, source, origin, ..Node::default() };
        let same = |known: &&mut Node| {
            (&known.name, &known.version, &known.source)
                == (&node.name, &node.version, &node.source)
        };
        match lock.nodes.iter_mut().find(same) {
            Some(known) => join(known, node),
            None => lock.nodes.push(node),
        }
    }
    if lock.nodes.is_empty() {
        return Err(file.invalid("it has no requirements with hashes"));
    }
    Ok(lock)
}

/// Whether the file is a lock: everything in it is pinned and hashed.
pub(super) fn is_lock(file: &LockFile) -> bool {
    file.text.contains("--hash") && lock(file, Some(file.directory())).is_ok()
}

/// The same version in two places may list other hashes.
fn join(known: &mut Node, node: Node) {
    if let (Origin::Digests { hashes, .. }, Origin::Digests { hashes: more, .. }) =
        (&mut known.origin, node.origin)
    {
        let more: Vec<Hash> = more.into_iter().filter(|hash| !hashes.contains(hash)).collect();
        hashes.extend(more);
    }
}

/// A requirement and its hashes.
struct Line {
    text: String,
    hashes: Vec<Hash>,
}

/// The lines of a file and of those that it includes.
#[derive(Default)]
struct Lines {
    /// With the file that each is in, which its paths are relative to.
    requirements: Vec<(Line, Rc<LockFile>)>,
    index: Option<String>,
}

impl Lines {
    fn read(file: &LockFile) -> Result<Self, Error> {
        let mut lines = Self::default();
        let first = LockFile { path: file.path.clone(), text: file.text.clone() };
        lines.add(&Rc::new(first), &mut BTreeSet::from([file.path.clone()]))?;
        Ok(lines)
    }

    fn add(&mut self, file: &Rc<LockFile>, seen: &mut BTreeSet<PathBuf>) -> Result<(), Error> {
        for line in logical_lines(&file.text) {
            if line.starts_with("-c") || line.starts_with("--constraint") {
                // Everything is pinned already.
                continue;
            }
            if let Some(path) = included_file(&line, &file.path) {
                let path = joined(file, &path.to_string_lossy());
                let text = fs::read_to_string(&path)
                    .map_err(|source| Error::Read { path: path.clone(), source })?;
                if seen.insert(path.clone()) {
                    self.add(&Rc::new(LockFile { path, text }), seen)?;
                }
                continue;
            }
            let option = |names: &[&str]| {
                let rest = names.iter().find_map(|name| line.strip_prefix(name))?;
                Some(rest.trim_start_matches(['=', ' ']).trim().to_owned())
            };
            if let Some(url) = option(&["--index-url", "-i "]) {
                self.index = Some(places::expanded(&url));
            } else if let Some(place) = option(&["--editable", "-e "]) {
                self.requirements.push((Line::of(&place), Rc::clone(file)));
            } else if !line.starts_with('-') {
                self.requirements.push((Line::of(&line), Rc::clone(file)));
            }
        }
        Ok(())
    }
}

impl Line {
    /// Takes the options of a requirement off its line.
    fn of(line: &str) -> Self {
        let end = line.find(" --").unwrap_or(line.len());
        let (text, options) = line.split_at(end);
        let hashes = options.split("--hash").skip(1).filter_map(|hash| {
            Hash::parse(hash.trim_start_matches(['=', ' ']).split_whitespace().next()?)
        });
        Self { text: text.trim().to_owned(), hashes: hashes.collect() }
    }
}

/// A place that a requirement names instead of a version.
enum Place {
    Local(PathBuf),
    Url(String),
}

/// The requirement in `text`, and its place; none for the project itself, in the directory `own`.
fn parse(
    text: &str,
    file: &LockFile,
    own: Option<&Path>,
) -> Result<Option<(Need, Option<Place>)>, String> {
    let (what, marker) = match text.split_once(" ;").or_else(|| text.split_once("; ")) {
        Some((what, marker)) => (what.trim(), marker),
        None => (text, ""),
    };
    let (name, place) = match what.split_once('@').filter(|(name, _)| !name.contains([':', '/'])) {
        Some((name, place)) => (Some(name.trim()), place.trim()),
        None if what.contains("://") || what.starts_with(['.', '/']) => (None, what),
        None if what.starts_with("file:") || what.contains('/') => (None, what),
        None => return Ok(Some((Need::parse(text)?, None))),
    };
    let place = places::expanded(place);
    let place = match place.strip_prefix("file:") {
        Some(path) if !path.starts_with("//") => Place::Local(joined(file, path)),
        Some(_) => {
            let url = url::Url::parse(&place).ok().and_then(|url| url.to_file_path().ok());
            Place::Local(url.ok_or_else(|| format!("`{place}` is not the URL of a file"))?)
        }
        None if place.contains("://") => Place::Url(place),
        None => {
            let path = place.split(['[', '#']).next().unwrap_or(&place);
            Place::Local(joined(file, path))
        }
    };
    if let Place::Local(path) = &place
        && Some(&**path) == own
    {
        return Ok(None);
    }
    let marker = need::marker(marker)?;
    let need = match name {
        Some(name) => Need { marker, ..Need::parse(name)? },
        None => Need { name: name_at(&place)?, marker, ..Need::default() },
    };
    Ok(Some((need, Some(place))))
}

/// The name of the distribution at a place that stands alone.
fn name_at(place: &Place) -> Result<String, String> {
    let (file, shown) = match place {
        Place::Url(url) => {
            if let Some((_, name)) = url.split_once("#egg=") {
                let end = name.find(['&', '[']).unwrap_or(name.len());
                return Ok(normalize(&name[..end]));
            }
            (file_name(url), url.clone())
        }
        Place::Local(path) if path.is_dir() => {
            let text = fs::read_to_string(path.join("pyproject.toml")).unwrap_or_default();
            let table: toml::Table = text.parse().unwrap_or_default();
            let name = |table: &toml::Value| table.get("name")?.as_str().map(normalize);
            let poetry = || table.get("tool")?.get("poetry");
            let name = table.get("project").and_then(name).or_else(|| poetry().and_then(name));
            let unknown = || format!("the name of the project in {} is unknown", path.display());
            return name.ok_or_else(unknown);
        }
        Place::Local(path) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            (name.into_owned(), path.display().to_string())
        }
    };
    if let Ok(name) = WheelName::parse(&file) {
        return Ok(normalize(&name.name));
    }
    let name = file.rsplit_once('-').map(|(name, _)| normalize(name));
    name.ok_or_else(|| format!("the name of the distribution at `{shown}` is unknown"))
}

/// A file with hashes, or a commit.
fn remote(url: &str, line: &Line) -> Option<Origin> {
    let fragment = url.split_once('#').map_or("", |(_, fragment)| fragment);
    let subdirectory = fragment.split('&').find_map(|part| part.strip_prefix("subdirectory="));
    let subdirectory = subdirectory.map(str::to_owned);
    if let Some(url) = url.strip_prefix("git+") {
        let url = url.split('#').next().unwrap_or(url);
        let (url, commit) = url.rsplit_once('@')?;
        let whole = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        return whole.then(|| Origin::Git { url: url.into(), commit: commit.into(), subdirectory });
    }
    let mut hashes = line.hashes.clone();
    hashes.extend(fragment.split('&').filter_map(Hash::parse));
    (!hashes.is_empty()).then(|| places::archive(url, hashes, subdirectory))
}

/// The version in `==1.0`.
fn exact(versions: &[VersionSpecifiers]) -> Option<String> {
    match versions.first()?.iter().as_slice() {
        [one] if matches!(one.operator(), Operator::Equal | Operator::ExactEqual) => {
            Some(one.version().to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
