//! The contents of a finished archive, as a build knows them: facts, native code, scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use snakecrate_audit::{self as audit, Object};
use snakecrate_base::python::Interpreter;
use snakecrate_format::listing::Listing;
use snakecrate_format::manifest::{CLibrary, Component, Kind, Manifest, Start};
use snakecrate_runtime::c_library::finds_host_libraries;

use super::{Error, attachments};
use crate::archive::{self, Archive, ComponentSpec};
use crate::build;
use crate::build::facts::Facts;
use crate::build::pack::{Prepared, State};
use crate::wheel::entry_points;
use crate::wheel::{Metadata, Script, Target, WheelName, normalize};

/// The directory of boot scripts.
const BOOT: &str = "boot/";

/// The contents of an archive.
pub(super) struct Contents {
    /// The core and the parts that stay; empty if the runtime is replaced.
    pub(super) runtime: Vec<ComponentSpec>,
    pub(super) runtime_objects: Vec<Object>,
    /// The paths of the runtime's files.
    pub(super) runtime_paths: BTreeSet<String>,
    pub(super) app: ComponentSpec,
    /// Facts about the application, if it is a distribution.
    pub(super) project: Option<Facts>,
    pub(super) app_objects: Vec<Object>,
    /// The boot scripts and the scripts that entries start: their texts by their paths.
    pub(super) scripts: BTreeMap<String, String>,
    pub(super) wheels: Vec<Prepared>,
    pub(super) c_library: Option<Bundled>,
    /// A file with bytecode, and the magic number in it.
    bytecode: Option<(String, Vec<u8>)>,
}

/// The C library in an archive.
pub(super) struct Bundled {
    pub(super) spec: ComponentSpec,
    pub(super) facts: CLibrary,
    /// The names of its libraries.
    pub(super) names: BTreeSet<String>,
    /// Whether its loader finds libraries of the host.
    pub(super) finds_host: bool,
}

/// The part of one component that was read.
#[derive(Default)]
struct Found {
    objects: Vec<Object>,
    texts: BTreeMap<String, String>,
    bytecode: Option<(String, Vec<u8>)>,
    finds_host: bool,
}

impl Contents {
    /// Reads `archive`, and compares every digest on the way. Of a runtime that is replaced, only the
    /// paths are read.
    pub(super) fn read(
        archive: &Archive,
        python: &Interpreter,
        replaces_runtime: bool,
    ) -> Result<Self, build::Error> {
        let manifest = archive.manifest();
        let is_gone = |component: &Component| {
            replaces_runtime && component.is_of_runtime() && component.name != INCLUDED
        };
        let reader = Reader { archive, python, scripts: scripts_of(manifest) };
        let read = |component: &Component| {
            if is_gone(component) { Ok(Found::default()) } else { reader.component(component) }
        };
        let components = &manifest.components;
        let found = components.par_iter().map(read).collect::<Result<Vec<_>, archive::Error>>()?;
        let mut this = Self {
            runtime: Vec::new(),
            runtime_objects: Vec::new(),
            runtime_paths: BTreeSet::new(),
            app: spec(archive, &components[0]),
            project: None,
            app_objects: Vec::new(),
            scripts: BTreeMap::new(),
            wheels: Vec::new(),
            c_library: None,
            bytecode: None,
        };
        let mut purls = attachments::purls_of_indexes(archive)?;
        for (component, mut found) in components.iter().zip(found) {
            if component.is_layer() && this.bytecode.is_none() {
                this.bytecode = found.bytecode.take();
            }
            let listing = |archive: &Archive| archive.listing(component);
            match component.kind {
                Kind::Runtime | Kind::Part => {
                    this.runtime_paths.extend(paths(&listing(archive)?));
                    this.runtime_objects.extend(found.objects);
                    if !is_gone(component) {
                        this.runtime.push(spec(archive, component));
                    }
                }
                Kind::App => {
                    this.app = spec(archive, component);
                    this.project = reader.facts(component, &found, &listing(archive)?);
                    this.app_objects = found.objects;
                    this.scripts.extend(found.texts);
                }
                Kind::Wheel => {
                    let facts = reader.facts(component, &found, &listing(archive)?);
                    let facts = facts.unwrap_or_else(|| unknown(component));
                    this.scripts.extend(found.texts);
                    let facts = Facts { objects: found.objects, ..facts };
                    let purl = purls.remove(&(component.name.clone(), component.version.clone()));
                    this.wheels.push(prepared(archive, component, facts, purl));
                }
                Kind::CLibrary => {
                    let name = |path: String| Some(path.strip_prefix("lib/")?.to_owned());
                    let names = paths(&listing(archive)?).filter_map(name).collect();
                    let facts = manifest.c_library.clone();
                    let finds_host = found.finds_host;
                    let spec = spec(archive, component);
                    this.c_library = facts.map(|facts| Bundled { spec, facts, names, finds_host });
                }
            }
        }
        Ok(this)
    }

    /// Fails if `python` does not load the bytecode that stays.
    pub(super) fn check_bytecode(&self, python: &Interpreter) -> Result<(), Error> {
        match (&self.bytecode, python.magic_bytes()) {
            (Some((file, magic)), Some(wanted)) if !wanted.is_empty() && *magic != wanted => {
                Err(Error::Bytecode {
                    file: file.clone(),
                    path: python.executable.clone(),
                    version: python.full_version.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Whether modules of the standard library are packed without their sources.
    pub(super) fn is_sourceless(&self, python: &Interpreter) -> bool {
        if self.runtime_paths.is_empty() {
            // It is in another file, and layers have the same form as their runtime.
            return self.bytecode.as_ref().is_some_and(|(file, _)| !file.contains("__pycache__"));
        }
        let module = format!("{}/os.py", python.lib());
        !self.runtime_paths.contains(&module) && self.runtime_paths.contains(&format!("{module}c"))
    }
}

/// The part with libraries that the user included. It has no part of an interpreter.
pub(super) const INCLUDED: &str = "included-libs";

struct Reader<'a> {
    archive: &'a Archive,
    python: &'a Interpreter,
    /// Scripts that entries start.
    scripts: BTreeSet<String>,
}

impl Reader<'_> {
    fn component(&self, component: &Component) -> Result<Found, archive::Error> {
        let found = Mutex::new(Found::default());
        let lock = || found.lock().unwrap_or_else(PoisonError::into_inner);
        let loader =
            self.archive.manifest().c_library.as_ref().map(|library| library.loader.as_str());
        archive::visit(self.archive, component, |path, contents| {
            if component.kind == Kind::CLibrary {
                if Some(path) == loader {
                    let mut bytes = Vec::new();
                    contents.read_to_end(&mut bytes)?;
                    lock().finds_host = finds_host_libraries(&bytes);
                }
            } else if self.is_text(component, path) {
                let mut bytes = Vec::new();
                contents.read_to_end(&mut bytes)?;
                let text = String::from_utf8_lossy(&bytes).into_owned();
                lock().texts.insert(path.to_owned(), text);
            } else if extension(path) == "pyc" {
                if lock().bytecode.is_none() {
                    let mut magic = Vec::new();
                    contents.take(4).read_to_end(&mut magic)?;
                    lock().bytecode = Some((format!("{}: {path}", component.label()), magic));
                }
            } else if let Some(object) = audit::object(path, contents, self.python.target)? {
                lock().objects.push(object);
            }
            Ok(())
        })?;
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.objects.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// Whether the text of this file is kept.
    fn is_text(&self, component: &Component, path: &str) -> bool {
        (component.kind == Kind::App && path.starts_with(BOOT))
            || self.scripts.contains(path)
            || self.document(path).is_some()
    }

    /// The file's name in a `.dist-info`, if that is one of the two that are read.
    fn document<'p>(&self, path: &'p str) -> Option<&'p str> {
        let below = path.strip_prefix(&self.python.site_packages())?.strip_prefix('/')?;
        let (directory, file) = below.split_once('/')?;
        let is_read = ["METADATA", "entry_points.txt"].contains(&file);
        (is_read && directory.ends_with(".dist-info")).then_some(file)
    }

    /// The facts about the distribution that `component` is; `None` if it is none.
    fn facts(&self, component: &Component, found: &Found, listing: &Listing) -> Option<Facts> {
        let documents =
            found.texts.iter().filter(|(path, _)| self.document(path) == Some("METADATA"));
        let parsed = documents.map(|(path, text)| (path, Metadata::parse(text)));
        let is_own =
            |(_, metadata): &(&String, Metadata)| normalize(&metadata.name) == component.name;
        let (path, metadata) = parsed.into_iter().find(is_own)?;
        let points = path.replace("/METADATA", "/entry_points.txt");
        let points = found.texts.get(&points).map(|text| entry_points::scripts(text));
        let points =
            points.and_then(Result::ok).unwrap_or_default().into_iter().map(|point| Script {
                name: point.name,
                target: Target::Call { module: point.module, attr: point.attr },
                graphical: point.graphical,
                extras: point.extras,
            });
        Some(Facts {
            scripts: points.collect(),
            top_level: top_level(listing, &self.python.site_packages()),
            ..Facts::of_metadata(&component.name, &component.version, &metadata)
        })
    }
}

/// The facts about a distribution without metadata.
fn unknown(component: &Component) -> Facts {
    Facts::of_metadata(&component.name, &component.version, &Metadata::default())
}

fn prepared(
    archive: &Archive,
    component: &Component,
    facts: Facts,
    purl: Option<String>,
) -> Prepared {
    let file = component.source.as_ref().map(|source| source.file.as_str()).unwrap_or_default();
    Prepared {
        facts,
        key: String::new(),
        source: component.source.clone(),
        purl,
        tags: WheelName::parse(file).map(|wheel| wheel.platforms).unwrap_or_default(),
        state: State::Packed(archive.packed(component)),
    }
}

fn spec(archive: &Archive, component: &Component) -> ComponentSpec {
    ComponentSpec {
        kind: component.kind,
        name: component.name.clone(),
        version: component.version.clone(),
        source: component.source.clone(),
        packed: archive.packed(component),
    }
}

/// The files that entries run: `bin/tool`.
fn scripts_of(manifest: &Manifest) -> BTreeSet<String> {
    let python = manifest.entries.iter().filter(|entry| matches!(entry.start, Start::Python(_)));
    let words = python.filter_map(|entry| entry.runs.split(' ').next().map(str::to_owned));
    words.collect()
}

/// What is behind the last dot of a path.
pub(super) fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

pub(super) fn paths(listing: &Listing) -> impl Iterator<Item = String> {
    listing.items().iter().map(|item| item.path.to_string())
}

/// The packages and modules at the top of `site`.
fn top_level(listing: &Listing, site: &str) -> Vec<String> {
    let name = |path: &str| {
        let below = path.strip_prefix(site)?.strip_prefix('/')?;
        let name = below.split(['/', '.']).next()?;
        let is_package = below.split_once('/').is_some_and(|(directory, _)| directory == name);
        let is_module = ["py", "pyc", "so"].iter().any(|end| below.ends_with(&format!(".{end}")));
        (is_package || is_module).then(|| name.to_owned())
    };
    let names: BTreeSet<String> =
        listing.items().iter().filter_map(|item| name(item.path.as_str())).collect();
    names.into_iter().filter(|name| name != "__pycache__" && !name.contains('-')).collect()
}
