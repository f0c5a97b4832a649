//! The parts of a build as its software bill of materials (SBOM) lists them.

use snakecrate_base::python::DistributionPackage;
use snakecrate_format::manifest::{Kind, Source};
use snakecrate_sbom::{Bill, Checksum, Item, License, cyclonedx};

use super::facts::Facts;
use super::pack::Prepared;
use crate::archive::ComponentSpec;
use crate::bill;

/// The package of a distribution as a component's origin.
pub(super) fn package_source(package: &DistributionPackage) -> Source {
    Source { file: package.file.clone(), sha256: package.sha256.clone() }
}

/// The SBOM of `components`; `package` is the one that the runtime comes from, `project` and `wheels` have the facts about them.
///
/// It has what the build knows without reading the components again. `inspect --sbom` adds the libraries in
/// them.
pub(super) fn sbom_document(
    name: &str,
    version: Option<&str>,
    components: &[ComponentSpec],
    package: Option<&DistributionPackage>,
    project: Option<&Facts>,
    wheels: &[Prepared],
) -> Vec<u8> {
    let wheel = |component: &ComponentSpec| {
        let is_it = |wheel: &&Prepared| wheel.facts.name == component.name;
        wheels.iter().find(is_it).filter(|_| component.kind == Kind::Wheel)
    };
    let facts = |component: &ComponentSpec| match component.kind {
        Kind::App => project,
        Kind::Wheel => wheel(component).map(|wheel| &wheel.facts),
        Kind::Runtime | Kind::Part | Kind::CLibrary => None,
    };
    let reference = |component: &ComponentSpec| {
        let package = package.filter(|_| component.kind == Kind::Runtime);
        let of_wheel = || wheel(component).and_then(|wheel| wheel.purl.clone());
        let purl = package.map(bill::package_url).or_else(of_wheel);
        bill::reference(component.kind, &component.name, &component.version, purl)
    };
    let item = |component: &ComponentSpec| {
        let facts = facts(component);
        let licenses = match bill::license(component.kind) {
            Some(expression) => vec![License::Expression(expression.into())],
            None => facts.map(|facts| facts.licenses.clone()).unwrap_or_default(),
        };
        let source = component.source.as_ref();
        let (id, purl) = reference(component);
        let needed = facts.map(Facts::required_names).unwrap_or_default();
        let needed = components.iter().filter(|other| needed.contains(&other.name));
        let requires = needed.map(|one| reference(one).0).collect();
        Item {
            id,
            kind: bill::kind(component.kind),
            name: bill::title(component.kind, &component.name),
            version: Some(component.version.clone()),
            summary: facts.and_then(|facts| facts.summary.clone()),
            purl,
            licenses,
            checksums: source
                .map(|source| Checksum::Sha256(source.sha256.clone()))
                .into_iter()
                .collect(),
            file: source.map(|source| source.file.clone()),
            properties: vec![("snakecrate:digest", component.packed.digest.to_string())],
            requires,
            ..Item::default()
        }
    };
    let items = components.iter().map(item).chain(bill::launcher()).collect();
    let tool = env!("CARGO_PKG_VERSION").to_owned();
    cyclonedx(&Bill {
        name: name.into(),
        version: version.map(str::to_owned),
        vendor: None,
        tool,
        items,
    })
}
