//! The parts of a build as its software bill of materials (SBOM) lists them.

use snakecrate_base::python::DistributionPackage;
use snakecrate_format::manifest::{Kind, Source};

use super::facts::Facts;
use crate::archive::ComponentSpec;
use crate::sbom;

/// The licenses of the C library component: glibc, and the libraries of GCC beside it. From their
/// sources' COPYING files, as SPDX names them.
const GLIBC_LICENSE: &str = "LGPL-2.1-or-later AND GPL-3.0-or-later WITH GCC-exception-3.1";
/// The license of the interpreter, as SPDX names it.
const PYTHON_LICENSE: &str = "Python-2.0.1";

/// The package of a distribution as a component's origin.
pub(super) fn package_source(package: &DistributionPackage) -> Source {
    Source { file: package.file.clone(), sha256: package.sha256.clone() }
}

/// The SBOM of `components`; `package` is the one that the runtime comes from, `project` and `wheels` are the facts about them.
pub(super) fn sbom_document(
    name: &str,
    version: Option<&str>,
    components: &[ComponentSpec],
    package: Option<&DistributionPackage>,
    project: Option<&Facts>,
    wheels: &[&Facts],
) -> Vec<u8> {
    let part = |component: &ComponentSpec| {
        let facts = match component.kind {
            Kind::App => project,
            Kind::Wheel => wheels.iter().find(|facts| facts.name == component.name).copied(),
            Kind::Runtime | Kind::Part | Kind::CLibrary => None,
        };
        let licenses = match component.kind {
            Kind::Runtime | Kind::Part => {
                vec![sbom::SbomLicense::Expression(PYTHON_LICENSE.into())]
            }
            Kind::CLibrary => vec![sbom::SbomLicense::Expression(GLIBC_LICENSE.into())],
            Kind::App | Kind::Wheel => {
                facts.map(|facts| facts.licenses.clone()).unwrap_or_default()
            }
        };
        sbom::Part {
            kind: component.kind,
            name: component.name.clone(),
            version: component.version.clone(),
            summary: facts.and_then(|facts| facts.summary.clone()),
            licenses,
            source: component.source.clone(),
            package: package.filter(|_| component.kind == Kind::Runtime).cloned(),
            digest: component.packed.digest,
            requires: facts.map(Facts::required_names).unwrap_or_default(),
        }
    };
    let parts: Vec<sbom::Part> = components.iter().map(part).collect();
    sbom::document(name, version, &parts)
}
