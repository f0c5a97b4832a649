//! `content_hash`: the digest of the parts of pyproject.toml that PDM resolves.

use std::collections::BTreeMap;

use crate::lock::python_json::Json;
use crate::lock::wanted::Wanted;
use crate::wheel::normalize;

/// Why the lock does not fit pyproject.toml, by its digest. The tables that PDM digests changed with
/// version 2.17 or so, and the file does not say which version made it.
pub(super) fn outdated(wanted: &Wanted, hash: Option<&str>) -> Option<String> {
    let hash = hash?.strip_prefix("sha256:")?;
    wanted.directory?;
    // PDM would convert Poetry's or flit's tables first.
    wanted.at(&["project"])?;
    let digests = [digest(wanted, true)?, digest(wanted, false)?];
    (!digests.iter().any(|digest| digest == hash))
        .then(|| "its content_hash is not that of pyproject.toml".into())
}

/// The digest of the new or the old form, unless it cannot be computed.
fn digest(wanted: &Wanted, new: bool) -> Option<String> {
    let get = |keys: &[&str], default: Json| wanted.at(keys).map_or(Some(default), Json::of);
    let none = || Json::Table(BTreeMap::new());
    let list = || Json::List(Vec::new());
    let resolution = ["tool", "pdm", "resolution"];
    let dev = ["tool", "pdm", "dev-dependencies"];
    let (dev, resolution) = if new {
        (("dev-dependencies", merged_groups(wanted)?), ("resolution", get(&resolution, none())?))
    } else {
        let overrides = get(&["tool", "pdm", "resolution", "overrides"], none())?;
        (("dev-dependencies", get(&dev, none())?), ("overrides", overrides))
    };
    let document = Json::table([
        ("sources", get(&["tool", "pdm", "source"], list())?),
        ("dependencies", get(&["project", "dependencies"], list())?),
        ("optional-dependencies", get(&["project", "optional-dependencies"], none())?),
        ("requires-python", get(&["project", "requires-python"], Json::Text(String::new()))?),
        dev,
        resolution,
    ]);
    Some(document.sha256())
}

/// The standard groups and PDM's own, by normalised name.
fn merged_groups(wanted: &Wanted) -> Option<Json> {
    let mut groups: BTreeMap<String, Json> = BTreeMap::new();
    for keys in [&["dependency-groups"][..], &["tool", "pdm", "dev-dependencies"]] {
        for (name, value) in wanted.at(keys).and_then(toml::Value::as_table).into_iter().flatten() {
            let Json::List(items) = Json::of(value)? else { return None };
            match groups.entry(normalize(name)).or_insert_with(|| Json::List(Vec::new())) {
                Json::List(known) => known.extend(items),
                _ => return None,
            }
        }
    }
    Some(Json::Table(groups))
}
