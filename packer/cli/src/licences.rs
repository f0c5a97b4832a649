//! The licences of everything in an archive, read from its files and attachments.

use std::collections::BTreeSet;
use std::io::Read as _;

use snakecrate_licences::{
    Collector, Declared, HOST_PACKAGES, HostPackage, Policy, Subject, SubjectKind, Violation,
    is_wanted,
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
            Self::Refused(violations) => Some(format!(
                "leave these out{}, or change the licences that are denied and allowed; `snakecrate \
                 inspect FILE --licenses` shows the texts",
                flags(violations)
            )),
        }
    }
}

fn lines(violations: &[Violation]) -> String {
    let line = |one: &Violation| {
        let place =
            one.component.as_ref().filter(|label| !label.contains(&one.subject.replace(' ', "-")));
        let place = place.map_or_else(String::new, |label| format!(" in {label}"));
        let licence = format!("{}: ", one.licence);
        let licence = if one.why.starts_with(&format!("{} ", one.licence)) { "" } else { &licence };
        format!("licence of {}{place}: {licence}{}", one.subject, one.why)
    };
    violations.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The flags that leave out the runtime's parts with violations.
fn flags(violations: &[Violation]) -> String {
    let labels = violations.iter().filter_map(|one| one.component.as_deref());
    let parts = labels.filter_map(|label| Some(label.strip_prefix("part-")?.rsplit_once('-')?.0));
    let parts: BTreeSet<&str> = parts.collect();
    let flags: Vec<_> = parts.iter().map(|part| format!("--runtime-drop {part}")).collect();
    if flags.is_empty() { String::new() } else { format!(" ({})", flags.join(" ")) }
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
    let mut subjects = collector.finish(&packages(archive)?).subjects;
    complete_application(&mut subjects);
    Ok(subjects)
}

/// Gives an application that was made of a distribution, and has no metadata of its own, the licence of that.
fn complete_application(subjects: &mut [Subject]) {
    let is_unknown = |one: &Subject| {
        one.kind == SubjectKind::Application && one.expression.is_none() && one.declared.is_empty()
    };
    let Some(at) = subjects.iter().position(is_unknown) else { return };
    let app = &subjects[at];
    let is_its = |one: &&Subject| {
        one.kind == SubjectKind::Wheel && one.name == app.name && one.version == app.version
    };
    let Some(wheel) = subjects.iter().find(is_its).cloned() else { return };
    let app = &mut subjects[at];
    (app.expression, app.known, app.declared) = (wheel.expression, wheel.known, wheel.declared);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn violation(subject: &str, component: &str, licence: &str, why: &str) -> Violation {
        let (subject, licence, why) = (subject.into(), licence.into(), why.into());
        Violation { subject, component: Some(component.into()), licence, why }
    }

    #[test]
    fn an_application_of_a_distribution_has_its_licence() {
        // `build black` said that the licence of black, the application, was unknown.
        let subject = |kind, version| Subject::new(kind, "black", Some(version));
        let licensed =
            |kind, version| Subject { expression: Some("MIT".into()), ..subject(kind, version) };
        let wheel = licensed(SubjectKind::Wheel, "26");
        let mut all = [subject(SubjectKind::Application, "26"), wheel.clone()];
        complete_application(&mut all);
        assert_eq!(all[0].expression.as_deref(), Some("MIT"));
        let mut other = [subject(SubjectKind::Application, "1"), wheel.clone()];
        complete_application(&mut other);
        assert_eq!(other[0].expression, None, "another version");
        let own =
            Subject { declared: vec!["mine".into()], ..subject(SubjectKind::Application, "26") };
        let mut own = [own, wheel];
        complete_application(&mut own);
        assert_eq!(own[0].expression, None, "it says something itself");
    }

    #[test]
    fn parts_of_the_runtime_come_with_the_flag_that_leaves_them_out() {
        let gpl = "GPL-3.0-or-later";
        let readline =
            violation("libreadline 8", "part-readline-3.13.0", gpl, &format!("{gpl} is denied"));
        let vendored = violation(
            "demo 2",
            "wheel-demo-2",
            "MIT AND GPL-3.0-or-later",
            "GPL-3.0-or-later is denied",
        );
        let error = Error::Refused(vec![readline, vendored]);
        assert_eq!(
            error.to_string(),
            "licence of libreadline 8 in part-readline-3.13.0: GPL-3.0-or-later is denied\n\
             licence of demo 2: MIT AND GPL-3.0-or-later: GPL-3.0-or-later is denied"
        );
        let remedy = error.remedy().unwrap();
        assert!(remedy.starts_with("leave these out (--runtime-drop readline), or"), "{remedy}");
    }
}
