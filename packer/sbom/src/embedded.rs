//! Bills of materials that wheels bring (<https://peps.python.org/pep-0770/>): `CycloneDX` or SPDX in JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::bill::{Checksum, Item, ItemKind, License};

/// The contents of such a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// Its components. The document's subject, which is the wheel itself, is none.
    pub items: Vec<Item>,
}

/// Whether a file of a component is such a document.
pub fn is_embedded(path: &str) -> bool {
    let Some((_, rest)) = path.split_once(".dist-info/sboms/") else { return false };
    Path::new(rest).extension().is_some_and(|extension| extension == "json")
}

/// Reads a document. The items' references begin with `prefix`. `None` if it is of neither format.
pub fn embedded(bytes: &[u8], prefix: &str) -> Option<Embedded> {
    let document: Value = serde_json::from_slice(bytes).ok()?;
    let items = if document["bomFormat"] == "CycloneDX" {
        cyclonedx(&document, prefix)
    } else if text(&document["spdxVersion"]).is_some_and(|version| version.starts_with("SPDX-2")) {
        spdx(&document, prefix)
    } else {
        return None;
    };
    Some(Embedded { items })
}

fn cyclonedx(document: &Value, prefix: &str) -> Vec<Item> {
    let mut components = Vec::new();
    gather(&document["components"], &mut components);
    let mut graph: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in list(&document["dependencies"]) {
        let on = list(&one["dependsOn"]).iter().filter_map(Value::as_str);
        graph.entry(text(&one["ref"]).unwrap_or_default()).or_default().extend(on);
    }
    let item = |(at, one): (usize, &&Value)| {
        let reference = text(&one["bom-ref"]);
        let requires = reference.and_then(|reference| graph.get(reference)).cloned();
        let hash = |hash: &Value| checksum(text(&hash["alg"])?, text(&hash["content"])?);
        Some(Item {
            id: id(prefix, reference, at),
            kind: match text(&one["type"]) {
                Some("application") => ItemKind::Application,
                _ => ItemKind::Library,
            },
            name: text(&one["name"])?.to_owned(),
            version: text(&one["version"]).map(str::to_owned),
            summary: text(&one["description"]).map(one_line),
            purl: text(&one["purl"]).filter(|url| url.starts_with("pkg:")).map(str::to_owned),
            licenses: list(&one["licenses"]).iter().filter_map(license).collect(),
            checksums: list(&one["hashes"]).iter().filter_map(hash).collect(),
            requires: requires.into_iter().flatten().map(|on| format!("{prefix}{on}")).collect(),
            is_inside: true,
            ..Item::default()
        })
    };
    unique(components.iter().enumerate().filter_map(item))
}

/// The components, and those inside of them.
fn gather<'a>(components: &'a Value, found: &mut Vec<&'a Value>) {
    for one in list(components) {
        found.push(one);
        gather(&one["components"], found);
    }
}

fn spdx(document: &Value, prefix: &str) -> Vec<Item> {
    let described: BTreeSet<&str> = list(&document["relationships"])
        .iter()
        .filter(|one| one["relationshipType"] == "DESCRIBES")
        .filter_map(|one| text(&one["relatedSpdxElement"]))
        .chain(list(&document["documentDescribes"]).iter().filter_map(Value::as_str))
        .collect();
    let packages = list(&document["packages"]);
    // A document about several packages describes what is in the wheel.
    let is_subject = |one: &Value| {
        described.len() == 1
            && packages.len() > 1
            && text(&one["SPDXID"]).is_some_and(|id| described.contains(id))
    };
    let item = |(at, one): (usize, &Value)| {
        let references = list(&one["externalRefs"]).iter();
        let mut urls = references.filter(|one| one["referenceType"] == "purl");
        let known = |text: &&str| !["NOASSERTION", "NONE"].contains(text);
        let hash = |one: &Value| checksum(text(&one["algorithm"])?, text(&one["checksumValue"])?);
        if is_subject(one) {
            return None;
        }
        Some(Item {
            id: id(prefix, text(&one["SPDXID"]), at),
            name: text(&one["name"])?.to_owned(),
            version: text(&one["versionInfo"]).map(str::to_owned),
            summary: text(&one["summary"]).map(one_line),
            purl: urls.find_map(|one| text(&one["referenceLocator"])).map(str::to_owned),
            licenses: text(&one["licenseDeclared"])
                .filter(known)
                .map(|text| License::Name(text.to_owned()))
                .into_iter()
                .collect(),
            checksums: list(&one["checksums"]).iter().filter_map(hash).collect(),
            is_inside: true,
            ..Item::default()
        })
    };
    unique(packages.iter().enumerate().filter_map(item))
}

fn id(prefix: &str, reference: Option<&str>, at: usize) -> String {
    match reference {
        Some(reference) => format!("{prefix}{reference}"),
        None => format!("{prefix}{at}"),
    }
}

/// The items without those whose reference an earlier one has.
fn unique(items: impl Iterator<Item = Item>) -> Vec<Item> {
    let mut seen = BTreeSet::new();
    items.filter(|item| seen.insert(item.id.clone())).collect()
}

/// Licences are taken as names: nobody has checked that they are expressions.
fn license(choice: &Value) -> Option<License> {
    let license = &choice["license"];
    let name =
        text(&choice["expression"]).or_else(|| text(&license["id"])).or(text(&license["name"]));
    name.map(|name| License::Name(name.to_owned()))
}

fn checksum(algorithm: &str, hex: &str) -> Option<Checksum> {
    if !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let hex = hex.to_ascii_lowercase();
    Some(match (algorithm.replace('-', "").as_str(), hex.len()) {
        ("SHA1", 40) => Checksum::Sha1(hex),
        ("SHA256", 64) => Checksum::Sha256(hex),
        ("SHA512", 128) => Checksum::Sha512(hex),
        _ => return None,
    })
}

fn one_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(document: &Value) -> Vec<Item> {
        embedded(document.to_string().as_bytes(), "p/").unwrap().items
    }

    #[test]
    fn components_of_cyclonedx_are_read() {
        let items = read(&json!({
            "bomFormat": "CycloneDX",
            "metadata": { "component": { "name": "wheel" } },
            "components": [
                { "type": "library", "bom-ref": "a", "name": "openssl", "version": "3.0",
                  "purl": "pkg:rpm/almalinux/openssl@3.0", "licenses": [{ "license": { "id": "Apache-2.0" } }],
                  "hashes": [{ "alg": "SHA-256", "content": "AB".repeat(32) }, { "alg": "MD5", "content": "00" }],
                  "components": [{ "type": "library", "name": "inner" }] },
                { "type": "library", "bom-ref": "a", "name": "twice" },
                { "type": "library" },
            ],
            "dependencies": [{ "ref": "a", "dependsOn": ["1"] }],
        }));
        assert_eq!(items.len(), 2);
        assert_eq!((&*items[0].id, &*items[1].id), ("p/a", "p/1"));
        assert_eq!(items[0].requires, ["p/1"]);
        assert_eq!(items[0].checksums, [Checksum::Sha256("ab".repeat(32))]);
        assert_eq!(items[0].licenses, [License::Name("Apache-2.0".into())]);
    }

    #[test]
    fn packages_of_spdx_are_read_without_the_wheel() {
        let items = read(&json!({
            "spdxVersion": "SPDX-2.3",
            "documentDescribes": ["SPDXRef-wheel"],
            "packages": [
                { "SPDXID": "SPDXRef-wheel", "name": "wheel" },
                { "SPDXID": "SPDXRef-z", "name": "zlib", "versionInfo": "1.3", "licenseDeclared": "NOASSERTION",
                  "externalRefs": [{ "referenceType": "purl", "referenceLocator": "pkg:generic/zlib@1.3" }] },
            ],
        }));
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].purl.as_deref(), Some("pkg:generic/zlib@1.3"));
        assert_eq!(items[0].licenses, []);
    }

    #[test]
    fn other_documents_are_ignored() {
        for text in ["", "{", "[]", "null", r#"{"bomFormat":"x"}"#, r#"{"spdxVersion":3}"#] {
            assert_eq!(embedded(text.as_bytes(), ""), None, "{text}");
        }
        let hostile =
            json!({ "bomFormat": "CycloneDX", "components": { "a": 1 }, "dependencies": 3 });
        assert_eq!(read(&hostile), []);
        assert!(is_embedded("lib/python3.12/site-packages/a-1.dist-info/sboms/x.cdx.json"));
        assert!(!is_embedded("lib/python3.12/site-packages/a-1.dist-info/METADATA"));
    }
}
