//! Whether everything that is packed finds what it requires: every `Requires-Dist` of every
//! distribution, evaluated for the target.

mod asked;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr as _;

use pep440_rs::Version;
use pep508_rs::{ExtraName, MarkerEnvironment, VersionOrUrl};

use crate::wheel::{self, Requirement, normalize};
pub(super) use asked::{Asked, Overrides};
use snakecrate_base::error::Remedy;

/// A requirement that no packed distribution meets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmet {
    /// The normalised name of the distribution that it asks for.
    pub name: String,
    /// The requirement without its marker: `click>=8`.
    pub requirement: String,
    /// The distribution, file or option that declares it.
    pub declared_by: String,
    /// The version that is packed, if one is.
    pub packed: Option<String>,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, requirement, declared_by, packed } = self;
        write!(f, "{requirement}, declared by {declared_by} ")?;
        match packed {
            Some(version) => write!(f, "({name} {version} is packed)"),
            None => write!(f, "({name} is not packed)"),
        }
    }
}

/// Requirements that no packed distribution meets.
#[derive(Debug, thiserror::Error)]
#[error("unmet requirement{}: {}", if .0.len() == 1 { "" } else { "s" }, list(.0))]
pub struct Error(pub Vec<Unmet>);

fn list(unmet: &[Unmet]) -> String {
    unmet.iter().map(Unmet::to_string).collect::<Vec<_>>().join("; ")
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        let names: BTreeSet<&str> = self.0.iter().map(|unmet| unmet.name.as_str()).collect();
        let flags: Vec<_> = names.iter().map(|name| format!("--allow-unmet {name}")).collect();
        Some(format!(
            "pack what is required, with --with or in the lock file; or accept it with {}",
            flags.join(" ")
        ))
    }
}

/// What a packed distribution declares.
#[derive(Debug, Clone, Copy)]
pub struct Declared<'a> {
    /// The normalised name.
    pub name: &'a str,
    /// The version.
    pub version: &'a str,
    /// `Requires-Dist`, as written.
    pub requires: &'a [String],
    /// `Provides-Extra`, normalised.
    pub provides: &'a [String],
}

/// A distribution that is packed.
struct Packed<'a> {
    version: &'a str,
    requires: Vec<(Requirement, &'a str)>,
    provides: &'a [String],
}

/// An extra that the user asks for and the distribution doesn't have, which installers ignore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnknownExtra<'a> {
    /// Its name.
    pub(super) extra: String,
    /// The distribution.
    pub(super) name: &'a str,
    /// The file or option that asks for it.
    pub(super) asked_by: &'a str,
    /// Those that it has.
    pub(super) known: &'a [String],
}

/// The distributions that are packed, and what is asked of them.
pub(super) struct Requirements<'a> {
    environment: &'a MarkerEnvironment,
    packed: BTreeMap<&'a str, Packed<'a>>,
    roots: Vec<(Requirement, &'a str, &'a str)>,
    extras: Extras,
    /// Requirements that cannot be read: who declares them, and their text.
    pub(super) unreadable: Vec<(&'a str, &'a str)>,
}

/// Extras that are asked of distributions.
type Extras = BTreeMap<String, BTreeSet<ExtraName>>;

impl<'a> Requirements<'a> {
    /// Reads the requirements of `packed` distributions and of the user. Each distribution has the
    /// extras that the user or another distribution asks for.
    pub(super) fn new(
        packed: impl Iterator<Item = Declared<'a>>,
        asked: &'a Asked,
        environment: &'a MarkerEnvironment,
    ) -> Self {
        let mut unreadable = Vec::new();
        let mut by_name = BTreeMap::new();
        let mut extras = Extras::new();
        for Declared { name, version, requires: texts, provides } in packed {
            let mut requires = Vec::new();
            for text in texts {
                match wheel::requirement(text) {
                    Ok(requirement) => requires.push((requirement, text.as_str())),
                    Err(_) => unreadable.push((name, text.as_str())),
                }
            }
            let of_all = provides.iter().filter(|_| asked.all_extras_of(name));
            let names = asked.extras_of(name).chain(of_all);
            extras.insert(name.to_owned(), names.filter_map(|name| extra(name)).collect());
            by_name.insert(name, Packed { version, requires, provides });
        }
        let roots = asked.requirements.iter().filter_map(|(by, text)| {
            Some((wheel::requirement(text).ok()?, text.as_str(), by.as_str()))
        });
        let roots = roots.collect();
        let mut this = Self { environment, packed: by_name, roots, extras, unreadable };
        this.extras = this.closure(this.extras.clone());
        this
    }

    /// The extras that the user asks for in requirements and that nobody has.
    pub(super) fn unknown_extras(&self) -> Vec<UnknownExtra<'_>> {
        let of = |(requirement, _, by): &'_ (Requirement, &'a str, &'a str)| {
            let (&name, packed) =
                self.packed.get_key_value(&*normalize(requirement.name.as_ref()))?;
            let extras = requirement.extras.iter().map(ToString::to_string);
            let unknown = extras.filter(|extra| !packed.provides.contains(&normalize(extra)));
            let unknown = unknown.map(|extra| UnknownExtra {
                extra,
                name,
                asked_by: by,
                known: packed.provides,
            });
            Some(unknown.collect::<Vec<_>>())
        };
        let in_force = self
            .roots
            .iter()
            .filter(|(requirement, ..)| requirement.evaluate_markers(self.environment, &[]));
        in_force.filter_map(of).flatten().collect()
    }

    /// All requirements that are in force with these extras: each with its text and who declares it.
    fn in_force<'s>(
        &'s self,
        extras: &'s Extras,
    ) -> impl Iterator<Item = (&'s Requirement, &'s str, &'s str)> {
        let own =
            self.roots.iter().map(|(requirement, text, by)| (requirement, *text, *by, &[][..]));
        let packed = self.packed.iter().flat_map(move |(name, packed)| {
            let requires = packed.requires.iter();
            requires.map(move |(requirement, text)| (requirement, *text, *name))
        });
        let of = |name: &str| extras.get(name).map(|names| names.iter().cloned().collect());
        let packed = packed.filter(move |(requirement, _, name)| {
            let extras: Vec<ExtraName> = of(name).unwrap_or_default();
            requirement.evaluate_markers(self.environment, &extras)
        });
        let own = own
            .filter(|(requirement, _, _, extras)| {
                requirement.evaluate_markers(self.environment, extras)
            })
            .map(|(requirement, text, by, _)| (requirement, text, by));
        own.chain(packed)
    }

    /// `extras` and those that the requirements in force ask for.
    fn closure(&self, mut extras: Extras) -> Extras {
        loop {
            let asked: Vec<_> = self
                .in_force(&extras)
                .flat_map(|(requirement, ..)| {
                    let name = normalize(requirement.name.as_ref());
                    requirement.extras.iter().map(move |extra| (name.clone(), extra.clone()))
                })
                .collect();
            let mut grew = false;
            for (name, extra) in asked {
                grew |= extras.entry(name).or_default().insert(extra);
            }
            if !grew {
                return extras;
            }
        }
    }

    /// The requirements that no packed distribution meets, sorted.
    pub(super) fn unmet(&self) -> BTreeSet<Unmet> {
        self.unmet_with(&self.extras)
    }

    fn unmet_with(&self, extras: &Extras) -> BTreeSet<Unmet> {
        self.in_force(extras)
            .filter_map(|(requirement, text, by)| {
                let name = normalize(requirement.name.as_ref());
                let packed = self.packed.get(name.as_str());
                if packed.is_some_and(|packed| fits(requirement, packed.version)) {
                    return None;
                }
                Some(Unmet {
                    name,
                    requirement: text.split(';').next().unwrap_or(text).trim().to_owned(),
                    declared_by: by.to_owned(),
                    packed: packed.map(|packed| packed.version.to_owned()),
                })
            })
            .collect()
    }

    /// Whether everything is packed that the distribution `name` requires with the extra `wanted`:
    /// the extra was asked for, or its requirements are there all the same.
    pub(super) fn has_extra(&self, name: &str, wanted: &str) -> bool {
        let Some(wanted) = extra(wanted) else { return true };
        if self.extras.get(name).is_some_and(|extras| extras.contains(&wanted)) {
            return true;
        }
        let mut extras = self.extras.clone();
        extras.entry(name.to_owned()).or_default().insert(wanted);
        self.unmet_with(&self.closure(extras)).is_subset(&self.unmet())
    }
}

fn extra(name: &str) -> Option<ExtraName> {
    ExtraName::from_str(name).ok()
}

/// Whether the packed version meets the requirement. A direct reference is met by name.
fn fits(requirement: &Requirement, version: &str) -> bool {
    match &requirement.version_or_url {
        None | Some(VersionOrUrl::Url(_)) => true,
        Some(VersionOrUrl::VersionSpecifier(specifiers)) => {
            specifiers.is_empty()
                || Version::from_str(version).is_ok_and(|version| specifiers.contains(&version))
        }
    }
}

#[cfg(test)]
mod tests;
