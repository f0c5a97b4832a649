//! The bill of materials of an archive.

mod files;
mod items;

use snakecrate_base::error::Remedy;
use snakecrate_licences::{HOST_PACKAGES, HostPackage};
use snakecrate_sbom::{Bill, Item, embedded};

use crate::archive::{Archive, SBOM};
use crate::licences;
pub(crate) use items::{kind, launcher, license, package_url, reference, title};

/// Why there is no bill of materials.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The archive cannot be read.
    #[error(transparent)]
    Licences(#[from] licences::Error),
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Licences(error) => error.remedy(),
        }
    }
}

/// Everything in `archive`: its components, the native code in them, the packages that this is from, the
/// documents that wheels bring, and the launcher.
///
/// # Errors
///
/// The archive cannot be read.
pub fn of(archive: &Archive) -> Result<Bill, Error> {
    let manifest = archive.manifest();
    let subjects = licences::subjects(archive)?;
    let attached = archive.attachment(SBOM).map_err(licences::Error::from)?.unwrap_or_default();
    // That of another program may lack all of it.
    let attached = embedded(&attached, "").map(|one| one.items).unwrap_or_default();
    let packages = archive.attachment(HOST_PACKAGES).map_err(licences::Error::from)?;
    let packages: Vec<HostPackage> =
        serde_json::from_slice(&packages.unwrap_or_default()).unwrap_or_default();
    let known = items::Known { subjects: &subjects, attached: &attached, packages: &packages };
    let mut all: Vec<Item> = Vec::new();
    for component in &manifest.components {
        let found = files::of(archive, component).map_err(licences::Error::from)?;
        all.extend(items::component(component, &found, &known));
    }
    items::connect(&mut all);
    all.extend(items::packages(&packages));
    all.extend(items::launcher_of(&attached));
    items::make_unique(&mut all);
    Ok(Bill {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        vendor: manifest.vendor.clone(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        items: all,
    })
}
