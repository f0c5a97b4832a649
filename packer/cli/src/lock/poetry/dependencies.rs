//! Requirements in Poetry's form.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use pep440_rs::VersionSpecifiers;

use super::document::Constraints;
use super::{MAIN, UNLOCKED};
use crate::lock::declared;
use crate::lock::need::{self, Need};
use crate::source::poetry_alternatives;
use crate::wheel::normalize;

/// The alternatives of a constraint.
pub(super) fn versions(constraint: &str) -> Result<Vec<VersionSpecifiers>, String> {
    let parse = |text: &String| {
        VersionSpecifiers::from_str(text).map_err(|error| {
            let error = error.to_string();
            format!("`{constraint}`: {}", error.lines().next().unwrap_or_default())
        })
    };
    poetry_alternatives(constraint).iter().map(parse).collect()
}

/// The requirements of `name`. `extras` are those of the package that has them: an optional
/// requirement applies with an extra that names it.
pub(super) fn needs(
    name: &str,
    constraints: &Constraints,
    extras: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<Need>, String> {
    let name = normalize(name);
    let mut needs = Vec::new();
    for table in constraints.tables() {
        let mut markers: Vec<String> = Vec::new();
        markers.extend(table.markers.clone());
        markers.extend(table.python.as_deref().and_then(python_marker));
        markers.extend(table.platform.as_deref().map(platform_marker));
        // The marker of a locked requirement names the extra; that in pyproject.toml does not.
        let stated = table.markers.as_ref().is_some_and(|text| text.contains("extra"));
        if table.optional && !stated {
            let of = extras.iter().filter(|(_, of)| of.iter().any(|one| is_for(one, &name)));
            let extras: Vec<String> =
                of.map(|(extra, _)| format!("extra == '{}'", normalize(extra))).collect();
            if extras.is_empty() {
                continue;
            }
            markers.push(extras.join(" or "));
        }
        markers.retain(|text| !text.trim().is_empty());
        let marker: Vec<String> = markers.iter().map(|text| format!("({text})")).collect();
        needs.push(Need {
            name: name.clone(),
            extras: table.extras.iter().map(|extra| normalize(extra)).collect(),
            marker: need::marker(&marker.join(" and "))?,
            versions: table.version.as_deref().map(versions).transpose()?.unwrap_or_default(),
            may_be_absent: UNLOCKED.contains(&&*name),
        });
    }
    Ok(needs)
}

/// Whether the requirement `text`, such as `h2 (>=3,<5)`, is for `name`.
fn is_for(text: &str, name: &str) -> bool {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    normalize(&text[..end.unwrap_or(text.len())]) == name
}

/// `^3.8` → `(python_version >= '3.8' and python_version < '4')`.
fn python_marker(constraint: &str) -> Option<String> {
    let alternatives = poetry_alternatives(constraint);
    if alternatives.iter().any(String::is_empty) {
        return None;
    }
    let clause = |part: &str| {
        let start = part.find(|c: char| !"<>=!~".contains(c)).unwrap_or(part.len());
        let (operator, version) = part.split_at(start);
        let short = version.trim_end_matches(".*").matches('.').count() < 2;
        let key = if short { "python_version" } else { "python_full_version" };
        format!("{key} {operator} '{version}'")
    };
    let all = |one: &String| one.split(',').map(clause).collect::<Vec<_>>().join(" and ");
    let all: Vec<String> = alternatives.iter().map(|one| format!("({})", all(one))).collect();
    Some(all.join(" or "))
}

/// `linux || darwin`, `!=win32`.
fn platform_marker(constraint: &str) -> String {
    let clause = |part: &str| {
        let part = part.trim();
        let name = part.trim_start_matches(['!', '=', ' ']);
        let operator = if part.starts_with('!') { "!=" } else { "==" };
        format!("sys_platform {operator} '{name}'")
    };
    let all = |one: &str| one.split(',').map(clause).collect::<Vec<_>>().join(" and ");
    let alternatives = constraint.split('|').filter(|one| !one.trim().is_empty());
    alternatives.map(|one| format!("({})", all(one))).collect::<Vec<_>>().join(" or ")
}

/// The tables of pyproject.toml that Poetry reads.
pub(super) struct Tables<'a> {
    pyproject: &'a toml::Table,
    poetry: Option<&'a toml::Table>,
}

impl<'a> Tables<'a> {
    pub(super) fn of(pyproject: &'a toml::Table) -> Self {
        let poetry = pyproject.get("tool").and_then(|tool| tool.get("poetry")?.as_table());
        Self { pyproject, poetry }
    }

    fn poetry(&self, key: &str) -> Option<&'a toml::Table> {
        self.poetry?.get(key)?.as_table()
    }

    /// Names of the packages of each extra in Poetry's own table.
    fn poetry_extras(&self) -> BTreeMap<String, Vec<String>> {
        self.poetry("extras")
            .and_then(|extras| toml::Value::Table(extras.clone()).try_into().ok())
            .unwrap_or_default()
    }

    pub(super) fn extras(&self) -> BTreeSet<String> {
        let declared = declared::extras(self.pyproject);
        self.poetry_extras().into_keys().map(|name| normalize(&name)).chain(declared).collect()
    }

    pub(super) fn groups(&self) -> BTreeSet<String> {
        let groups = self.poetry("group").into_iter().flat_map(toml::Table::keys);
        let old = self.poetry("dev-dependencies").map(|_| "dev".to_owned());
        let own = groups.map(|name| normalize(name)).chain(old);
        own.chain(declared::groups(self.pyproject)).filter(|name| name != MAIN).collect()
    }

    /// The requirements of the project, of these extras and these groups.
    pub(super) fn roots(
        &self,
        extras: &BTreeSet<String>,
        groups: &BTreeSet<String>,
    ) -> Result<Vec<Need>, String> {
        let of_extras: BTreeMap<String, Vec<String>> = self
            .poetry_extras()
            .into_iter()
            .filter(|(name, _)| extras.contains(&normalize(name)))
            .collect();
        let mut roots = declared::roots(self.pyproject, extras, groups)?;
        if roots.is_empty() {
            for need in needs_of(self.poetry("dependencies"), &of_extras)? {
                // The extra is wanted, or the requirement would not be here.
                roots.push(Need { marker: need.marker.simplify_extras_with(|_| true), ..need });
            }
        }
        let mut open: Vec<String> = groups.iter().cloned().collect();
        let mut seen = BTreeSet::new();
        while let Some(group) = open.pop() {
            if !seen.insert(group.clone()) {
                continue;
            }
            if group == "dev" {
                roots.extend(needs_of(self.poetry("dev-dependencies"), &of_extras)?);
            }
            let tables = self.poetry("group").into_iter().flatten();
            for (_, table) in tables.filter(|(name, _)| normalize(name) == group) {
                let dependencies = table.get("dependencies").and_then(toml::Value::as_table);
                roots.extend(needs_of(dependencies, &of_extras)?);
                let included = table.get("include-groups").and_then(toml::Value::as_array);
                let names = included.into_iter().flatten().filter_map(toml::Value::as_str);
                open.extend(names.map(normalize));
            }
        }
        Ok(roots)
    }
}

/// The requirements in a table of Poetry's.
fn needs_of(
    dependencies: Option<&toml::Table>,
    extras: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<Need>, String> {
    let mut all = Vec::new();
    for (name, value) in dependencies.into_iter().flatten() {
        if name.eq_ignore_ascii_case("python") {
            continue;
        }
        let constraints: Constraints = value
            .clone()
            .try_into()
            .map_err(|error: toml::de::Error| format!("{name}: {}", error.message()))?;
        all.extend(needs(name, &constraints, extras)?);
    }
    Ok(all)
}
