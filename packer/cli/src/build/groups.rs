//! Dependency groups of a project that has no lock file: uv resolves them with the project.

use std::collections::BTreeMap;
use std::path::Path;

use super::Error;
use crate::lock::{self, groups_of};
use crate::resolve::Inputs;
use crate::source::{self, Folder, Source, poetry_requirement};
use crate::wheel::normalize;

/// Adds the groups `wanted` to `inputs`.
pub(super) fn add(source: &Source, wanted: &[String], inputs: &mut Inputs) -> Result<(), Error> {
    if wanted.is_empty() {
        return Ok(());
    }
    let (table, directory) = match source {
        Source::Project { directory, .. } | Source::Folder(Folder { directory, .. }) => {
            (source::pyproject(directory)?, &**directory)
        }
        _ => (toml::Table::new(), Path::new("")),
    };
    let standard = groups_of(&table);
    let older = older(directory, &table);
    for name in wanted.iter().map(|name| normalize(name)) {
        if standard.contains_key(&name) {
            // uv reads them itself, with the sources in [tool.uv].
            inputs.groups.push((directory.join("pyproject.toml"), name));
        } else if let Some(requirements) = older.get(&name) {
            inputs.requirements.extend(requirements.iter().cloned());
        } else {
            let known = standard.into_keys().chain(older.into_keys()).collect();
            return Err(lock::Error::Unknown { kind: "group", name, known }.into());
        }
    }
    Ok(())
}

/// Groups as uv, PDM and Poetry had them before PEP 735.
fn older(directory: &Path, pyproject: &toml::Table) -> BTreeMap<String, Vec<String>> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let Some(tool) = pyproject.get("tool") else { return groups };
    let texts = |value: &toml::Value| -> Vec<String> {
        let items = value.as_array().into_iter().flatten();
        items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    if let Some(list) = tool.get("uv").and_then(|uv| uv.get("dev-dependencies")) {
        groups.entry("dev".into()).or_default().extend(texts(list));
    }
    let pdm = tool.get("pdm").and_then(|pdm| pdm.get("dev-dependencies")?.as_table());
    for (name, list) in pdm.into_iter().flatten() {
        // `-e PATH` names a directory to install in place, which isn't a requirement.
        let texts = texts(list).into_iter().filter(|text| !text.starts_with('-'));
        groups.entry(normalize(name)).or_default().extend(texts);
    }
    let Some(poetry) = tool.get("poetry") else { return groups };
    let named = poetry.get("group").and_then(toml::Value::as_table);
    let tables =
        named.into_iter().flatten().map(|(name, group)| (name.as_str(), group.get("dependencies")));
    for (name, table) in tables.chain([("dev", poetry.get("dev-dependencies"))]) {
        for (package, constraint) in table.and_then(toml::Value::as_table).into_iter().flatten() {
            let requirements = poetry_requirement(directory, package, constraint);
            groups.entry(normalize(name)).or_default().extend(requirements);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_groups_are_read() {
        let text = "[tool.uv]\ndev-dependencies = ['ruff']\n\
                    [tool.pdm.dev-dependencies]\nTest_All = ['pytest>8', '-e file:///x']\n\
                    [tool.poetry.group.docs.dependencies]\nsphinx = '^7.1'\n\
                    furo = {version = '*', extras = ['a'], markers = \"os_name == 'posix'\"}\n";
        let groups = older(Path::new("/p"), &text.parse().unwrap());
        assert_eq!(groups["dev"], ["ruff"]);
        assert_eq!(groups["test-all"], ["pytest>8"]);
        assert_eq!(groups["docs"], ["furo[a] ; (os_name == 'posix')", "sphinx>=7.1,<8"]);
    }
}
