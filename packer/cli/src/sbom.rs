//! The bill of materials: a `CycloneDX` 1.6 document in JSON
//! (<https://cyclonedx.org/docs/1.6/json/>).
//!
//! It depends only on the contents of the archive: there is no timestamp, and the serial number is
//! a digest of the document.
//!
//! The crate `cyclonedx-bom` cannot write it: its last version (0.8.1) knows `CycloneDX` up to 1.5.
//! The types here are the part of the schema that archives need.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use snakecrate_base::python::DistributionPackage;
use snakecrate_format::digest::Digest;
use snakecrate_format::manifest::{Kind, Source};

/// The characters that package URLs encode.
const PURL: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_').remove(b'~').remove(b':');

/// A component of the archive.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its kind.
    pub kind: Kind,
    /// Its normalised name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its summary, in one line.
    pub summary: Option<String>,
    /// Its licenses, as its metadata declares them.
    pub licenses: Vec<SbomLicense>,
    /// The wheel that it was made from.
    pub source: Option<Source>,
    /// The distribution's package that it was made from.
    pub package: Option<DistributionPackage>,
    /// The digest of its component.
    pub digest: Digest,
    /// Names of its requirements; those that are no part of the archive are ignored.
    pub requires: Vec<String>,
}

/// A license as a distribution declares it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SbomLicense {
    /// An SPDX expression (`License-Expression` of PEP 639): `MIT OR Apache-2.0`.
    Expression(String),
    /// Free text: a classifier, or the field `License`.
    Name(String),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names, reason = "the names are those of the document")]
struct Bom<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<String>,
    version: u32,
    metadata: Metadata<'a>,
    components: Vec<Component<'a>>,
    dependencies: Vec<Dependency>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    tools: Tools<'a>,
    component: Component<'a>,
}

#[derive(Serialize)]
struct Tools<'a> {
    components: [Component<'a>; 1],
}

#[derive(Serialize, Default)]
struct Component<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref", skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<LicenseChoice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Hash<'a> {
    alg: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum LicenseChoice<'a> {
    Expression(&'a str),
    License { name: &'a str },
}

#[derive(Serialize)]
struct Property {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    #[serde(rename = "ref")]
    reference: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<String>,
}

/// The document for the application `name` and its `parts`. Their order does not matter.
pub fn document(name: &str, version: Option<&str>, parts: &[Part]) -> Vec<u8> {
    let mut parts: Vec<&Part> = parts.iter().collect();
    parts.sort_by(|a, b| (a.kind, &a.name, &a.version).cmp(&(b.kind, &b.name, &b.version)));
    let root = "application".to_owned();
    let mut dependencies = vec![Dependency {
        reference: root.clone(),
        depends_on: parts.iter().map(|part| reference(part)).collect(),
    }];
    for part in &parts {
        let needed = parts.iter().filter(|other| part.requires.contains(&other.name));
        let depends_on = needed.map(|other| reference(other)).collect();
        dependencies.push(Dependency { reference: reference(part), depends_on });
    }
    let tool = Component {
        kind: "application",
        name: "snakecrate",
        version: Some(env!("CARGO_PKG_VERSION")),
        ..Component::default()
    };
    let application = Component {
        kind: "application",
        reference: Some(root),
        name,
        version,
        ..Component::default()
    };
    let mut bom = Bom {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: None,
        version: 1,
        metadata: Metadata { tools: Tools { components: [tool] }, component: application },
        components: parts.iter().map(|part| component(part)).collect(),
        dependencies,
    };
    bom.serial_number = Some(serial_number(&Digest::of(&encode(&bom))));
    encode(&bom)
}

fn encode(bom: &Bom) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(bom).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn component(part: &Part) -> Component<'_> {
    let source = part.source.as_ref();
    let mut properties =
        vec![Property { name: "snakecrate:digest", value: part.digest.to_string() }];
    if let Some(source) = source {
        properties.push(Property { name: "snakecrate:file", value: source.file.clone() });
    }
    Component {
        kind: match part.kind {
            Kind::Runtime | Kind::Part => "platform",
            Kind::App => "application",
            Kind::Wheel | Kind::CLibrary => "library",
        },
        reference: Some(reference(part)),
        name: &part.name,
        version: Some(&part.version),
        description: part.summary.as_deref(),
        hashes: source.iter().map(|s| Hash { alg: "SHA-256", content: &s.sha256 }).collect(),
        licenses: licenses(&part.licenses),
        purl: purl(part),
        properties,
    }
}

/// The schema allows either one expression or any number of names.
fn licenses(all: &[SbomLicense]) -> Vec<LicenseChoice<'_>> {
    let expression = all.iter().find_map(|license| match license {
        SbomLicense::Expression(text) => Some(LicenseChoice::Expression(text)),
        SbomLicense::Name(_) => None,
    });
    if let Some(expression) = expression {
        return vec![expression];
    }
    let mut names: Vec<&str> = all
        .iter()
        .filter_map(|license| match license {
            SbomLicense::Name(name) => Some(name.trim()).filter(|name| !name.is_empty()),
            SbomLicense::Expression(_) => None,
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| LicenseChoice::License { name }).collect()
}

fn reference(part: &Part) -> String {
    purl(part).unwrap_or_else(|| format!("{}:{}@{}", part.kind.as_str(), part.name, part.version))
}

/// The package URL (<https://github.com/package-url/purl-spec>). Applications have none, since they
/// may not be on any index.
fn purl(part: &Part) -> Option<String> {
    if let Some(package) = &part.package {
        let DistributionPackage { distribution, suite, name, version, architecture, .. } = package;
        let distribution = distribution.to_lowercase();
        return Some(format!(
            "pkg:deb/{}/{}@{}?arch={}&distro={}",
            percent(&distribution),
            percent(name),
            percent(version),
            percent(architecture),
            percent(suite)
        ));
    }
    let kind = match part.kind {
        Kind::Runtime | Kind::Part | Kind::CLibrary => "generic",
        Kind::Wheel => "pypi",
        Kind::App => return None,
    };
    let name = part.name.to_lowercase().replace('_', "-");
    Some(format!("pkg:{kind}/{}@{}", percent(&name), percent(&part.version)))
}

fn percent(text: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(text, PURL)
}

/// A UUID of version 8 (RFC 9562): 122 bits of the digest.
pub fn serial_number(digest: &Digest) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.0[..16]);
    uuid::Uuid::new_v8(bytes).urn().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Vec<Part> {
        let part = |kind, name: &str, version: &str, licenses, requires: &[&str]| Part {
            kind,
            name: name.into(),
            version: version.into(),
            summary: (kind == Kind::Wheel).then(|| "Composable command line".into()),
            licenses,
            source: (kind == Kind::Wheel)
                .then(|| Source { file: format!("{name}.whl"), sha256: "ab".repeat(32) }),
            package: None,
            digest: Digest::of(name.as_bytes()),
            requires: requires.iter().map(|&name| name.into()).collect(),
        };
        let name = |text: &str| SbomLicense::Name(text.into());
        vec![
            part(
                Kind::Wheel,
                "typing-extensions",
                "4.9.0+local",
                vec![SbomLicense::Expression("PSF-2.0 OR MIT".into()), name("PSF")],
                &[],
            ),
            part(Kind::Runtime, "cpython", "3.12.1", vec![name("Python-2.0")], &[]),
            part(
                Kind::Wheel,
                "click",
                "8.1.7",
                vec![name("BSD"), name(" "), name("BSD")],
                &["typing-extensions", "colorama"],
            ),
            part(Kind::App, "hello", "1.0", vec![], &["click"]),
        ]
    }

    fn json(parts: &[Part]) -> serde_json::Value {
        serde_json::from_slice(&document("hello", Some("1.0"), parts)).unwrap()
    }

    #[test]
    fn a_runtime_of_packages_has_the_package_s_url() {
        let package = DistributionPackage {
            distribution: "Debian".into(),
            suite: "bookworm".into(),
            release: Some("12.15".into()),
            name: "python3.11".into(),
            version: "3.11.2-6+deb12u6".into(),
            architecture: "arm64".into(),
            file: "python3.11_3.11.2-6+deb12u6_arm64.deb".into(),
            sha256: "ab".repeat(32),
            packages: 30,
        };
        let mut parts = parts();
        let runtime = parts.iter_mut().find(|part| part.kind == Kind::Runtime).unwrap();
        runtime.package = Some(package);
        let json = json(&parts);
        let url = "pkg:deb/debian/python3.11@3.11.2-6%2Bdeb12u6?arch=arm64&distro=bookworm";
        assert_eq!(json["components"][0]["purl"], url);
    }

    #[test]
    fn parts_have_package_urls_hashes_and_licenses() {
        let json = json(&parts());
        let [runtime, app, click, typing] = &json["components"].as_array().unwrap()[..] else {
            panic!("{json}")
        };
        assert_eq!(runtime["purl"], "pkg:generic/cpython@3.12.1");
        assert_eq!(runtime["type"], "platform");
        assert_eq!(app.get("purl"), None);
        assert_eq!(app["bom-ref"], "app:hello@1.0");
        assert_eq!(click["purl"], "pkg:pypi/click@8.1.7");
        assert_eq!(click["hashes"][0]["alg"], "SHA-256");
        assert_eq!(click["licenses"], serde_json::json!([{"license": {"name": "BSD"}}]));
        assert_eq!(typing["purl"], "pkg:pypi/typing-extensions@4.9.0%2Blocal");
        assert_eq!(typing["licenses"], serde_json::json!([{"expression": "PSF-2.0 OR MIT"}]));
    }

    #[test]
    fn only_requirements_in_the_archive_are_dependencies() {
        let json = json(&parts());
        let dependencies = json["dependencies"].as_array().unwrap();
        assert_eq!(dependencies[0]["dependsOn"].as_array().unwrap().len(), 4);
        let click = dependencies.iter().find(|d| d["ref"] == "pkg:pypi/click@8.1.7").unwrap();
        assert_eq!(
            click["dependsOn"],
            serde_json::json!(["pkg:pypi/typing-extensions@4.9.0%2Blocal"])
        );
    }

    #[test]
    fn the_order_of_parts_does_not_matter_and_their_contents_do() {
        let mut reversed = parts();
        reversed.reverse();
        assert_eq!(document("a", None, &parts()), document("a", None, &reversed));
        assert_ne!(json(&parts())["serialNumber"], json(&parts()[1..])["serialNumber"]);
    }

    #[test]
    fn the_serial_number_is_a_uuid_of_version_8() {
        let json = json(&parts());
        let number = json["serialNumber"].as_str().unwrap();
        let groups: Vec<&str> = number.strip_prefix("urn:uuid:").unwrap().split('-').collect();
        assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(groups[2].starts_with('8'));
        assert!(groups[3].starts_with(['8', '9', 'a', 'b']));
    }
}
