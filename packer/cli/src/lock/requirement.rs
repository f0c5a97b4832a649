//! Requirements as pyproject.toml declares them, in a form that can be compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Bound;
use std::str::FromStr as _;

use pep440_rs::{Operator, Version, VersionSpecifiers};
use pep508_rs::{
    ExtraName, ExtraOperator, MarkerExpression, MarkerTree, MarkerValueExtra, Requirement,
    VerbatimUrl, VersionOrUrl,
};

use crate::wheel::normalize;

/// A requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// The normalised name.
    pub(super) name: String,
    /// Normalised names of extras.
    pub(super) extras: BTreeSet<String>,
    /// Allowed versions; none for a URL.
    pub(super) specifiers: VersionSpecifiers,
    /// When it applies.
    pub(super) marker: MarkerTree,
    /// Whether it names a URL, a path or a commit.
    pub(super) is_url: bool,
}

impl Listed {
    /// Parses PEP 508; none if it isn't that.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let requirement = Requirement::<VerbatimUrl>::from_str(text).ok()?;
        let (specifiers, is_url) = match requirement.version_or_url {
            Some(VersionOrUrl::VersionSpecifier(specifiers)) => (specifiers, false),
            Some(VersionOrUrl::Url(_)) => (VersionSpecifiers::default(), true),
            None => (VersionSpecifiers::default(), false),
        };
        Some(Self {
            name: normalize(requirement.name.as_ref()),
            extras: requirement.extras.iter().map(|extra| normalize(extra.as_ref())).collect(),
            specifiers,
            marker: requirement.marker,
            is_url,
        })
    }

    /// The requirement as metadata has it for an extra: with `extra == 'NAME'` in its marker.
    pub(super) fn in_extra(mut self, extra: &str) -> Option<Self> {
        self.marker.and(extra_marker(extra)?);
        Some(self)
    }

    /// The specifiers in an order that does not matter.
    pub(super) fn specifiers(&self) -> BTreeSet<String> {
        self.specifiers.iter().map(ToString::to_string).collect()
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if !self.extras.is_empty() {
            let extras: Vec<&str> = self.extras.iter().map(String::as_str).collect();
            write!(f, "[{}]", extras.join(","))?;
        }
        // Blanks as in `>=2, <3` only lengthen the message.
        f.write_str(&self.specifiers.to_string().replace(", ", ","))?;
        match self.marker.try_to_string() {
            Some(marker) => write!(f, "; {marker}"),
            None => Ok(()),
        }
    }
}

/// `extra == 'NAME'`.
pub(super) fn extra_marker(extra: &str) -> Option<MarkerTree> {
    let name = MarkerValueExtra::Extra(ExtraName::from_str(extra).ok()?);
    Some(MarkerTree::expression(MarkerExpression::Extra { operator: ExtraOperator::Equal, name }))
}

/// `requirements` with those of the project's own extras in place of `NAME[extra]`.
pub(super) fn flattened(name: &str, requirements: &[Listed]) -> Vec<Listed> {
    let extra_of = |listed: &Listed| match listed.marker.top_level_extra() {
        Some(MarkerExpression::Extra { name: MarkerValueExtra::Extra(extra), .. }) => Some(extra),
        _ => None,
    };
    let (own, mut flat): (Vec<Listed>, Vec<Listed>) =
        requirements.iter().cloned().partition(|listed| listed.name == name);
    let mut open: Vec<(String, MarkerTree)> = Vec::new();
    let push = |listed: &Listed, open: &mut Vec<(String, MarkerTree)>| {
        open.extend(listed.extras.iter().map(|extra| (extra.clone(), listed.marker.clone())));
    };
    for listed in &own {
        push(listed, &mut open);
    }
    let mut seen = BTreeSet::new();
    while let Some((extra, marker)) = open.pop() {
        if !seen.insert((extra.clone(), marker.clone())) {
            continue;
        }
        for listed in requirements {
            let Some(of) = extra_of(listed).filter(|of| of.as_ref() == extra) else { continue };
            let mut both = listed.marker.clone().simplify_extras(&[of]);
            both.and(marker.clone());
            let listed = Listed { marker: both, ..listed.clone() };
            if listed.name == name {
                push(&listed, &mut open);
            } else {
                flat.push(listed);
            }
        }
    }
    flat
}

/// The strings of an array; none if it isn't one.
pub(super) fn texts(value: Option<&toml::Value>) -> Vec<String> {
    let items = value.and_then(toml::Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// `optional-dependencies` of a `[project]` table, by normalised extra.
pub(super) fn optional(project: &toml::Value) -> BTreeMap<String, Vec<String>> {
    let tables = project.get("optional-dependencies").and_then(toml::Value::as_table);
    let tables = tables.into_iter().flatten();
    tables.map(|(name, list)| (normalize(name), texts(Some(list)))).collect()
}

/// `[dependency-groups]` (PEP 735) by normalised name, with the groups that they include.
pub(crate) fn groups_of(pyproject: &toml::Table) -> BTreeMap<String, Vec<String>> {
    let Some(table) = pyproject.get("dependency-groups").and_then(toml::Value::as_table) else {
        return BTreeMap::new();
    };
    let by_name: BTreeMap<String, &toml::Value> =
        table.iter().map(|(name, value)| (normalize(name), value)).collect();
    let all = |name: &String| {
        let mut found = Vec::new();
        let mut open = vec![name.clone()];
        let mut seen = BTreeSet::new();
        while let Some(group) = open.pop().filter(|group| seen.insert(group.clone())) {
            let items = by_name.get(&group).and_then(|value| value.as_array());
            for item in items.into_iter().flatten() {
                if let Some(text) = item.as_str() {
                    found.push(text.to_owned());
                } else if let Some(other) = item.get("include-group").and_then(|o| o.as_str()) {
                    open.push(normalize(other));
                }
            }
        }
        found
    };
    by_name.keys().map(|name| (name.clone(), all(name))).collect()
}

/// The interval of Python versions that a specifier allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    lower: Bound<Version>,
    upper: Bound<Version>,
}

impl Range {
    /// The interval of `requires-python`; without one, all versions. Gaps (`!=`) do not count.
    pub(super) fn of(specifiers: Option<&str>) -> Self {
        let mut range = Self { lower: Bound::Unbounded, upper: Bound::Unbounded };
        let specifiers = specifiers.and_then(|text| VersionSpecifiers::from_str(text).ok());
        for specifier in specifiers.iter().flat_map(|all| all.iter()) {
            let version = specifier.version().only_release();
            match specifier.operator() {
                Operator::GreaterThanEqual => range.raise(Bound::Included(version)),
                Operator::GreaterThan => range.raise(Bound::Excluded(version)),
                Operator::LessThan => range.lower_to(Bound::Excluded(version)),
                Operator::LessThanEqual => range.lower_to(Bound::Included(version)),
                Operator::Equal | Operator::ExactEqual => {
                    range.raise(Bound::Included(version.clone()));
                    range.lower_to(Bound::Included(version));
                }
                Operator::EqualStar => {
                    range.lower_to(Bound::Excluded(next(&version, version.release().len())));
                    range.raise(Bound::Included(version));
                }
                Operator::TildeEqual => {
                    let length = version.release().len().saturating_sub(1);
                    range.lower_to(Bound::Excluded(next(&version, length)));
                    range.raise(Bound::Included(version));
                }
                Operator::NotEqual | Operator::NotEqualStar => {}
            }
        }
        range
    }

    /// `marker`, where only the versions of the range count.
    pub(super) fn limit(&self, marker: &MarkerTree) -> MarkerTree {
        marker.clone().complexify_python_versions(self.lower.as_ref(), self.upper.as_ref())
    }

    fn raise(&mut self, bound: Bound<Version>) {
        let higher = match (&self.lower, &bound) {
            (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b)) => {
                b >= a
            }
            _ => true,
        };
        if higher {
            self.lower = bound;
        }
    }

    fn lower_to(&mut self, bound: Bound<Version>) {
        let lower = match (&self.upper, &bound) {
            (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b)) => {
                b <= a
            }
            _ => true,
        };
        if lower {
            self.upper = bound;
        }
    }
}

/// The first version after all that share the first `length` numbers of `version`.
fn next(version: &Version, length: usize) -> Version {
    let mut numbers: Vec<u64> = version.release().iter().take(length.max(1)).copied().collect();
    if let Some(last) = numbers.last_mut() {
        *last += 1;
    }
    Version::new(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn included_groups_are_part_of_a_group() {
        let text = "[dependency-groups]\nDev_A = ['x', {include-group = 'lint'}]\nlint = ['y', {include-group = 'dev-a'}]\n";
        let groups = groups_of(&text.parse().unwrap());
        assert_eq!(groups["dev-a"], ["x", "y"]);
        assert_eq!(groups["lint"], ["y", "x"], "a circle ends");
    }

    #[test]
    fn ranges_of_python_are_compared_as_intervals() {
        assert_eq!(Range::of(Some("~=3.10")), Range::of(Some(">=3.10, <4")));
        assert_eq!(Range::of(Some("==3.12.*")), Range::of(Some(">=3.12,<3.13")));
        assert_ne!(Range::of(Some(">=3.10")), Range::of(Some(">=3.11")));
        let marker = |text: &str| MarkerTree::from_str(text).unwrap();
        let range = Range::of(Some(">=3.10"));
        assert_eq!(
            range.limit(&marker("python_version < '3.12'")),
            range.limit(&marker("python_full_version >= '3.9' and python_full_version < '3.12'"))
        );
        assert!(range.limit(&marker("python_version < '3.9'")).is_false());
    }

    #[test]
    fn own_extras_are_flattened() {
        let parse = |text: &str| Listed::parse(text).unwrap();
        let all = [
            parse("rich; extra == 'a'"),
            parse("demo[a]; extra == 'b'"),
            parse("demo[b]; extra == 'all'"),
        ];
        let flat: Vec<String> = flattened("demo", &all).iter().map(ToString::to_string).collect();
        assert_eq!(flat, ["rich; extra == 'a'", "rich; extra == 'all'", "rich; extra == 'b'"]);
    }
}
