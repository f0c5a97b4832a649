//! Replacing layers of a finished image.

use std::collections::BTreeMap;

use crate::base::layers;
use crate::build::line;
use crate::layer::{COMPONENTS, Layer, ROLE, Role};
use crate::spec::{History, ImageConfiguration};
use crate::{Blob, CYCLONEDX, Document, Error, Image};

/// New layers for some roles of an image for one target.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// The roles whose layers go.
    pub roles: Vec<Role>,
    /// The layers that take their place.
    pub layers: Vec<Layer>,
    /// Labels that get new values.
    pub labels: BTreeMap<String, String>,
    /// The new bill of materials. Other attachments aren't carried over: they are about the old image.
    pub sbom: Option<Vec<u8>>,
}

/// A layer's role and components, as its annotations name them.
pub fn contents(layer: &Layer) -> Option<(Role, Vec<&str>)> {
    let role = Role::parse(layer.annotations.get(ROLE)?)?;
    let components = layer.annotations.get(COMPONENTS).map(String::as_str).unwrap_or_default();
    Some((role, components.split_whitespace().collect()))
}

impl Image {
    /// The layers of a manifest of this image.
    ///
    /// # Errors
    ///
    /// The manifest or its configuration cannot be understood.
    pub fn layers(&self, manifest: &Document) -> Result<Vec<Layer>, Error> {
        layers(manifest, &self.configuration(manifest)?, &self.blobs)
    }

    /// The image with other layers. `replace` gets the manifest, configuration and layers for each
    /// target. All other layers stay as they are, so a registry that has the image has them.
    ///
    /// # Errors
    ///
    /// The image cannot be understood, an image has no layers of the roles to replace, or `replace`
    /// fails.
    pub fn rebased<E: From<Error>>(
        &self,
        mut replace: impl FnMut(&Document, &ImageConfiguration, &[Layer]) -> Result<Replacement, E>,
    ) -> Result<Self, E> {
        let mut images = Vec::new();
        for manifest in self.host_manifests() {
            let config = self.configuration(manifest)?;
            let layers = layers(manifest, &config, &self.blobs)?;
            let replacement = replace(manifest, &config, &layers)?;
            images.push(rebased(manifest, config, &layers, replacement)?);
        }
        let tag = self.tag.clone();
        Ok(Self { tag, ..Self::for_all(images)? })
    }
}

fn rebased(
    manifest: &Document,
    mut config: ImageConfiguration,
    old: &[Layer],
    replacement: Replacement,
) -> Result<Image, Error> {
    let goes =
        |layer: &Layer| contents(layer).is_some_and(|(role, _)| replacement.roles.contains(&role));
    let Some(first) = old.iter().position(goes) else {
        return Err(Error::NotOurs(manifest.digest.to_string()));
    };
    let created = config.created().clone();
    let lines = lines(&config, old.len());
    let (mut all, mut history) = (Vec::new(), Vec::new());
    for (index, layer) in old.iter().enumerate() {
        if index == first {
            all.extend(replacement.layers.iter());
            history.extend(replacement.layers.iter().map(|new| line(new, created.as_ref())));
        }
        if !goes(layer) {
            all.push(layer);
            history.extend(lines.get(index).cloned());
        }
    }
    config.set_history(Some(history));
    let mut annotations: BTreeMap<_, _> =
        manifest.manifest()?.annotations().clone().unwrap_or_default().into_iter().collect();
    annotations.extend(replacement.labels.clone());
    if let Some(inner) = config.config().clone() {
        let mut inner = inner;
        let mut labels = inner.labels().clone().unwrap_or_default();
        labels.extend(replacement.labels);
        inner.set_labels(Some(labels));
        config.set_config(Some(inner));
    }
    let mut image = Image::of_parts(config, &all, annotations);
    if let Some(sbom) = replacement.sbom {
        image.attach(Blob::of_bytes(CYCLONEDX, sbom));
    }
    Ok(image)
}

/// The lines of the history that belong to layers, if there are as many.
fn lines(config: &ImageConfiguration, layers: usize) -> Vec<History> {
    let all = config.history().clone().unwrap_or_default();
    let of_layers = all.into_iter().filter(|line| line.empty_layer() != Some(true));
    let of_layers: Vec<_> = of_layers.collect();
    if of_layers.len() == layers { of_layers } else { Vec::new() }
}
