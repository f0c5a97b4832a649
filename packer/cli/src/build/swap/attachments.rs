//! The data for people: it follows the components.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use snakecrate_base::python::DistributionPackage;
use snakecrate_format::manifest::{Kind, Source};

use crate::archive::{
    self, Archive, AttachmentSpec, ComponentSpec, DROPPED_FILES, DroppedFiles, SBOM,
};

/// The attachments of `archive` that stay: neither the bill of materials nor the list of files that
/// were not packed, which are made anew, nor those of components that are gone.
pub(super) fn staying(
    archive: &Archive,
    components: &[ComponentSpec],
) -> Result<Vec<AttachmentSpec>, archive::Error> {
    let label = |one: &ComponentSpec| format!("{}-{}-{}", one.kind.as_str(), one.name, one.version);
    let labels: BTreeSet<String> = components.iter().map(label).collect();
    let mut all = archive.attachments()?;
    all.retain(|one| {
        let is_renewed = [SBOM, DROPPED_FILES].contains(&one.role.as_str());
        !is_renewed && one.component.as_ref().is_none_or(|label| labels.contains(label))
    });
    Ok(all)
}

/// The list of files that are not packed: that of the components that stay, and `new`.
pub(super) fn dropped(
    archive: &Archive,
    is_staying: impl Fn(&DroppedFiles) -> bool,
    new: Vec<DroppedFiles>,
) -> Result<Option<AttachmentSpec>, archive::Error> {
    let mut all = archive::dropped_files(archive)?;
    all.retain(is_staying);
    all.extend(new);
    all.sort();
    Ok((!all.is_empty()).then(|| AttachmentSpec::dropped_files(&all)))
}

#[derive(Deserialize, Default)]
struct Bom {
    #[serde(default)]
    components: Vec<BomComponent>,
}

#[derive(Deserialize)]
struct BomComponent {
    name: String,
    version: Option<String>,
    purl: Option<String>,
}

/// The package of a distribution that the runtime in `archive` was made from, as its bill of materials
/// names it.
pub(super) fn package(archive: &Archive) -> Result<Option<DistributionPackage>, archive::Error> {
    let components = &archive.manifest().components;
    let runtime = components.iter().find(|component| component.kind == Kind::Runtime);
    let bytes = archive.attachment(SBOM)?.unwrap_or_default();
    let bom: Bom = serde_json::from_slice(&bytes).unwrap_or_default();
    let Some((runtime, source)) = runtime.and_then(|one| Some((one, one.source.as_ref()?))) else {
        return Ok(None);
    };
    let mut urls = bom.components.iter().filter(|one| one.name == runtime.name);
    Ok(urls.find_map(|one| parsed(one.purl.as_deref()?, source)))
}

/// The package URLs of the distributions in `archive` that are from other indexes than `PyPI`, by name and
/// version, as its bill of materials has them.
pub(super) fn purls_of_indexes(
    archive: &Archive,
) -> Result<BTreeMap<(String, String), String>, archive::Error> {
    let bytes = archive.attachment(SBOM)?.unwrap_or_default();
    let bom: Bom = serde_json::from_slice(&bytes).unwrap_or_default();
    let purl = |one: BomComponent| {
        let is_of_index =
            |url: &String| url.starts_with("pkg:pypi/") && url.contains("?repository_url=");
        Some(((one.name, one.version?), one.purl.filter(is_of_index)?))
    };
    Ok(bom.components.into_iter().filter_map(purl).collect())
}

/// The package with this package URL: `pkg:deb/debian/python3.11@3.11.2-6?arch=arm64&distro=bookworm`.
fn parsed(url: &str, source: &Source) -> Option<DistributionPackage> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned);
    let (place, qualifiers) = url.strip_prefix("pkg:deb/")?.split_once('?')?;
    let (distribution, rest) = place.split_once('/')?;
    let (name, version) = rest.split_once('@')?;
    let qualifier = |key: &str| {
        let mut pairs = qualifiers.split('&').filter_map(|pair| pair.split_once('='));
        decoded(pairs.find(|(name, _)| *name == key)?.1)
    };
    Some(DistributionPackage {
        distribution: decoded(distribution)?,
        suite: qualifier("distro")?,
        release: None,
        name: decoded(name)?,
        version: decoded(version)?,
        architecture: qualifier("arch")?,
        file: source.file.clone(),
        sha256: source.sha256.clone(),
        packages: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_url_is_read_back() {
        let source = Source { file: "a.deb".into(), sha256: "00".into() };
        let url = "pkg:deb/debian/python3.11@3.11.2-6%2Bdeb12u6?arch=arm64&distro=bookworm";
        let found = parsed(url, &source).unwrap();
        assert_eq!(found.version, "3.11.2-6+deb12u6");
        assert_eq!((&*found.suite, &*found.architecture), ("bookworm", "arm64"));
        assert_eq!(parsed("pkg:generic/cpython@3.12.1", &source), None);
    }
}
