//! Unpacks wheels. Every path is checked, every byte is compared with RECORD, and nothing is
//! written outside of the [`Store`].

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use snakecrate_format::entry_path::EntryPath;

use super::dropped::{BYTECODE, Dropped, INSTALLER, SIGNATURE};
use super::entry_points;
use super::error::{Error, Kind};
use super::filename::{WheelName, normalize};
use super::layout::{BIN, Layout, Part, source_of};
use super::members::{document, names, open};
use super::metadata::{License, Metadata, headers};
use super::record::{Installed, Record};
use super::script::{Script, Target, is_executable, prepare, wrapper};
use super::slim::Slim;
use super::store::{Kept, Store};
use snakecrate_base::python::Interpreter;
use snakecrate_base::tree::{Content, Mode, Node, Tree};

/// A distribution as it is installed in an environment.
#[derive(Debug, Clone)]
pub struct Distribution {
    /// The normalised name (PEP 503): `ruamel-yaml`.
    pub name: String,
    /// The version, as the distribution writes it.
    pub version: String,
    /// Its files by their paths in the environment (`lib/python3.12/site-packages/…`, `bin/…`).
    pub tree: Tree,
    /// Its scripts, sorted by name.
    pub scripts: Vec<Script>,
    /// Its metadata.
    pub metadata: Metadata,
    /// Importable names at the top of `site-packages`, sorted: packages and modules.
    pub top_level: Vec<String>,
    /// Files of the wheel that are not in `tree`, sorted.
    pub dropped: Vec<Dropped>,
    /// Files that RECORD lists and the wheel lacks, sorted. Installers skip them, too.
    pub missing: Vec<String>,
}

impl Distribution {
    /// Its licence fields.
    pub fn license(&self) -> &License {
        &self.metadata.license
    }
}

/// Unpacks the wheel at `path` for `interpreter`, without the files that `slim` leaves out.
/// Contents are kept in `store`.
///
/// # Errors
///
/// The wheel is for another host or Python, differs from its RECORD, or is hostile.
pub fn unpack(
    path: &Path,
    interpreter: &Interpreter,
    store: &Store,
    slim: &Slim,
) -> Result<Distribution, Error> {
    unpack_inner(path, interpreter, store, slim).map_err(|kind| kind.at(path))
}

/// Reads only `METADATA`.
///
/// # Errors
///
/// Not a wheel, or one without metadata.
pub fn read_metadata(path: &Path) -> Result<Metadata, Error> {
    let read = || {
        WheelName::of(path)?;
        let mut zip = open(path)?;
        let name = format!("{}/METADATA", super::skeleton::info(&zip)?);
        Ok(Metadata::parse(&document(&mut zip, &name)?))
    };
    read().map_err(|kind: Kind| kind.at(path))
}

fn unpack_inner(
    path: &Path,
    interpreter: &Interpreter,
    store: &Store,
    slim: &Slim,
) -> Result<Distribution, Kind> {
    let wheel = WheelName::of(path)?;
    wheel.fit(interpreter)?;
    let mut zip = open(path)?;
    let names = names(&mut zip)?;
    let files = names.keys().map(String::as_str);
    let layout = Layout::find(files, &wheel.name, interpreter)?;
    let info = |file: &str| format!("{}/{file}", layout.dist_info);
    check_version(&document(&mut zip, &info("WHEEL"))?)?;
    let metadata = Metadata::parse(&document(&mut zip, &info("METADATA"))?);
    let mut record = Record::parse(&document(&mut zip, &info("RECORD"))?)?;
    let mut points = Vec::new();
    if names.contains_key(&info("entry_points.txt")) {
        points = entry_points::scripts(&document(&mut zip, &info("entry_points.txt"))?)
            .map_err(Kind::EntryPoint)?;
    }

    let mut build =
        Build { layout: &layout, tree: Tree::default(), installed: Installed::default() };
    let mut dropped = Vec::new();
    let mut scripts = BTreeMap::new();
    for (name, index) in &names {
        // RECORD cannot list its own hash, nor those of its signatures.
        let signature = ["RECORD.jws", "RECORD.p7s"].iter().any(|file| *name == info(file));
        if signature || *name == info("RECORD") {
            record.ignore(name);
            dropped.extend(signature.then(|| Dropped::new(SIGNATURE, name)));
            continue;
        }
        let mut file = zip.by_index(*index)?;
        let size = file.size();
        let executable = file.unix_mode().is_some_and(|mode| mode & 0o111 != 0);
        let kept = store.keep(&mut file, size)?;
        if kept.size != size {
            return Err(Kind::Altered(name.clone(), "size"));
        }
        record.check(name, &kept)?;
        let (place, part) = layout.place(name)?;
        let below = layout.below_site(&place);
        if source_of(name).is_some_and(|source| names.contains_key(&source)) {
            dropped.push(Dropped::new(BYTECODE, below));
            continue;
        }
        // The archive has an INSTALLER of its own.
        if *name == info("INSTALLER") || *name == info("direct_url.json") {
            let replaced = *name == info("INSTALLER");
            dropped.extend((!replaced).then(|| Dropped::new(INSTALLER, below)));
            continue;
        }
        if part == Part::Other
            && let Some(rule) = slim.rule(place.as_str(), below)
        {
            dropped.push(Dropped::new(rule, below));
            continue;
        }
        let kept = slim.strip(name, kept, |other| names.contains_key(other), store)?;
        if part == Part::Script {
            if let Some(script) = build.add_script(place, &kept)? {
                scripts.insert(script.name.clone(), script);
            }
        } else {
            let mode = if executable { Mode::Executable } else { Mode::Plain };
            build.add(&place, mode, kept)?;
        }
    }
    dropped.sort();
    let missing = record.finish();
    for point in points {
        let place = EntryPath::new(&format!("{BIN}/{}", point.name))?;
        // If a wheel has a file of this name, installers overwrite it with the generated script.
        build.tree.remove(&place);
        build.add_bytes(&place, Mode::Script, wrapper(&point))?;
        let target = Target::Call { module: point.module, attr: point.attr };
        let script =
            Script { name: point.name, target, graphical: point.graphical, extras: point.extras };
        scripts.insert(script.name.clone(), script);
    }
    let tree = build.finish()?;
    Ok(Distribution {
        name: normalize(&wheel.name),
        version: if metadata.version.is_empty() { wheel.version } else { metadata.version.clone() },
        top_level: top_level(&tree, &layout.site),
        tree,
        scripts: scripts.into_values().collect(),
        metadata,
        dropped,
        missing,
    })
}

fn check_version(wheel: &str) -> Result<(), Kind> {
    let headers = headers(wheel);
    let version = headers.iter().find(|(name, _)| name == "wheel-version");
    match version.map(|(_, version)| version.as_str()) {
        Some(version) if version == "1" || version.starts_with("1.") => Ok(()),
        Some(version) => Err(Kind::Version(version.into())),
        None => Err(Kind::Metadata("WHEEL has no Wheel-Version".into())),
    }
}

/// The tree while it is being built.
struct Build<'a> {
    layout: &'a Layout,
    tree: Tree,
    installed: Installed,
}

impl Build<'_> {
    fn add(&mut self, path: &EntryPath, mode: Mode, kept: Kept) -> Result<(), Kind> {
        self.installed.add(self.layout.seen_from_site(path), &kept.sha256, kept.size);
        match self.tree.insert(path.clone(), Node::File { mode, content: kept.content }) {
            Some(_) => Err(Kind::Duplicate(path.to_string())),
            None => Ok(()),
        }
    }

    fn add_bytes(&mut self, path: &EntryPath, mode: Mode, bytes: Vec<u8>) -> Result<(), Kind> {
        let (size, sha256) = (bytes.len() as u64, Sha256::digest(&bytes).into());
        self.add(path, mode, Kept { content: bytes.into(), size, sha256 })
    }

    /// Adds a file of the `scripts` scheme. `None` for one that cannot be executed, such as a shell
    /// completion or a batch file.
    fn add_script(&mut self, path: EntryPath, kept: &Kept) -> Result<Option<Script>, Kind> {
        let (content, mode) = prepare(kept.content.clone())?;
        let native = mode != Mode::Script;
        let mut start = Vec::new();
        content.open()?.take(4).read_to_end(&mut start)?;
        let name = path.file_name().to_owned();
        match content {
            Content::Memory(bytes) if !native => self.add_bytes(&path, mode, bytes.to_vec())?,
            content => {
                self.add(&path, mode, Kept { content, size: kept.size, sha256: kept.sha256 })?;
            }
        }
        let startable = is_executable(&start);
        let target = Target::File { path, native };
        Ok(startable.then_some(Script { name, target, graphical: false, extras: Vec::new() }))
    }

    fn finish(mut self) -> Result<Tree, Kind> {
        let info = format!("{}/{}", self.layout.site, self.layout.dist_info);
        let installer = EntryPath::new(&format!("{info}/INSTALLER"))?;
        self.add_bytes(&installer, Mode::Plain, b"snakecrate\n".to_vec())?;
        let record = EntryPath::new(&format!("{info}/RECORD"))?;
        let text = self.installed.encode(&self.layout.seen_from_site(&record));
        self.tree.insert_file(record, Mode::Plain, text);
        Ok(self.tree)
    }
}

/// The importable names directly in `site`.
fn top_level(tree: &Tree, site: &str) -> Vec<String> {
    let mut names = BTreeSet::new();
    for (path, _) in tree.iter() {
        let Some(rest) = path.as_str().strip_prefix(site).and_then(|r| r.strip_prefix('/')) else {
            continue;
        };
        let name = match rest.split_once('/') {
            Some((directory, _)) => directory,
            None if ["py", "so", "pyc"].contains(&path.extension()) => {
                rest.split('.').next().unwrap_or_default()
            }
            None => continue,
        };
        // `.dist-info`, `numpy.libs` and the like are not packages.
        if !name.is_empty() && !name.contains(['.', '-']) && name != "__pycache__" {
            names.insert(name.to_owned());
        }
    }
    names.into_iter().collect()
}

#[cfg(test)]
mod tests;
