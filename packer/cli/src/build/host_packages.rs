//! The packages of the interpreter's system that files of the archive are from, with their licences.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use snakecrate_format::manifest::Kind;
use snakecrate_licences::{HOST_PACKAGES, HostPackage, Packages};

use super::Error;
use super::pack::Work;
use crate::archive::{self, AttachmentSpec, ComponentSpec};
use snakecrate_runtime::libraries::Host;

/// The role of licence texts.
const LICENSE: &str = "license";

/// Packages, and the attachments that are their texts, by name.
#[derive(Default)]
struct Found {
    packages: Vec<HostPackage>,
    texts: BTreeMap<String, AttachmentSpec>,
}

impl Work<'_> {
    /// The list of the packages that files of `components` are from, and their copyright files. Nothing on
    /// a system without Debian's list of packages.
    pub(super) fn host_packages(
        &self,
        components: &[ComponentSpec],
    ) -> Result<Vec<AttachmentSpec>, Error> {
        self.found(&components.iter().collect::<Vec<_>>())?.attachments()
    }

    /// The attachments `old` of another archive, with the packages that files of `components` are from.
    /// Those of components with a label among `labels` are in `old`, if they are known.
    pub(super) fn with_host_packages(
        &self,
        old: Vec<AttachmentSpec>,
        labels: &BTreeSet<String>,
        components: &[ComponentSpec],
    ) -> Result<Vec<AttachmentSpec>, Error> {
        let (new, staying): (Vec<_>, Vec<_>) =
            components.iter().partition(|one| !labels.contains(&label(one)));
        let staying: BTreeSet<String> = staying.into_iter().map(label).collect();
        let (lists, mut old): (Vec<_>, Vec<_>) =
            old.into_iter().partition(|one| one.role == HOST_PACKAGES);
        let mut found = self.found(&new)?;
        for list in lists {
            let packages: Vec<HostPackage> =
                serde_json::from_slice(&list.contents).unwrap_or_default();
            let (mut kept, mut dropped) = (BTreeSet::new(), BTreeSet::new());
            for mut package in packages {
                package.files.retain(|(label, _)| staying.contains(label));
                let texts = if package.files.is_empty() { &mut dropped } else { &mut kept };
                texts.extend(package.text.clone());
                if !package.files.is_empty() {
                    found.add(package);
                }
            }
            // The same text may come again, and belongs to nothing else.
            old.retain(|one| {
                let name = one.name.as_str();
                let is_gone = dropped.contains(name) && !kept.contains(name);
                !is_gone && !found.texts.contains_key(name)
            });
        }
        old.extend(found.attachments()?);
        Ok(old)
    }

    fn found(&self, components: &[&ComponentSpec]) -> Result<Found, Error> {
        let root = &self.interpreter.root;
        let unreadable = |source| {
            let path = root.join("var/lib/dpkg");
            Error::Archive(archive::Error::Read { path, source })
        };
        let mut found = Found::default();
        let taken = self.taken(components);
        if taken.is_empty() {
            return Ok(found);
        }
        let Some(known) = Packages::of(root).map_err(unreadable)? else { return Ok(found) };
        for (mut package, text) in known.owners(&taken).map_err(unreadable)? {
            if let Some(text) = text {
                package.text = Some(found.text(&package, text)?);
            }
            found.packages.push(package);
        }
        Ok(found)
    }

    /// The files of this machine that the runtime and the C library are from, with their places.
    fn taken(&self, components: &[&ComponentSpec]) -> Vec<(PathBuf, (String, String))> {
        let python = self.interpreter;
        let host = Host::of(python);
        let own = python.prefix.join("lib");
        let mut taken = Vec::new();
        for component in components {
            if matches!(component.kind, Kind::App | Kind::Wheel) {
                continue;
            }
            let label = label(component);
            let mut take = |file: PathBuf, path: &str| {
                let file = file.canonicalize().unwrap_or(file);
                taken.push((file, (label.clone(), path.to_owned())));
            };
            if component.kind == Kind::Runtime {
                take(python.executable.clone(), &python.program());
                take(python.stdlib.join("os.py"), &format!("{}/os.py", python.lib()));
            }
            let Some(listing) = component.packed.listing() else { continue };
            for item in listing.items() {
                let path = item.path.as_str();
                let name = path.strip_prefix("lib/").filter(|name| !name.contains('/'));
                let Some(name) = name else { continue };
                let beside = own.join(name);
                // A library in the interpreter's own directory comes before the system's.
                let file = beside.is_file().then_some(beside).or_else(|| host.library(name));
                if let Some(file) = file {
                    take(file, path);
                }
            }
        }
        taken
    }
}

impl Found {
    /// Adds the copyright file of `package`, and returns its name. Packages of one source mostly have the
    /// same file.
    fn text(&mut self, package: &HostPackage, text: Vec<u8>) -> Result<String, Error> {
        if let Some((name, _)) = self.texts.iter().find(|(_, one)| one.contents == text) {
            return Ok(name.clone());
        }
        let path = format!("licenses/{}_{}.txt", package.name, package.version);
        let text = attachment(&path, LICENSE, text)?;
        let name = text.name.to_string();
        self.texts.insert(name.clone(), text);
        Ok(name)
    }

    /// Adds a package of another archive.
    fn add(&mut self, package: HostPackage) {
        let same = |one: &&mut HostPackage| {
            (&one.name, &one.version, &one.architecture)
                == (&package.name, &package.version, &package.architecture)
        };
        if let Some(known) = self.packages.iter_mut().find(same) {
            known.files.extend(package.files);
            known.files.sort();
        } else {
            self.packages.push(package);
        }
    }

    /// The texts and the list; nothing if there are no packages.
    fn attachments(mut self) -> Result<Vec<AttachmentSpec>, Error> {
        if self.packages.is_empty() {
            return Ok(Vec::new());
        }
        self.packages.sort();
        let mut list = serde_json::to_vec_pretty(&self.packages).unwrap_or_default();
        list.push(b'\n');
        let list = attachment(&format!("{HOST_PACKAGES}.json"), HOST_PACKAGES, list)?;
        Ok(self.texts.into_values().chain([list]).collect())
    }
}

fn label(component: &ComponentSpec) -> String {
    format!("{}-{}-{}", component.kind.as_str(), component.name, component.version)
}

fn attachment(path: &str, role: &str, contents: Vec<u8>) -> Result<AttachmentSpec, Error> {
    AttachmentSpec::file(path, role, contents)
        .map_err(|error| Error::Archive(archive::Error::Spec(error.to_string())))
}
