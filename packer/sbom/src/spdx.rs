//! SPDX 2.3 in JSON (<https://spdx.github.io/spdx-spec/v2.3/>).
//!
//! This version and not 3.0, since most programs that read SPDX read no later one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use snakecrate_format::digest::Digest;

use crate::bill::{Bill, Checksum, Item, ItemKind};
use crate::serial::serial_number;

const DOCUMENT: &str = "SPDXRef-DOCUMENT";
const ROOT: &str = "SPDXRef-application";
/// The format demands a time, and archives have none.
const CREATED: &str = "1970-01-01T00:00:00Z";
const UNKNOWN: &str = "NOASSERTION";

/// The document about `bill`.
pub fn spdx(bill: &Bill) -> Vec<u8> {
    let items = bill.sorted();
    let names = names(&items);
    let mut packages = vec![application(bill)];
    let mut files = Vec::new();
    let mut relationships = vec![relationship(DOCUMENT, "DESCRIBES", ROOT)];
    let mut references = BTreeSet::new();
    for item in &items {
        let name = &names[item.id.as_str()];
        packages.push(package(item, name));
        references.extend(item.expression().into_iter().flat_map(license_references));
        if !item.is_inside {
            relationships.push(relationship(ROOT, "CONTAINS", name));
        }
        for required in item.required(&items) {
            let inside = items.iter().any(|one| one.id == required && one.is_inside);
            let kind = if inside { "CONTAINS" } else { "DEPENDS_ON" };
            relationships.push(relationship(name, kind, &names[required]));
        }
        for file in &item.native {
            let id = format!("SPDXRef-File-{}", files.len());
            relationships.push(relationship(&id, "EXPANDED_FROM_ARCHIVE", name));
            files.push(json!({
                "SPDXID": id,
                "fileName": format!("./{}", file.path),
                "fileTypes": ["BINARY"],
                "checksums": checksums(&file.checksums),
                "licenseConcluded": UNKNOWN,
                "copyrightText": UNKNOWN,
            }));
        }
    }
    let mut document = json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": DOCUMENT,
        "name": bill.name,
        "creationInfo": {
            "created": CREATED,
            "creators": [format!("Tool: snakecrate-{}", bill.tool)],
            "comment": "The time is none: the document depends only on the contents of the archive.",
        },
        "packages": packages,
        "relationships": relationships,
    });
    if !files.is_empty() {
        document["files"] = files.into();
    }
    if !references.is_empty() {
        let infos = references.iter().map(|id| {
            json!({
                "licenseId": id,
                "name": id.trim_start_matches("LicenseRef-"),
                "extractedText": "See the licence files in the archive: snakecrate inspect FILE --licenses",
            })
        });
        document["hasExtractedLicensingInfos"] = infos.collect::<Vec<_>>().into();
    }
    let number = serial_number(&Digest::of(&encode(&document)));
    let number = number.trim_start_matches("urn:uuid:");
    // Nothing is behind the address; namespaces only have to differ.
    document["documentNamespace"] = format!("https://spdx.org/spdxdocs/snakecrate-{number}").into();
    encode(&document)
}

fn encode(document: &Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(document).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// The names of items in the document: letters, digits, dots and hyphens.
fn names<'a>(items: &[&'a Item]) -> BTreeMap<&'a str, String> {
    let mut taken = BTreeSet::from([ROOT.to_owned(), DOCUMENT.to_owned()]);
    let mut names = BTreeMap::new();
    for item in items {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        let stem = format!("SPDXRef-Package-{}", item.id.chars().map(plain).collect::<String>());
        let mut name = stem.clone();
        let mut number = 1;
        while !taken.insert(name.clone()) {
            number += 1;
            name = format!("{stem}-{number}");
        }
        names.insert(item.id.as_str(), name);
    }
    names
}

fn relationship(from: &str, kind: &str, to: &str) -> Value {
    json!({ "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to })
}

fn application(bill: &Bill) -> Value {
    let vendor = bill.vendor.as_ref().map(|name| format!("Organization: {name}"));
    let mut package = json!({
        "SPDXID": ROOT,
        "name": bill.name,
        "downloadLocation": UNKNOWN,
        "filesAnalyzed": false,
        "licenseConcluded": UNKNOWN,
        "licenseDeclared": UNKNOWN,
        "copyrightText": UNKNOWN,
        "primaryPackagePurpose": "APPLICATION",
        "supplier": vendor.unwrap_or_else(|| UNKNOWN.into()),
    });
    if let Some(version) = &bill.version {
        package["versionInfo"] = version.as_str().into();
    }
    package
}

fn package(item: &Item, name: &str) -> Value {
    let purpose = match item.kind {
        ItemKind::Platform | ItemKind::Application => "APPLICATION",
        ItemKind::Library => "LIBRARY",
    };
    let mut package = json!({
        "SPDXID": name,
        "name": item.name,
        "downloadLocation": UNKNOWN,
        "filesAnalyzed": false,
        "licenseConcluded": UNKNOWN,
        "licenseDeclared": item.expression().unwrap_or(UNKNOWN),
        "copyrightText": UNKNOWN,
        "primaryPackagePurpose": purpose,
        "supplier": UNKNOWN,
    });
    let words = item.license_names();
    let texts = [
        ("versionInfo", item.version.clone()),
        ("summary", item.summary.clone()),
        ("packageFileName", item.file.clone()),
        ("licenseComments", (!words.is_empty()).then(|| format!("declared: {}", words.join("; ")))),
        ("comment", comment(item)),
    ];
    for (key, text) in texts {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            package[key] = text.into();
        }
    }
    if !item.checksums.is_empty() {
        package["checksums"] = checksums(&item.checksums);
    }
    if let Some(purl) = &item.purl {
        package["externalRefs"] = json!([{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": purl,
        }]);
    }
    package
}

fn comment(item: &Item) -> Option<String> {
    let lines = item.properties.iter().map(|(name, value)| format!("{name}={value}"));
    let text = lines.collect::<Vec<_>>().join("\n");
    (!text.is_empty()).then_some(text)
}

fn checksums(all: &[Checksum]) -> Value {
    let one = |checksum: &Checksum| {
        let algorithm = checksum.algorithm().replace('-', "");
        json!({ "algorithm": algorithm, "checksumValue": checksum.hex() })
    };
    all.iter().map(one).collect::<Vec<_>>().into()
}

/// The licences of `expression` that SPDX's list does not have.
fn license_references(expression: &str) -> impl Iterator<Item = String> + '_ {
    let words = expression.split(|c: char| c.is_whitespace() || "()".contains(c));
    words.filter(|word| word.starts_with("LicenseRef-")).map(str::to_owned)
}
