//! The licences of everything in an archive, read from its files and attachments.

use std::io::Read as _;

use snakecrate_licences::{
    Collector, Declared, HOST_PACKAGES, HostPackage, Policy, Subject, Violation, is_wanted,
};

use crate::archive::{self, Archive, visit};
use crate::settings::Licenses;
use crate::wheel::Metadata;
use snakecrate_base::error::Remedy;

/// Longer files are not read as licence texts, in bytes.
const LONGEST: u64 = 4 << 20;

/// Why licences are not as they should be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// A licence of the policy is none.
    #[error(transparent)]
    Expression(#[from] snakecrate_licences::BadExpression),
    /// Things have licences that the policy does not allow.
    #[error("{}", lines(.0))]
    Refused(Vec<Violation>),
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Archive(error) => error.remedy(),
            Self::Expression(error) => error.remedy(),
            Self::Refused(_) => Some(
                "leave these out, or change the licences that are denied and allowed; `snakecrate \
                 inspect FILE --licenses` shows the texts"
                    .into(),
            ),
        }
    }
}

fn lines(violations: &[Violation]) -> String {
    let line = |one: &Violation| {
        let place =
            one.component.as_ref().filter(|label| !label.contains(&one.subject.replace(' ', "-")));
        let place = place.map_or_else(String::new, |label| format!(" in {label}"));
        format!("licence of {}{place}: {}: {}", one.subject, one.licence, one.why)
    };
    violations.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Everything in `archive` that has a licence.
///
/// # Errors
///
/// The archive cannot be read.
pub fn subjects(archive: &Archive) -> Result<Vec<Subject>, Error> {
    let components = &archive.manifest().components;
    let listings = components.iter().map(|component| archive.listing(component));
    let listings = listings.collect::<Result<Vec<_>, _>>()?;
    let paths = listings
        .iter()
        .enumerate()
        .flat_map(|(at, listing)| listing.items().iter().map(move |item| (at, item.path.as_str())));
    let collector = Collector::new(components, paths);
    for (at, component) in components.iter().enumerate() {
        if !listings[at].items().iter().any(|item| is_wanted(item.path.as_str())) {
            continue;
        }
        visit(archive, component, |path, contents| {
            if is_wanted(path) {
                let mut bytes = Vec::new();
                contents.take(LONGEST).read_to_end(&mut bytes)?;
                collector.add(at, path, &bytes, declared);
            }
            Ok(())
        })?;
    }
    Ok(collector.finish(&packages(archive)?).subjects)
}

/// The subjects whose licences `policy` does not allow.
///
/// # Errors
///
/// The settings have a text that is no expression.
pub fn policy(settings: &Licenses) -> Result<Policy, Error> {
    Ok(Policy::new(&settings.deny, &settings.allow)?)
}

fn declared(metadata: &str) -> Declared {
    let license = Metadata::parse(metadata).license;
    Declared {
        expression: license.expression,
        text: license.text,
        classifiers: license.classifiers,
    }
}

/// The packages of the host that the archive names, with the texts of their copyright files.
fn packages(archive: &Archive) -> Result<Vec<(HostPackage, Option<String>)>, Error> {
    let Some(list) = archive.attachment(HOST_PACKAGES)? else { return Ok(Vec::new()) };
    let packages: Vec<HostPackage> = serde_json::from_slice(&list).unwrap_or_default();
    let attachments = archive.attachments()?;
    let text = |package: &HostPackage| {
        let name = package.text.as_ref()?;
        let found = attachments.iter().find(|one| one.name.as_str() == name)?;
        Some(String::from_utf8_lossy(&found.contents).into_owned())
    };
    Ok(packages.into_iter().map(|package| (package.clone(), text(&package))).collect())
}
