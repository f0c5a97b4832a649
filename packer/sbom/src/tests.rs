//! Both formats, from one bill.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{Bill, Checksum, File, Item, ItemKind, License, cyclonedx, generic, pypi, spdx};

fn item(id: &str, name: &str, version: &str) -> Item {
    Item {
        id: id.into(),
        name: name.into(),
        version: Some(version.into()),
        purl: id.starts_with("pkg:").then(|| id.to_owned()),
        ..Item::default()
    }
}

fn bill() -> Bill {
    let expression = |text: &str| License::Expression(text.into());
    let name = |text: &str| License::Name(text.into());
    let python = Item {
        kind: ItemKind::Platform,
        licenses: vec![expression("Python-2.0.1")],
        native: vec![File {
            path: "runtime-cpython-3.12.1/bin/python3.12".into(),
            checksums: vec![Checksum::Sha1("ab".repeat(20))],
        }],
        ..item(&generic("cpython", "3.12.1"), "cpython", "3.12.1")
    };
    let click = Item {
        summary: Some("Composable command line".into()),
        licenses: vec![name("BSD"), name(" "), name("BSD")],
        checksums: vec![Checksum::Sha256("ab".repeat(32))],
        file: Some("click-8.1.7-py3-none-any.whl".into()),
        requires: vec![pypi("typing-extensions", "4.9+x", None), "file:z".into(), "gone".into()],
        ..item(&pypi("click", "8.1.7", None), "click", "8.1.7")
    };
    let typing = Item {
        licenses: vec![expression("PSF-2.0 OR LicenseRef-own"), name("PSF")],
        ..item(&pypi("typing-extensions", "4.9+x", None), "typing-extensions", "4.9+x")
    };
    let library = Item { is_inside: true, ..item("file:z", "libz", "1.3") };
    Bill {
        name: "hello".into(),
        version: Some("1.0".into()),
        vendor: Some("Example".into()),
        tool: "0.1.0".into(),
        items: vec![typing, python, library, click],
    }
}

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn named<'a>(list: &'a Value, key: &str, value: &str) -> &'a Value {
    list.as_array().unwrap().iter().find(|one| one[key] == value).unwrap()
}

#[test]
fn components_of_cyclonedx_have_urls_hashes_and_licences() {
    let document = parsed(&cyclonedx(&bill()));
    assert_eq!(document["specVersion"], "1.7");
    assert_eq!(document["metadata"]["supplier"], json!({ "name": "Example" }));
    let component = |name| named(&document["components"], "name", name);
    assert_eq!(component("cpython")["type"], "platform");
    assert_eq!(component("click")["purl"], "pkg:pypi/click@8.1.7");
    assert_eq!(component("click")["hashes"][0]["alg"], "SHA-256");
    assert_eq!(component("click")["licenses"], json!([{ "license": { "name": "BSD" } }]));
    let both = json!([{ "expression": "PSF-2.0 OR LicenseRef-own" }]);
    assert_eq!(component("typing-extensions")["licenses"], both);
    let place = &component("cpython")["evidence"]["occurrences"][0]["location"];
    assert_eq!(*place, "runtime-cpython-3.12.1/bin/python3.12");
}

#[test]
fn only_items_of_the_bill_are_dependencies() {
    let document = parsed(&cyclonedx(&bill()));
    let on = |of| named(&document["dependencies"], "ref", of)["dependsOn"].clone();
    assert_eq!(on("application").as_array().unwrap().len(), 3);
    assert_eq!(on("pkg:pypi/click@8.1.7"), json!(["file:z", "pkg:pypi/typing-extensions@4.9%2Bx"]));
}

#[test]
fn packages_of_spdx_contain_libraries_and_name_licences() {
    let document = parsed(&spdx(&bill()));
    let package = |name| named(&document["packages"], "name", name);
    assert_eq!(package("click")["licenseDeclared"], "NOASSERTION");
    assert_eq!(package("click")["licenseComments"], "declared: BSD");
    assert_eq!(document["hasExtractedLicensingInfos"][0]["licenseId"], "LicenseRef-own");
    let ids = |name| package(name)["SPDXID"].as_str().unwrap().to_owned();
    let relation = json!({
        "spdxElementId": ids("click"), "relationshipType": "CONTAINS", "relatedSpdxElement": ids("libz"),
    });
    assert!(document["relationships"].as_array().unwrap().contains(&relation));
    assert_eq!(document["files"][0]["fileName"], "./runtime-cpython-3.12.1/bin/python3.12");
    assert_eq!(document["packages"][0]["supplier"], "Organization: Example");
}

#[test]
fn names_in_spdx_are_different_for_different_items() {
    let items = vec![item("a/b", "a", "1"), item("a:b", "b", "1"), item("a-b", "c", "1")];
    let document = parsed(&spdx(&Bill { items, ..bill() }));
    let ids: std::collections::BTreeSet<_> = document["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["SPDXID"].to_string())
        .collect();
    assert_eq!(ids.len(), 4);
}

#[test]
fn the_order_of_items_does_not_matter_and_their_contents_do() {
    let mut reversed = bill();
    reversed.items.reverse();
    let fewer = Bill { items: bill().items[1..].to_vec(), ..bill() };
    for write in [cyclonedx, spdx] {
        assert_eq!(write(&bill()), write(&reversed));
    }
    let number = |bill: &Bill| parsed(&cyclonedx(bill))["serialNumber"].clone();
    assert_ne!(number(&bill()), number(&fewer));
    let space = |bill: &Bill| parsed(&spdx(bill))["documentNamespace"].clone();
    assert_ne!(space(&bill()), space(&fewer));
}

#[test]
fn the_serial_number_is_a_uuid_of_version_8() {
    let document = parsed(&cyclonedx(&bill()));
    let number = document["serialNumber"].as_str().unwrap();
    let groups: Vec<&str> = number.strip_prefix("urn:uuid:").unwrap().split('-').collect();
    assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    assert!(groups[2].starts_with('8'));
    assert!(groups[3].starts_with(['8', '9', 'a', 'b']));
}
