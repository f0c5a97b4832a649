//! The vulnerabilities of components.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::database::{Database, plain};
use crate::osv::Verdict;
use crate::purl::Purl;
use crate::version::Ecosystem;
use crate::vex::Statements;

/// Something in an archive, as its bill of materials lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Its reference in the bill.
    pub reference: String,
    /// Its package URL.
    pub purl: Option<String>,
    /// Its native files.
    pub locations: Vec<String>,
}

/// A vulnerability of a component.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Finding {
    /// The component's name.
    pub component: String,
    /// Its version.
    pub version: String,
    /// Its package URL.
    pub purl: String,
    /// The vulnerability's identifier: that of a CVE, if there is one.
    pub id: String,
    /// All its other identifiers, sorted.
    pub aliases: Vec<String>,
    /// What it is, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Versions that have a fix, as the database gives them.
    pub fixed: Vec<String>,
    /// What the VEX states: `not_affected` or `fixed` hide the finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The reason that the VEX gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Files of the component.
    pub locations: Vec<String>,
}

impl Finding {
    /// Whether the VEX says that there is nothing to do.
    pub fn is_hidden(&self) -> bool {
        matches!(self.status.as_deref(), Some("not_affected" | "fixed"))
    }
}

/// The vulnerabilities of an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The application.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Sorted by component and identifier.
    pub findings: Vec<Finding>,
    /// The number of components that were looked up.
    pub looked_up: usize,
    /// The number of components of other kinds, which the database cannot know.
    pub others: usize,
    /// The number of records in the database.
    pub records: usize,
    /// Records with versions that cannot be compared: neither found nor excluded.
    pub unknown: Vec<String>,
}

/// The vulnerabilities in `database` of `components`, without the fields that name the application.
pub fn find(components: &[Component], database: &Database, vex: &Statements) -> Report {
    let mut report = Report { records: database.records.len(), ..Report::default() };
    for component in components {
        let Some(package) = Package::of(component) else {
            report.others += 1;
            continue;
        };
        report.looked_up += 1;
        find_in(&package, component, database, vex, &mut report);
    }
    report.findings.sort();
    report.findings.dedup();
    report.unknown.sort();
    report.unknown.dedup();
    report
}

/// A component, as databases call it.
struct Package {
    ecosystem: Ecosystem,
    /// The names of the package and of its source: Debian's records are about sources.
    names: Vec<String>,
    version: String,
    purl: String,
    /// The number of the distribution's release: `12`.
    release: Option<String>,
}

/// The numbers of Debian's releases.
const RELEASES: [(&str, &str); 6] = [
    ("buster", "10"),
    ("bullseye", "11"),
    ("bookworm", "12"),
    ("trixie", "13"),
    ("forky", "14"),
    ("duke", "15"),
];

impl Package {
    fn of(component: &Component) -> Option<Self> {
        let text = component.purl.as_ref()?;
        let purl = Purl::parse(text)?;
        let version = purl.version.clone()?;
        let mut names = vec![plain(&purl.name)];
        let mut release = None;
        let ecosystem = match (&*purl.kind, purl.namespace.as_deref()) {
            ("pypi", None) => Ecosystem::PyPi,
            ("cargo", None) => Ecosystem::Crates,
            ("deb", Some("debian")) => {
                names.extend(purl.qualifier("upstream").map(plain));
                if purl.name.starts_with("libpython3.") || purl.name.starts_with("python3.") {
                    let minor = purl.name.trim_start_matches("lib");
                    names.extend(minor.split('-').next().map(plain));
                }
                let distro = purl.qualifier("distro").unwrap_or_default();
                let distro = distro.strip_prefix("debian-").unwrap_or(distro);
                let known = RELEASES.iter().find(|(name, _)| *name == distro);
                release = Some(known.map_or(distro, |(_, number)| number).to_owned());
                Ecosystem::Debian
            }
            _ => return None,
        };
        Some(Self { ecosystem, names, version, purl: text.clone(), release })
    }

    /// Whether a record's ecosystem, such as `Debian:12`, is the package's.
    fn is_in(&self, ecosystem: &str) -> bool {
        let (kind, suffix) = ecosystem.split_once(':').unwrap_or((ecosystem, ""));
        match self.ecosystem {
            Ecosystem::PyPi => kind == "PyPI",
            Ecosystem::Crates => kind == "crates.io",
            Ecosystem::Debian => {
                let is_release = self.release.as_deref().is_none_or(|one| one == suffix);
                kind == "Debian" && (suffix.is_empty() || is_release)
            }
        }
    }
}

fn find_in(
    package: &Package,
    component: &Component,
    database: &Database,
    vex: &Statements,
    report: &mut Report,
) {
    let mut found: Vec<Finding> = Vec::new();
    let places = package.names.iter().filter_map(|name| database.by_package.get(name));
    let mut places: Vec<usize> = places.flatten().copied().collect();
    places.sort_unstable();
    places.dedup();
    for record in places.into_iter().map(|index| &database.records[index]) {
        let mut fixed: Option<Vec<String>> = None;
        for affected in &record.affected {
            let Some(named) = &affected.package else { continue };
            if !package.is_in(&named.ecosystem) || !package.names.contains(&plain(&named.name)) {
                continue;
            }
            match affected.verdict(package.ecosystem, &package.version) {
                Verdict::Yes(versions) => fixed.get_or_insert_default().extend(versions),
                Verdict::No => {}
                Verdict::Unknown(version) => {
                    let name = &component.name;
                    report.unknown.push(format!(
                        "{}: cannot compare {version} with {} of {name}",
                        record.id, package.version
                    ));
                }
            }
        }
        let Some(fixed) = fixed else { continue };
        let names = std::iter::once(&record.id).chain(&record.aliases).chain(&record.upstream);
        found.push(Finding {
            component: component.name.clone(),
            version: package.version.clone(),
            purl: package.purl.clone(),
            id: record.id.clone(),
            aliases: names.cloned().collect(),
            summary: record.summary.clone().or_else(|| first_line(record.details.as_deref())),
            fixed,
            status: None,
            reason: None,
            locations: component.locations.clone(),
        });
    }
    for mut finding in merged(found) {
        let names: Vec<&str> =
            std::iter::once(&finding.id).chain(&finding.aliases).map(|name| &**name).collect();
        let stated = vex.of(&names, &[&finding.purl, &component.reference]);
        let stated = stated.map(|(status, why)| (status.to_owned(), why.map(str::to_owned)));
        if let Some((status, reason)) = stated {
            finding.status = Some(status);
            finding.reason = reason;
        }
        report.findings.push(finding);
    }
}

fn first_line(text: Option<&str>) -> Option<String> {
    let line = text?.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.chars().take(200).collect())
}

/// Records about one vulnerability become one finding: those that have a name in common.
fn merged(found: Vec<Finding>) -> Vec<Finding> {
    let mut groups: Vec<Finding> = Vec::new();
    for mut one in found {
        let is_same = |other: &Finding| other.aliases.iter().any(|name| one.aliases.contains(name));
        let (same, others): (Vec<_>, Vec<_>) = groups.into_iter().partition(is_same);
        for other in same {
            one.aliases.extend(other.aliases);
            one.fixed.extend(other.fixed);
            one.summary = other.summary.or(one.summary);
        }
        groups = others;
        groups.push(one);
    }
    for one in &mut groups {
        one.aliases.sort();
        one.aliases.dedup();
        one.fixed.sort();
        one.fixed.dedup();
        let cve = one.aliases.iter().find(|name| name.starts_with("CVE-"));
        one.id = cve.or(one.aliases.first()).unwrap_or(&one.id).clone();
        let id = one.id.clone();
        one.aliases.retain(|name| *name != id);
    }
    groups
}

impl Report {
    /// Those that the VEX does not hide.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|one| !one.is_hidden())
    }

    /// Findings by their identifiers.
    pub(crate) fn by_id(&self) -> BTreeMap<&str, Vec<&Finding>> {
        let mut all: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for one in &self.findings {
            all.entry(&one.id).or_default().push(one);
        }
        all
    }
}

#[cfg(test)]
mod tests;
