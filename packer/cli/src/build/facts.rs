//! Facts about distributions, cached together with their packed components.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::{fs, io};

use serde::{Deserialize, Serialize};
use snakecrate_format::digest::Digest;
use snakecrate_format::entry_path::EntryPath;

use super::requires::Declared;
use super::{Error, entries};
use crate::build_cache::BuildCache;
use crate::component::{Packed, Store};
use crate::wheel::{self, Distribution, Dropped, License, Metadata, Script, normalize};
use snakecrate_audit::{self as audit, Object};
use snakecrate_base::temporary;
use snakecrate_base::tree::Tree;
use snakecrate_format::target::Target;
use snakecrate_runtime::{Imports, Scanner};
use snakecrate_sbom::License as SbomLicense;

/// The facts that a build needs about a distribution besides its files.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Facts {
    /// The normalised name.
    pub name: String,
    /// The version.
    pub version: String,
    /// Its summary, in one line.
    pub summary: Option<String>,
    /// Its licenses.
    pub licenses: Vec<SbomLicense>,
    /// Its requirements as its metadata has them, including those for other systems and for extras.
    pub requires: Vec<String>,
    /// The versions of Python that it allows: `>=3.9,!=3.9.1`.
    #[serde(default)]
    pub requires_python: Option<String>,
    /// Its extras, each with the normalised name of a distribution that it adds.
    pub extras: Vec<(String, String)>,
    /// Importable names at the top of `site-packages`, sorted.
    pub top_level: Vec<String>,
    /// The extras that it provides, normalised.
    pub provides: Vec<String>,
    /// Its scripts.
    pub scripts: Vec<Script>,
    /// The imports that its Python scripts begin with, as code.
    pub leading: BTreeMap<EntryPath, String>,
    /// Packages with a `__main__` module.
    pub runnable: Vec<String>,
    /// Its imports.
    pub imports: Imports,
    /// Its ELF files.
    pub objects: Vec<Object>,
    /// Files of its wheel that are not packed, sorted.
    pub dropped: Vec<Dropped>,
    /// Files that its RECORD lists and its wheel lacks.
    pub missing: Vec<String>,
}

impl Facts {
    /// The facts of an unpacked distribution.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or the interpreter does not start.
    pub fn of(distribution: &Distribution, scanner: &Scanner<'_>) -> Result<Self, Error> {
        let Distribution { name, version, metadata, .. } = distribution;
        Ok(Self {
            top_level: distribution.top_level.clone(),
            scripts: distribution.scripts.clone(),
            leading: leading(distribution, scanner),
            runnable: runnable(distribution),
            imports: Imports::of(&distribution.tree, scanner)?,
            objects: objects_of(&distribution.tree, scanner.interpreter().target)?,
            dropped: distribution.dropped.clone(),
            missing: distribution.missing.clone(),
            ..Self::of_metadata(name, version, metadata)
        })
    }

    /// The facts that metadata has.
    pub fn of_metadata(name: &str, version: &str, metadata: &Metadata) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            summary: metadata.summary.clone(),
            licenses: licenses(&metadata.license),
            requires: metadata.requires_dist.clone(),
            requires_python: metadata.requires_python.clone(),
            extras: extras(&metadata.requires_dist),
            top_level: Vec::new(),
            provides: metadata.provides_extra.iter().map(|extra| normalize(extra)).collect(),
            scripts: Vec::new(),
            leading: BTreeMap::new(),
            runnable: Vec::new(),
            imports: Imports::default(),
            objects: Vec::new(),
            dropped: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// What it declares about others.
    pub fn declared(&self) -> Declared<'_> {
        let Self { name, version, requires, provides, .. } = self;
        Declared { name, version, requires, provides }
    }

    /// The normalised names of its requirements.
    pub fn required_names(&self) -> Vec<String> {
        let names: BTreeSet<_> = self.requires.iter().map(|text| required_name(text)).collect();
        names.into_iter().collect()
    }

    /// The executables that a loader has to load.
    pub fn loaded(&self) -> impl Iterator<Item = EntryPath> {
        let executables = self.objects.iter().filter(|object| object.interpreter.is_some());
        executables.filter_map(|object| EntryPath::new(&object.path).ok())
    }
}

/// The normalised name at the start of a requirement.
fn required_name(requirement: &str) -> String {
    let end = requirement.find(|c: char| !(c.is_alphanumeric() || "-_.".contains(c)));
    crate::wheel::normalize(&requirement[..end.unwrap_or(requirement.len())])
}

/// The extras that the markers of `requirements` name, and the distributions that they add. The
/// other conditions of the markers don't count.
fn extras(requirements: &[String]) -> Vec<(String, String)> {
    let extra = |text: &String| {
        let (_, marker) = text.split_once(';')?;
        let (_, value) = marker.split_once("extra ==").or_else(|| marker.split_once("extra=="))?;
        let name = value.trim_start().trim_start_matches(['\'', '"']);
        let end = name.find(['\'', '"'])?;
        Some((name[..end].to_owned(), required_name(text)))
    };
    requirements.iter().filter_map(extra).collect()
}

/// The ELF files in `tree`.
pub(super) fn objects_of(tree: &Tree, target: &Target) -> Result<Vec<Object>, Error> {
    Ok(audit::objects_of(tree, target)?)
}

fn licenses(license: &License) -> Vec<SbomLicense> {
    if let Some(expression) = &license.expression {
        return vec![SbomLicense::Expression(expression.clone())];
    }
    if !license.classifiers.is_empty() {
        return license.classifiers.iter().cloned().map(SbomLicense::Name).collect();
    }
    // The field may contain a whole license text; its first line is the name.
    let first = license.text.as_deref().and_then(|text| text.lines().next());
    first.map(|line| SbomLicense::Name(line.trim().to_owned())).into_iter().collect()
}

/// The imports that the files among the scripts begin with. Entry points have none: they call a
/// function.
fn leading(distribution: &Distribution, scanner: &Scanner<'_>) -> BTreeMap<EntryPath, String> {
    let files = distribution.scripts.iter().filter_map(|script| match &script.target {
        wheel::Target::File { path, native: false } => Some(path),
        _ => None,
    });
    let imports = |path: &EntryPath| entries::leading_imports(&distribution.tree, path, scanner);
    files.filter_map(|path| Some((path.clone(), imports(path)?))).collect()
}

fn runnable(distribution: &Distribution) -> Vec<String> {
    let has_main = |package: &&String| {
        let suffix = format!("/site-packages/{package}/__main__.py");
        distribution.tree.iter().any(|(path, _)| path.as_str().ends_with(&suffix))
    };
    distribution.top_level.iter().filter(has_main).cloned().collect()
}

/// Facts and components by the inputs that they were made from.
#[derive(Debug, Clone)]
pub struct FactsCache {
    directory: PathBuf,
    store: Store,
}

impl FactsCache {
    /// The facts and components in `cache`.
    pub fn new(cache: &BuildCache) -> Self {
        Self { directory: cache.facts(), store: Store::new(cache) }
    }

    /// The store of the components.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Facts and component that were remembered for `key`, if both exist.
    pub fn lookup(&self, key: &str) -> Option<(Facts, Packed)> {
        let facts = fs::read(self.path(key)).ok()?;
        Some((serde_json::from_slice(&facts).ok()?, self.store.lookup(key)?))
    }

    /// Remembers facts and component. A failure costs only time in the next build.
    pub fn remember(&self, key: &str, facts: &Facts, packed: &Packed) {
        if self.write(key, facts).is_ok() {
            let _ = self.store.remember(key, packed);
        }
    }

    /// The runtime that was remembered for `key`, and its ELF files.
    pub fn lookup_runtime(&self, key: &str) -> Option<(Packed, Vec<Object>)> {
        let objects = fs::read(self.path(key)).ok()?;
        Some((self.store.lookup(key)?, serde_json::from_slice(&objects).ok()?))
    }

    /// Remembers a runtime. A failure costs only time in the next build.
    pub fn remember_runtime(&self, key: &str, packed: &Packed, objects: &[Object]) {
        if self.write(key, objects).is_ok() {
            let _ = self.store.remember(key, packed);
        }
    }

    /// The names that were remembered for `key`.
    pub fn lookup_names(&self, key: &str) -> Option<Vec<String>> {
        serde_json::from_slice(&fs::read(self.path(key)).ok()?).ok()
    }

    /// Remembers names. A failure costs only time in the next build.
    pub fn remember_names(&self, key: &str, names: &[String]) {
        let _ = self.write(key, names);
    }

    fn write<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> io::Result<()> {
        fs::create_dir_all(&self.directory)?;
        let mut file = temporary::file_in(&self.directory)?;
        serde_json::to_writer(&mut file, value)?;
        file.persist(self.path(key))?;
        Ok(())
    }

    fn path(&self, key: &str) -> PathBuf {
        self.directory.join(Digest::of(key.as_bytes()).key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extras_come_with_the_distributions_that_they_add() {
        let requirements = [
            "h11>=0.8",
            "uvloop!=0.15.0 ; (sys_platform != 'win32') and extra == 'standard'",
            "PyYAML>=5.1; extra==\"standard\"",
        ];
        let found = extras(&requirements.map(str::to_owned));
        let pair = |extra: &str, adds: &str| (extra.to_owned(), adds.to_owned());
        assert_eq!(found, [pair("standard", "uvloop"), pair("standard", "pyyaml")]);
    }
}
