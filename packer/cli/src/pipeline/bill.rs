//! The bill of materials of a build.

use snakecrate_format::manifest::Kind;

use super::facts::Facts;
use crate::archive::PlannedComponent;
use crate::sbom;

/// Of glibc, and of the compiler's libraries beside it.
const GLIBC_LICENCE: &str = "LGPL-2.1-or-later AND GPL-3.0-or-later WITH GCC-exception-3.1";
/// The licence of the interpreter, as SPDX names it.
const PYTHON_LICENCE: &str = "Python-2.0.1";

/// The document for these components; `project` and `wheels` are what is known of them.
pub(super) fn bill(
    name: &str,
    version: Option<&str>,
    components: &[PlannedComponent],
    project: Option<&Facts>,
    wheels: &[&Facts],
) -> Vec<u8> {
    let part = |component: &PlannedComponent| {
        let facts = match component.kind {
            Kind::App => project,
            Kind::Wheel => wheels.iter().find(|facts| facts.name == component.name).copied(),
            Kind::Runtime | Kind::CLibrary => None,
        };
        let licences = match component.kind {
            Kind::Runtime => vec![sbom::Licence::Expression(PYTHON_LICENCE.into())],
            Kind::CLibrary => vec![sbom::Licence::Expression(GLIBC_LICENCE.into())],
            Kind::App | Kind::Wheel => {
                facts.map(|facts| facts.licences.clone()).unwrap_or_default()
            }
        };
        sbom::Part {
            kind: component.kind,
            name: component.name.clone(),
            version: component.version.clone(),
            summary: facts.and_then(|facts| facts.summary.clone()),
            licences,
            source: component.source.clone(),
            digest: component.packed.digest,
            requires: facts.map(|facts| facts.requires.clone()).unwrap_or_default(),
        }
    };
    let parts: Vec<sbom::Part> = components.iter().map(part).collect();
    sbom::document(name, version, &parts)
}
