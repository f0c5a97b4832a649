//! `content-hash`: the digest of the parts of pyproject.toml that Poetry resolves.

use std::str::FromStr as _;

use pep440_rs::Version;

use crate::lock::python_json::Json;
use crate::lock::wanted::{LockFile, Wanted};

/// Keys of `[tool.poetry]` that count as null where they are absent and nothing else is declared.
const LEGACY: [&str; 4] = ["dependencies", "source", "extras", "dev-dependencies"];
const PROJECT: [&str; 3] = ["requires-python", "dependencies", "optional-dependencies"];
/// The first Poetry whose digest covers `[dependency-groups]`.
const WITH_GROUPS: [u64; 2] = [2, 3];

/// Why the lock does not fit pyproject.toml, by its digest.
pub(super) fn outdated(file: &LockFile, wanted: &Wanted, hash: Option<&str>) -> Option<String> {
    let hash = hash?;
    wanted.directory?;
    let fits = |groups| digest(wanted, groups).is_none_or(|digest| digest == hash);
    let fresh = fits(true) || (is_before_groups(&file.text) && fits(false));
    (!fresh).then(|| "its content-hash is not that of pyproject.toml".into())
}

/// Whether the comment in the first line names an old Poetry.
fn is_before_groups(text: &str) -> bool {
    let mut words = text.lines().next().unwrap_or_default().split_whitespace();
    let version = words.find(|word| *word == "Poetry").and_then(|_| words.next());
    version
        .and_then(|version| Version::from_str(version).ok())
        .is_some_and(|version| version < Version::new(WITH_GROUPS))
}

/// The digest, unless it cannot be computed.
fn digest(wanted: &Wanted, with_groups: bool) -> Option<String> {
    let get = |table: Option<&toml::Value>, key: &str| table?.get(key).map(Json::of);
    let project = wanted.at(&["project"]);
    let poetry = wanted.at(&["tool", "poetry"]);
    let mut of_project = Vec::new();
    for key in PROJECT {
        if let Some(value) = get(project, key) {
            of_project.push((key, value?));
        }
    }
    let groups = wanted
        .at(&["dependency-groups"])
        .filter(|groups| with_groups && groups.as_table().is_some_and(|groups| !groups.is_empty()));
    let declared = !of_project.is_empty() || groups.is_some();
    let mut of_poetry = Vec::new();
    for key in LEGACY.into_iter().chain(["group"]) {
        match get(poetry, key) {
            Some(value) => of_poetry.push((key, value?)),
            None if LEGACY.contains(&key) && !declared => of_poetry.push((key, Json::Null)),
            None => {}
        }
    }
    let of_poetry = Json::table(of_poetry);
    if !declared {
        return Some(of_poetry.sha256());
    }
    let mut all = vec![("tool", Json::table([("poetry", of_poetry)]))];
    if !of_project.is_empty() {
        all.push(("project", Json::table(of_project)));
    }
    if let Some(groups) = groups {
        all.push(("dependency-groups", Json::of(groups)?));
    }
    Some(Json::table(all).sha256())
}
