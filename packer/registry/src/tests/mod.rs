mod failures;
mod logins;
mod pulls;
mod pushes;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use snakecrate_base::error::Remedy as _;
use snakecrate_base::ui::{Ui, Verbosity};
use snakecrate_image::spec::MediaType;
use snakecrate_image::{Blob, Content, Document, Image};

use crate::testing::{Registry, Rules};
use crate::{Access, Credentials, Error, Options, Patience, Pushed, Reference, Tag};

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// Access without logins and notes, which loses no time.
fn access() -> Access {
    let patience = Patience { attempts: 4, first_pause: Duration::from_millis(1) };
    Access {
        credentials: Credentials::default(),
        plain_http: false,
        records: None,
        patience,
        ui: Ui::new(Verbosity::Quiet),
    }
}

/// Access with this login for `registry`, in a file in `directory`.
fn with_login(directory: &Path, registry: &Registry, entry: &Value) -> Access {
    let file = directory.join("config.json");
    let auths = json!({"auths": {&registry.host: entry}});
    fs::write(&file, auths.to_string()).unwrap();
    Access { credentials: Credentials::in_files([file]), ..access() }
}

fn descriptor(blob: &Blob) -> Value {
    json!({"mediaType": blob.media_type, "digest": blob.digest.as_str(), "size": blob.size})
}

/// A manifest with a configuration of its own and these layers.
fn manifest(layers: &[&str], blobs: &mut BTreeMap<snakecrate_image::Digest, Blob>) -> Document {
    let of = snakecrate_image::Digest::of(layers.join(" ").as_bytes());
    let config = Blob::of_bytes(CONFIG, json!({"of": of.as_str()}).to_string().into_bytes());
    let layers = layers.iter().map(|text| Blob::of_bytes(LAYER, text.as_bytes().to_vec()));
    let layers: Vec<_> = layers.collect();
    let value = json!({
        "schemaVersion": 2,
        "mediaType": MediaType::ImageManifest.to_string(),
        "config": descriptor(&config),
        "layers": layers.iter().map(descriptor).collect::<Vec<_>>(),
    });
    blobs.extend(layers.into_iter().chain([config]).map(|blob| (blob.digest.clone(), blob)));
    Document::of(&MediaType::ImageManifest, &value)
}

/// An image with one manifest of these layers.
fn image(layers: &[&str]) -> Image {
    let mut blobs = BTreeMap::new();
    let top = manifest(layers, &mut blobs);
    Image { top, manifests: Vec::new(), referrers: Vec::new(), blobs, tag: Some("1.0".into()) }
}

/// An image for two hosts, with a bill of materials of the first.
fn index() -> Image {
    let mut blobs = BTreeMap::new();
    let manifests = vec![manifest(&["a", "b"], &mut blobs), manifest(&["a", "c"], &mut blobs)];
    let entry = |one: &Document, architecture: &str| {
        let platform = json!({"architecture": architecture, "os": "linux"});
        let digest = one.digest.as_str();
        json!({"mediaType": one.media_type, "digest": digest, "size": one.bytes.len(), "platform": platform})
    };
    let entries = [entry(&manifests[0], "amd64"), entry(&manifests[1], "arm64")];
    let kind = MediaType::ImageIndex;
    let value = json!({"schemaVersion": 2, "mediaType": kind.to_string(), "manifests": entries});
    let sbom = Blob::of_bytes(snakecrate_image::CYCLONEDX, b"{}".to_vec());
    let empty = Blob::of_bytes("application/vnd.oci.empty.v1+json", b"{} ".to_vec());
    let referrer = json!({
        "schemaVersion": 2,
        "mediaType": MediaType::ImageManifest.to_string(),
        "artifactType": snakecrate_image::CYCLONEDX,
        "config": descriptor(&empty),
        "layers": [descriptor(&sbom)],
        "subject": {"mediaType": manifests[0].media_type, "digest": manifests[0].digest.as_str(),
            "size": manifests[0].bytes.len()},
    });
    blobs.extend([sbom, empty].map(|blob| (blob.digest.clone(), blob)));
    let referrers = vec![Document::of(&MediaType::ImageManifest, &referrer)];
    let top = Document::of(&kind, &value);
    Image { top, manifests, referrers, blobs, tag: Some("2.0".into()) }
}

const ADD: Options<'static> = Options { retag: false, source: None };

fn reference(registry: &Registry, rest: &str) -> Reference {
    format!("{}/{rest}", registry.host).parse().unwrap()
}

fn push(registry: &Registry, image: &Image, rest: &str, access: &Access) -> Result<Pushed, Error> {
    crate::push(image, &reference(registry, rest), ADD, access)
}

/// The error's message and help, with `HOST` for the registry.
fn message(registry: &Registry, error: &Error) -> String {
    let help = error.remedy().unwrap_or_default();
    format!("{error}\nhelp: {help}").replace(&registry.host, "HOST")
}

/// The image as one whose layers are elsewhere.
fn without_layers(mut image: Image) -> Image {
    for blob in image.blobs.values_mut().filter(|blob| blob.media_type == LAYER) {
        blob.content = Content::Elsewhere;
    }
    image
}
