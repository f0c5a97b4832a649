//! The bill of materials of a finished image.

use std::collections::BTreeSet;
use std::io::Read as _;

use serde_json::Value;
use snakecrate_format::digest::Digest as Blake3;
use snakecrate_format::manifest::Kind;
use snakecrate_image::{CYCLONEDX, Digest, Document, Image};

use super::Error;

/// The bill of materials that is attached to `manifest`; `None` if there is none.
///
/// # Errors
///
/// It cannot be read.
pub fn of(image: &Image, manifest: &Document) -> Result<Option<Vec<u8>>, Error> {
    for referrer in &image.referrers {
        let parsed = referrer.manifest()?;
        let subject = parsed.subject().as_ref().map(|subject| subject.digest().to_string());
        if subject.as_deref() != Some(manifest.digest.as_str()) {
            continue;
        }
        let kind =
            |one: &&snakecrate_image::spec::Descriptor| one.media_type().to_string() == CYCLONEDX;
        let layer = parsed.layers().iter().find(kind);
        let digest = layer.and_then(|layer| Digest::parse(layer.digest().as_ref()));
        if let Some(blob) = digest.and_then(|digest| image.blobs.get(&digest)) {
            let mut bytes = Vec::new();
            let read = blob.open().and_then(|mut reader| reader.read_to_end(&mut bytes));
            let failed = |source| Error::Temporary { path: blob.digest.as_str().into(), source };
            read.map_err(failed)?;
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

/// `bill` with the components of the kinds `gone` replaced by those of a runtime file's `other` bill.
/// Of its parts, only `parts` are there.
pub fn replaced(bill: &[u8], other: &[u8], gone: &[Kind], parts: &BTreeSet<String>) -> Vec<u8> {
    let Ok(mut bill) = serde_json::from_slice::<Value>(bill) else { return bill.to_vec() };
    let other: Value = serde_json::from_slice(other).unwrap_or_default();
    let runtime = text(&other["metadata"]["component"], "name");
    let kind = |one: &Value| kind(one, runtime);
    let goes = |one: &Value| kind(one).is_some_and(|kind| gone.contains(&kind));
    let comes = |one: &&Value| {
        goes(one) && (kind(one) != Some(Kind::Part) || parts.contains(text(one, "name")))
    };
    let old = list(&bill, "components");
    let removed: BTreeSet<String> =
        old.iter().filter(|one| goes(one)).map(|one| text(one, "bom-ref").to_owned()).collect();
    let new: Vec<Value> = list(&other, "components").iter().filter(comes).cloned().collect();
    let added: BTreeSet<String> = new.iter().map(|one| text(one, "bom-ref").to_owned()).collect();
    let kept = old.iter().filter(|one| !goes(one)).cloned();
    let components: Vec<Value> = new.into_iter().chain(kept).collect();
    let mut dependencies = Vec::new();
    for mut one in list(&bill, "dependencies") {
        if removed.contains(text(&one, "ref")) {
            continue;
        }
        if let Some(Value::Array(on)) = one.get_mut("dependsOn") {
            let before = on.len();
            on.retain(|one| one.as_str().is_none_or(|one| !removed.contains(one)));
            if on.len() < before {
                on.splice(0..0, added.iter().map(|one| Value::from(one.as_str())));
            }
        }
        dependencies.push(one);
    }
    dependencies.extend(added.iter().map(|one| serde_json::json!({ "ref": one })));
    bill["components"] = components.into();
    bill["dependencies"] = dependencies.into();
    // As for a new document: the number is a digest of the rest.
    bill["serialNumber"] = Value::Null;
    let digest = Blake3::of(&serde_json::to_vec(&bill).unwrap_or_default());
    bill["serialNumber"] = snakecrate_sbom::serial_number(&digest).into();
    let mut bytes = serde_json::to_vec_pretty(&bill).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// The kind of a component of the runtime or the C library, whose implementation is `runtime`.
fn kind(component: &Value, runtime: &str) -> Option<Kind> {
    let name = text(component, "name");
    match text(component, "type") {
        "platform" if name == runtime => Some(Kind::Runtime),
        "platform" => Some(Kind::Part),
        "library" if name == "glibc" && !text(component, "purl").starts_with("pkg:pypi/") => {
            Some(Kind::CLibrary)
        }
        _ => None,
    }
}

fn list(value: &Value, key: &str) -> Vec<Value> {
    value[key].as_array().cloned().unwrap_or_default()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn component(kind: &str, name: &str, version: &str) -> Value {
        json!({ "type": kind, "name": name, "bom-ref": format!("{name}@{version}") })
    }

    #[test]
    fn the_runtimes_components_are_replaced_everywhere() {
        let bill = json!({
            "serialNumber": "urn:uuid:0",
            "components": [
                component("platform", "cpython", "1"),
                component("platform", "ssl", "1"),
                component("library", "click", "8"),
                component("library", "glibc", "2"),
            ],
            "dependencies": [
                { "ref": "application", "dependsOn": ["cpython@1", "ssl@1", "click@8", "glibc@2"] },
                { "ref": "cpython@1" },
                { "ref": "ssl@1" },
                { "ref": "click@8" },
            ],
        });
        let other = json!({
            "metadata": { "component": { "name": "cpython" } },
            "components": [
                component("platform", "cpython", "2"),
                component("platform", "ssl", "2"),
                component("platform", "sqlite3", "2"),
                component("library", "glibc", "3"),
            ],
        });
        let bytes = |value: &Value| serde_json::to_vec(value).unwrap();
        let parts = BTreeSet::from(["ssl".to_owned()]);
        let gone = [Kind::Runtime, Kind::Part];
        let new = replaced(&bytes(&bill), &bytes(&other), &gone, &parts);
        let new: Value = serde_json::from_slice(&new).unwrap();
        let names: Vec<_> =
            list(&new, "components").iter().map(|one| text(one, "bom-ref").to_owned()).collect();
        assert_eq!(names, ["cpython@2", "ssl@2", "click@8", "glibc@2"]);
        assert_eq!(
            new["dependencies"],
            json!([
                { "ref": "application", "dependsOn": ["cpython@2", "ssl@2", "click@8", "glibc@2"] },
                { "ref": "click@8" },
                { "ref": "cpython@2" },
                { "ref": "ssl@2" },
            ])
        );
        assert_ne!(new["serialNumber"], bill["serialNumber"]);
    }
}
