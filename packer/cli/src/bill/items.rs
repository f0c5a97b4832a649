//! Items of a bill of materials: components, libraries, packages of the host, the launcher.

use std::collections::BTreeSet;

use snakecrate_base::python::DistributionPackage;
use snakecrate_format::manifest::{Component, Kind};
use snakecrate_licences::{HostPackage, Library, Subject, SubjectKind, library, normalized};
use snakecrate_sbom::{
    Checksum, File, Item, ItemKind, License, NativeKind, debian, embedded, generic, pypi,
};

use super::files::{Found, NativeFile};
use crate::wheel::normalize;

/// The licences of the C library component: glibc, and the libraries of GCC beside it. From their
/// sources' COPYING files, as SPDX names them.
const GLIBC_LICENSE: &str = "LGPL-2.1-or-later AND GPL-3.0-or-later WITH GCC-exception-3.1";
/// The licence of the interpreter, as SPDX names it.
const PYTHON_LICENSE: &str = "Python-2.0.1";
/// The name of the interpreter's components.
const PYTHON: &str = "cpython";
/// The beginning of references of the launcher and its parts.
const LAUNCHER: &str = "launcher";
/// The beginning of references of crates.
const CRATE: &str = "pkg:cargo/";
/// The property with the source package of a package.
const SOURCE_PACKAGE: &str = "snakecrate:source-package";

/// What other parts of the archive know about its components.
pub(super) struct Known<'a> {
    pub(super) subjects: &'a [Subject],
    /// Items of the attached bill of materials.
    pub(super) attached: &'a [Item],
    pub(super) packages: &'a [HostPackage],
}

/// The licence of components of this kind, if they have none of their own.
pub(crate) fn license(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Runtime | Kind::Part => Some(PYTHON_LICENSE),
        Kind::CLibrary => Some(GLIBC_LICENSE),
        Kind::App | Kind::Wheel => None,
    }
}

/// The kind of the item that a component of this kind is.
pub(crate) fn kind(kind: Kind) -> ItemKind {
    match kind {
        Kind::Runtime | Kind::Part => ItemKind::Platform,
        Kind::App => ItemKind::Application,
        Kind::Wheel | Kind::CLibrary => ItemKind::Library,
    }
}

/// The name of a component's item: a part of the runtime belongs to Python.
pub(crate) fn title(kind: Kind, name: &str) -> String {
    if kind == Kind::Part { format!("{PYTHON} ({name})") } else { name.to_owned() }
}

/// The reference of a component, and its package URL. That is `purl` if it is given. Applications have
/// none, since they may not be on any index.
pub(crate) fn reference(
    kind: Kind,
    name: &str,
    version: &str,
    purl: Option<String>,
) -> (String, Option<String>) {
    let purl = purl.or_else(|| match kind {
        Kind::Runtime | Kind::CLibrary => Some(generic(name, version)),
        // Not `ssl` or `sqlite3` with Python's version, which scanners would take for the library.
        Kind::Part => Some(format!("{}#{name}", generic(PYTHON, version))),
        Kind::Wheel => Some(pypi(name, version, None)),
        Kind::App => None,
    });
    let id = purl.clone().unwrap_or_else(|| format!("{}:{name}@{version}", kind.as_str()));
    (id, purl)
}

/// The package URL of the package that a runtime was made from.
pub(crate) fn package_url(package: &DistributionPackage) -> String {
    let DistributionPackage { distribution, suite, name, version, architecture, .. } = package;
    debian(distribution, name, version, &[("arch", architecture), ("distro", suite)])
}

/// The launcher of this packer, and what it is built from.
pub(crate) fn launcher() -> Vec<Item> {
    let all = snakecrate_licences::launcher();
    let mut items: Vec<Item> = all.iter().map(launcher_part).collect();
    let parts = items.iter().skip(1).map(|item| item.id.clone()).collect();
    if let Some(first) = items.first_mut() {
        first.id = LAUNCHER.into();
        first.kind = ItemKind::Application;
        first.is_inside = false;
        first.version = Some(env!("CARGO_PKG_VERSION").into());
        first.requires = parts;
    }
    items
}

fn launcher_part(subject: &Subject) -> Item {
    let version = subject.version.clone();
    // Names of crates are plain words; the standard library and musl are no crates.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let purl = version
        .as_ref()
        .filter(|_| subject.name.chars().all(plain))
        .map(|version| format!("{CRATE}{}@{}", subject.name, version.replace('+', "%2B")));
    let plain_name = subject.name.replace(|c| !plain(c), "-");
    Item {
        id: purl.clone().unwrap_or_else(|| format!("{LAUNCHER}:{plain_name}")),
        name: subject.name.clone(),
        version,
        purl,
        licenses: subject.expression.clone().map(License::Expression).into_iter().collect(),
        is_inside: true,
        ..Item::default()
    }
}

/// The launcher by the attached bill of materials; that of this packer if it names none.
pub(super) fn launcher_of(attached: &[Item]) -> Vec<Item> {
    let is_of = |item: &&Item| item.id.starts_with(LAUNCHER) || item.id.starts_with(CRATE);
    let mut items: Vec<Item> = attached.iter().filter(is_of).cloned().collect();
    if items.is_empty() {
        return launcher();
    }
    for item in &mut items {
        item.is_inside = item.id != LAUNCHER;
        item.licenses.iter_mut().for_each(recognize);
    }
    items
}

/// Makes an expression of a licence's name, if it is one.
fn recognize(license: &mut License) {
    if let License::Name(name) = license
        && let Some(expression) = normalized(name)
    {
        *license = License::Expression(expression);
    }
}

/// A component, the libraries in it, and the items of its documents.
pub(super) fn component(component: &Component, found: &Found, known: &Known<'_>) -> Vec<Item> {
    let label = component.label();
    let attached = known.attached.iter().find(|item| {
        let is_application = item.kind == ItemKind::Application;
        is_application == (component.kind == Kind::App)
            && item.name == title(component.kind, &component.name)
            && item.version.as_deref() == Some(&component.version)
    });
    let purl = attached.and_then(|item| item.purl.clone());
    let (id, purl) = reference(component.kind, &component.name, &component.version, purl);
    let source = component.source.as_ref();
    let metadata = found.metadata.as_ref();
    let required = metadata.map(|metadata| metadata.requires_dist.as_slice()).unwrap_or_default();
    let mut properties = vec![("snakecrate:digest", component.digest.to_string())];
    let imports: Vec<&str> = found.imports.iter().map(String::as_str).collect();
    if !imports.is_empty() {
        properties.push(("snakecrate:imports", imports.join(" ")));
    }
    let mut item = Item {
        id,
        kind: kind(component.kind),
        name: title(component.kind, &component.name),
        version: Some(component.version.clone()),
        summary: metadata.and_then(|metadata| metadata.summary.clone()),
        purl,
        licenses: licenses(component, &label, known.subjects),
        checksums: source.map(|one| Checksum::Sha256(one.sha256.clone())).into_iter().collect(),
        file: source.map(|one| one.file.clone()),
        properties,
        requires: required.iter().map(|text| name_reference(text)).collect(),
        ..Item::default()
    };
    let mut inside = Vec::new();
    for file in &found.native {
        let path = format!("{label}/{}", file.path);
        match library_of(component, file) {
            Some(library) => inside.push(library_item(component, file, &path, &library, known)),
            None => item.native.push(File { path, checksums: file.checksums.clone() }),
        }
    }
    for (path, bytes) in &found.documents {
        let Some(document) = embedded(bytes, &format!("{label}/{path}#")) else { continue };
        let place = ("snakecrate:document", format!("{label}/{path}"));
        inside.extend(document.items.into_iter().map(|mut item| {
            item.licenses.iter_mut().for_each(recognize);
            item.properties.push(place.clone());
            item
        }));
    }
    item.requires.extend(inside.iter().map(|one| one.id.clone()));
    let of_host = known.packages.iter().filter(|package| {
        package.files.iter().any(|(of, path)| *of == label && !is_library(found, component, path))
    });
    item.requires.extend(of_host.map(host_url));
    inside.insert(0, item);
    inside
}

fn is_library(found: &Found, component: &Component, path: &str) -> bool {
    let mut files = found.native.iter().filter(|file| file.path == path);
    files.any(|file| library_of(component, file).is_some())
}

/// A requirement's name, until [`connect`] finds the item.
fn name_reference(requirement: &str) -> String {
    let end = requirement.find(|c: char| !(c.is_alphanumeric() || "-_.".contains(c)));
    format!("name:{}", normalize(&requirement[..end.unwrap_or(requirement.len())]))
}

/// Replaces the names of requirements with the references of items.
pub(super) fn connect(items: &mut [Item]) {
    let names: Vec<(String, String)> = items
        .iter()
        // An application may have the name of the distribution that it starts.
        .filter(|item| !item.is_inside && item.kind == ItemKind::Library)
        .map(|item| (format!("name:{}", item.name), item.id.clone()))
        .collect();
    for item in items {
        for required in &mut item.requires {
            if let Some((_, id)) = names.iter().find(|(name, _)| name == required) {
                required.clone_from(id);
            }
        }
    }
}

fn licenses(component: &Component, label: &str, subjects: &[Subject]) -> Vec<License> {
    if let Some(expression) = license(component.kind) {
        return vec![License::Expression(expression.into())];
    }
    let mut of = subjects
        .iter()
        .filter(|one| one.component.as_deref() == Some(label) && one.kind != SubjectKind::Library);
    let Some(subject) = of.next() else { return Vec::new() };
    match &subject.expression {
        Some(expression) => vec![License::Expression(expression.clone())],
        None => subject.declared.iter().cloned().map(License::Name).collect(),
    }
}

/// The library that a file is; `None` if it is a part of its component: an extension module, a program,
/// the interpreter, the C library.
fn library_of(component: &Component, file: &NativeFile) -> Option<Library> {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    if file.native.kind != NativeKind::Library {
        return None;
    }
    let by_name = library(&file.path);
    match component.kind {
        Kind::Runtime | Kind::Part if name.starts_with("libpython") => None,
        Kind::CLibrary if !name.starts_with("libgcc_s") && !name.starts_with("libstdc++") => {
            by_name.filter(|known| known.expression.is_some())
        }
        _ => by_name.or_else(|| {
            let stem = name.split(".so").next().unwrap_or(name);
            Some(Library { name: stem.to_owned(), version: None, expression: None })
        }),
    }
}

fn library_item(
    component: &Component,
    file: &NativeFile,
    path: &str,
    library: &Library,
    known: &Known<'_>,
) -> Item {
    let label = component.label();
    let subject = known.subjects.iter().find(|one| {
        one.kind == SubjectKind::Library
            && one.component.as_ref() == Some(&label)
            && one.name == library.name
            && one.version == library.version
    });
    let expression = subject.and_then(|one| one.expression.clone());
    let note = file.native.package.as_ref();
    let owner = known.packages.iter().find(|package| {
        package.files.iter().any(|(of, taken)| *of == label && *taken == file.path)
    });
    let mut properties = Vec::new();
    if let Some(note) = note {
        let words = [&note.kind, &note.os, &note.os_version, &note.name, &note.version];
        let words: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
        properties.push(("snakecrate:note.package", words.join(" ")));
    }
    // Packages say it best, then notes, which name the source of several libraries.
    let version = owner
        .map(|package| package.version.clone())
        .or_else(|| note.and_then(|note| note.version.clone()))
        .or_else(|| library.version.clone());
    let purl = note.filter(|_| owner.is_none()).and_then(|note| {
        let (name, version) = (note.name.as_ref()?, note.version.as_ref()?);
        Some(match (note.kind.as_deref(), &note.os) {
            (Some("deb"), Some(os)) => {
                let architecture = note.architecture.as_deref().unwrap_or_default();
                let release = note.os_version.as_deref();
                let release = release.map(|number| format!("{os}-{number}")).unwrap_or_default();
                debian(os, name, version, &[("arch", architecture), ("distro", &release)])
            }
            _ => generic(name, version),
        })
    });
    Item {
        id: format!("file:{path}"),
        kind: ItemKind::Library,
        name: library.name.clone(),
        version,
        purl,
        licenses: expression.map(License::Expression).into_iter().collect(),
        checksums: file.checksums.clone(),
        file: Some(path.to_owned()),
        properties,
        requires: owner.map(host_url).into_iter().collect(),
        is_inside: true,
        ..Item::default()
    }
}

/// The package URL of a package of the host.
fn host_url(package: &HostPackage) -> String {
    let (distribution, release) = match &package.distribution {
        Some((name, release)) => (name.as_str(), release.as_str()),
        None => ("debian", ""),
    };
    let release =
        if release.is_empty() { String::new() } else { format!("{distribution}-{release}") };
    let source = package.source.as_deref().unwrap_or_default();
    let qualifiers =
        [("arch", package.architecture.as_str()), ("distro", &release), ("upstream", source)];
    debian(distribution, &package.name, &package.version, &qualifiers)
}

/// The packages of the host that files were taken from.
pub(super) fn packages(packages: &[HostPackage]) -> Vec<Item> {
    let item = |package: &HostPackage| {
        let url = host_url(package);
        Item {
            id: url.clone(),
            name: package.name.clone(),
            version: Some(package.version.clone()),
            purl: Some(url),
            licenses: package.expression.clone().map(License::Expression).into_iter().collect(),
            properties: package
                .source
                .iter()
                .map(|source| (SOURCE_PACKAGE, source.clone()))
                .collect(),
            is_inside: true,
            ..Item::default()
        }
    };
    packages.iter().map(item).collect()
}

/// Drops items whose reference an earlier one has.
pub(super) fn make_unique(items: &mut Vec<Item>) {
    let mut seen = BTreeSet::new();
    items.retain(|item| seen.insert(item.id.clone()));
}
