//! Another runtime for a finished image, of the same minor version.
//!
//! The new layers come from a runtime file. The image's other layers stay: its wheels and its
//! application know nothing of the runtime's patch release.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::str::FromStr as _;

use pep440_rs::{Version, VersionSpecifiers};
use snakecrate_audit::Object;
use snakecrate_format::manifest::{Component, Kind};
use snakecrate_format::target::{TARGETS, Target};
use snakecrate_image::spec::ImageConfiguration;
use snakecrate_image::{Document, Image, Layer, Node, Replacement, Role, contents};
use snakecrate_runtime::Part;

use super::labels::{PYTHON, REQUIRES, python};
use super::{Error, Maker, architecture, bill};
use crate::archive::{Archive, SBOM};

/// The runtime of an image for one target.
#[derive(Debug, Clone)]
pub struct Old {
    /// The target.
    pub target: &'static Target,
    /// The value of the label [`PYTHON`]: `cpython 3.12.1 python3.12`.
    python: String,
    /// The versions that its distributions allow.
    requires: String,
    /// Its parts, and libraries of the C library that are for compilers.
    parts: BTreeSet<String>,
    libraries: BTreeSet<String>,
    /// The version of its C library.
    c_library: Option<String>,
}

impl Old {
    fn of(config: &ImageConfiguration, layers: &[Layer]) -> Option<Self> {
        let same = |target: &&&Target| architecture(target) == *config.architecture();
        let target = TARGETS.iter().find(same)?;
        let python = config.get_config_annotation(PYTHON)?.to_owned();
        let requires = config.get_config_annotation(REQUIRES).unwrap_or_default().to_owned();
        let version = python.split(' ').nth(1)?;
        let all = layers.iter().filter_map(contents);
        let all: Vec<(Role, String)> = all.map(|(role, names)| (role, names.join(" "))).collect();
        let of = |role: Role| all.iter().filter(move |one| one.0 == role).map(|one| one.1.as_str());
        let name = |label: &str| {
            let name = label.strip_prefix("part-")?.strip_suffix(version)?.strip_suffix('-')?;
            Some(name.to_owned())
        };
        let library = |label: &str| Some(label.split_once('/')?.1.to_owned());
        let parts = of(Role::Part).filter_map(name).collect();
        let libraries = of(Role::CLibrary).filter_map(library).collect();
        let c_library = of(Role::CLibrary).find(|label| !label.contains('/'));
        let c_library = c_library.and_then(|label| label.rsplit_once('-'));
        let c_library = c_library.map(|(_, version)| version.to_owned());
        Some(Self { target, python, requires, parts, libraries, c_library })
    }

    /// The version of its interpreter.
    pub fn version(&self) -> &str {
        self.python.split(' ').nth(1).unwrap_or_default()
    }

    fn refused(&self, new: &Archive, reason: impl Into<String>) -> Error {
        let python = &new.manifest().python;
        Error::OtherRuntime {
            old: format!("Python {}", self.version()),
            new: format!("Python {}", python.version),
            reason: reason.into(),
        }
    }

    /// Whether the runtime in `new` fits.
    fn check(&self, new: &Archive) -> Result<(), Error> {
        let minor = |words: &str| {
            let words: Vec<&str> = words.split(' ').collect();
            let version = words.get(1).copied().unwrap_or_default();
            let minor: Vec<&str> = version.split('.').take(2).collect();
            [
                words.first().copied().unwrap_or_default(),
                &minor.join("."),
                words.last().unwrap_or(&""),
            ]
            .map(str::to_owned)
        };
        let ours = python(&new.manifest().python);
        if minor(&ours) != minor(&self.python) {
            let reason = "its modules are for another interface".to_owned();
            return Err(self.refused(new, reason));
        }
        let version = Version::from_str(&new.manifest().python.version);
        let allowed = VersionSpecifiers::from_str(&self.requires);
        match (version, allowed) {
            (Ok(version), Ok(allowed)) if !allowed.contains(&version) => {
                Err(self.refused(new, format!("a distribution requires {}", self.requires)))
            }
            _ => Ok(()),
        }
    }

    /// Whether the image's C library is too old for the runtime in `new`.
    fn needs_c_library(&self, new: &Archive) -> bool {
        let parsed = |text: &str| Version::from_str(text).ok();
        let has = self.c_library.as_deref().and_then(parsed);
        let needs = new.manifest().c_library.iter().flat_map(|library| &library.needs);
        let needed = needs.filter(|need| need.prefix == "GLIBC_");
        needed.into_iter().any(|need| parsed(&need.version) > has)
    }
}

impl Maker<'_> {
    /// `image` with the runtime in the file that `runtime` gives for each target.
    ///
    /// # Errors
    ///
    /// The image isn't one of this program, the runtime doesn't fit, and the errors of `runtime`.
    pub fn rebase<E: From<Error>>(
        &self,
        image: &Image,
        mut runtime: impl FnMut(&Old) -> Result<Archive, E>,
    ) -> Result<Image, E> {
        let replace = |manifest: &Document,
                       config: &ImageConfiguration,
                       layers: &[Layer]|
         -> Result<Replacement, Failed<E>> {
            let failed = |error: Error| Failed(E::from(error));
            let not_ours =
                || Error::from(snakecrate_image::Error::NotOurs(manifest.digest.to_string()));
            let old = Old::of(config, layers).ok_or_else(|| failed(not_ours()))?;
            let new = runtime(&old).map_err(Failed)?;
            let bill = bill::of(image, manifest).map_err(failed)?;
            self.replacement(&old, &new, bill.as_deref()).map_err(failed)
        };
        image.rebased(replace).map_err(|Failed(error)| error)
    }

    fn replacement(
        &self,
        old: &Old,
        new: &Archive,
        bill: Option<&[u8]>,
    ) -> Result<Replacement, Error> {
        old.check(new)?;
        let replaces_library = old.needs_c_library(new);
        let parts = self.parts(old, new)?;
        let mut layers = self.runtime(new, &parts)?;
        let libraries = |layer: &Layer| {
            let (role, names) = contents(layer)?;
            let name = names.first()?.split_once('/').map(|(_, library)| library.to_owned());
            (role == Role::CLibrary).then_some(name)
        };
        layers.retain(|layer| match libraries(layer) {
            None => true,
            Some(library) => {
                replaces_library && library.is_none_or(|library| old.libraries.contains(&library))
            }
        });
        let has: BTreeSet<String> = layers.iter().filter_map(libraries).flatten().collect();
        if let Some(lacks) = old.libraries.difference(&has).next().filter(|_| replaces_library) {
            return Err(old.refused(new, format!("its C library comes without {lacks}")));
        }
        let mut roles = vec![Role::Runtime, Role::Part];
        if replaces_library {
            roles.push(Role::CLibrary);
        }
        let of_runtime = new.attachment(SBOM)?.unwrap_or_default();
        let sbom = bill.map(|bill| {
            let gone: &[Kind] = if replaces_library {
                &[Kind::Runtime, Kind::Part, Kind::CLibrary]
            } else {
                &[Kind::Runtime, Kind::Part]
            };
            bill::replaced(bill, &of_runtime, gone, &parts)
        });
        let labels = BTreeMap::from([(PYTHON.to_owned(), python(&new.manifest().python))]);
        Ok(Replacement { roles, layers, labels, sbom })
    }

    /// The names of the parts of `new` that take the place of the image's: those of the standard library
    /// with the same names, and the libraries that they and the core need.
    fn parts(&self, old: &Old, new: &Archive) -> Result<BTreeSet<String>, Error> {
        let is_module = |name: &str| Part::all().any(|part| part.name() == name);
        let all = new.manifest().components.iter();
        let all: Vec<&Component> = all.filter(|one| one.kind.is_in_runtime_file()).collect();
        let has = |name: &str| all.iter().any(|one| one.kind == Kind::Part && one.name == name);
        if let Some(lacks) = old.parts.iter().find(|name| is_module(name) && !has(name)) {
            return Err(old.refused(new, format!("it has no {lacks}")));
        }
        let mut wanted: BTreeSet<String> =
            old.parts.iter().filter(|name| is_module(name)).cloned().collect();
        let mut facts: BTreeMap<&str, (HashSet<String>, HashSet<String>)> = BTreeMap::new();
        for component in all.iter().filter(|one| one.kind != Kind::CLibrary) {
            facts.insert(&component.name, self.libraries(new, component, old.target)?);
        }
        let core = new.manifest().runtime().name.clone();
        loop {
            let needed: HashSet<&String> = facts
                .iter()
                .filter(|(name, _)| **name == core || wanted.contains(**name))
                .flat_map(|(_, (_, needed))| needed)
                .collect();
            let more = facts.iter().find(|(name, (own, _))| {
                let is_library = **name != core && !is_module(name);
                is_library && !wanted.contains(**name) && own.iter().any(|one| needed.contains(one))
            });
            match more {
                Some((name, _)) => wanted.insert((*name).to_owned()),
                None => return Ok(wanted),
            };
        }
    }

    /// The names of the libraries that `component` has, and of those that it needs.
    fn libraries(
        &self,
        archive: &Archive,
        component: &Component,
        target: &Target,
    ) -> Result<(HashSet<String>, HashSet<String>), Error> {
        let (mut own, mut needed) = (HashSet::new(), HashSet::new());
        self.look(archive, component, |files| {
            for file in files {
                let Node::File { content, .. } = &file.node else { continue };
                let name = file.path.rsplit('/').next().unwrap_or_default();
                if !name.contains(".so") && !file.path.contains("/bin/") {
                    continue;
                }
                own.insert(name.to_owned());
                let path = || file.path.clone().into();
                let bytes = content.read();
                let bytes = bytes.map_err(|source| Error::Temporary { path: path(), source })?;
                let object = Object::read(&file.path, &bytes, target);
                needed.extend(object.into_iter().flat_map(|object| object.needed));
            }
            Ok(())
        })?;
        Ok((own, needed))
    }
}

/// An error of the caller's.
struct Failed<E>(E);

impl<E: From<Error>> From<snakecrate_image::Error> for Failed<E> {
    fn from(error: snakecrate_image::Error) -> Self {
        Self(Error::from(error).into())
    }
}
