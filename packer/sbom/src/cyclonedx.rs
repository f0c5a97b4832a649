//! `CycloneDX` 1.7 in JSON (<https://cyclonedx.org/docs/1.7/json/>).

use serde_json::{Map, Value, json};
use snakecrate_format::digest::Digest;

use crate::bill::{Bill, Checksum, Item, ItemKind};
use crate::serial::serial_number;

/// The reference of the application.
const ROOT: &str = "application";

/// The document about `bill`.
pub fn cyclonedx(bill: &Bill) -> Vec<u8> {
    let items = bill.sorted();
    let outer = items.iter().filter(|item| !item.is_inside).map(|item| item.id.as_str());
    let mut dependencies = vec![dependency(ROOT, &outer.collect::<Vec<_>>())];
    dependencies.extend(items.iter().map(|item| dependency(&item.id, &item.required(&items))));
    let mut application = json!({ "type": "application", "bom-ref": ROOT, "name": bill.name });
    set(&mut application, "version", bill.version.as_deref());
    set(&mut application, "publisher", bill.vendor.as_deref());
    let tool = json!({ "type": "application", "name": "snakecrate", "version": bill.tool });
    let mut metadata = json!({ "tools": { "components": [tool] }, "component": application });
    if let Some(vendor) = &bill.vendor {
        metadata["supplier"] = json!({ "name": vendor });
    }
    let mut document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "version": 1,
        "metadata": metadata,
        "components": items.iter().map(|item| component(item)).collect::<Vec<_>>(),
        "dependencies": dependencies,
    });
    document["serialNumber"] = serial_number(&Digest::of(&encode(&document))).into();
    encode(&document)
}

fn encode(document: &Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(document).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn dependency(of: &str, on: &[&str]) -> Value {
    if on.is_empty() { json!({ "ref": of }) } else { json!({ "ref": of, "dependsOn": on }) }
}

fn component(item: &Item) -> Value {
    let kind = match item.kind {
        ItemKind::Platform => "platform",
        ItemKind::Application => "application",
        ItemKind::Library => "library",
    };
    let mut component = json!({ "type": kind, "bom-ref": item.id, "name": item.name });
    set(&mut component, "version", item.version.as_deref());
    set(&mut component, "description", item.summary.as_deref());
    set(&mut component, "purl", item.purl.as_deref());
    let hashes: Vec<Value> = item.checksums.iter().map(hash).collect();
    list(&mut component, "hashes", hashes);
    // The schema allows either one expression or any number of names.
    let licenses = if let Some(expression) = item.expression() {
        vec![json!({ "expression": expression })]
    } else {
        let names = item.license_names().into_iter();
        names.map(|name| json!({ "license": { "name": name } })).collect()
    };
    list(&mut component, "licenses", licenses);
    let file = item.file.iter().map(|file| ("snakecrate:file", file));
    let properties = item.properties.iter().map(|(name, value)| (*name, value)).chain(file);
    let properties = properties.map(|(name, value)| json!({ "name": name, "value": value }));
    list(&mut component, "properties", properties.collect());
    if !item.native.is_empty() {
        let places = item.native.iter().map(|file| json!({ "location": file.path }));
        component["evidence"] = json!({ "occurrences": places.collect::<Vec<_>>() });
    }
    component
}

fn hash(checksum: &Checksum) -> Value {
    json!({ "alg": checksum.algorithm(), "content": checksum.hex() })
}

fn set(value: &mut Value, key: &str, text: Option<&str>) {
    if let (Some(text), Some(map)) = (text, value.as_object_mut()) {
        map.insert(key.to_owned(), text.into());
    }
}

fn list(value: &mut Value, key: &str, items: Vec<Value>) {
    let map: Option<&mut Map<String, Value>> = value.as_object_mut();
    if let (Some(map), false) = (map, items.is_empty()) {
        map.insert(key.to_owned(), items.into());
    }
}
