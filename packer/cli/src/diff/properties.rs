//! Values of manifests that differ. Every field is compared, also those that later versions add.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use snakecrate_format::manifest::{Entry, Manifest};

use super::{Change, EntryChange, Property};

type Values = BTreeMap<String, Value>;

/// The values outside entries and components that differ.
pub(super) fn properties(old: &Manifest, new: &Manifest) -> Vec<Property> {
    differing(&values(old), &values(new))
}

/// The entries that differ.
pub(super) fn entries(old: &[Entry], new: &[Entry]) -> Vec<EntryChange> {
    let names: BTreeSet<&str> = old.iter().chain(new).map(|entry| &*entry.name).collect();
    let change = |name: &str| {
        let of = |all: &[Entry]| {
            let entry = all.iter().find(|entry| entry.name == name)?;
            let mut values = Values::new();
            flatten(String::new(), &serde_json::to_value(entry).ok()?, &mut values);
            values.remove("name");
            Some(values)
        };
        let (old, new) = (of(old), of(new));
        let change = Change::of(old.as_ref(), new.as_ref());
        let fields = differing(&old.unwrap_or_default(), &new.unwrap_or_default());
        (!fields.is_empty()).then(|| EntryChange { name: name.to_owned(), change, fields })
    };
    names.into_iter().filter_map(change).collect()
}

fn values(manifest: &Manifest) -> Values {
    let mut document = serde_json::to_value(manifest).unwrap_or_default();
    if let Value::Object(fields) = &mut document {
        for compared_elsewhere in ["entries", "components"] {
            fields.remove(compared_elsewhere);
        }
        by_name(fields, "attachments", "name");
        if let Some(Value::Object(c_library)) = fields.get_mut("c_library") {
            by_name(c_library, "needs", "library");
        }
    }
    let mut values = Values::new();
    flatten(String::new(), &document, &mut values);
    values
}

/// Makes the list `field` an object whose keys are the values of `key`.
fn by_name(fields: &mut Map<String, Value>, field: &str, key: &str) {
    let Some(Value::Array(list)) = fields.get(field) else { return };
    let named = list.iter().filter_map(|value| {
        let mut value = value.as_object()?.clone();
        let name = value.remove(key)?.as_str()?.to_owned();
        Some((name, Value::Object(value)))
    });
    let named = Value::Object(named.collect());
    fields.insert(field.to_owned(), named);
}

/// The leaves of `value` by their paths. A list is a leaf.
fn flatten(path: String, value: &Value, values: &mut Values) {
    let Value::Object(fields) = value else {
        values.insert(path, value.clone());
        return;
    };
    for (name, value) in fields {
        let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        flatten(inner, value, values);
    }
}

fn differing(old: &Values, new: &Values) -> Vec<Property> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let property = |name: &String| {
        let (old, new) = (old.get(name), new.get(name));
        (old != new).then(|| Property { name: name.clone(), old: old.cloned(), new: new.cloned() })
    };
    names.into_iter().filter_map(property).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use snakecrate_format::entry_path::EntryPath;
    use snakecrate_format::manifest::Start;

    use super::*;

    fn entry(name: &str, runs: &str) -> Entry {
        Entry::new(name, runs, Start::Python(EntryPath::new("bin/x").unwrap()))
    }

    #[test]
    fn entries_come_go_and_change() {
        let old = [entry("gone", "a:b"), entry("kept", "a:b"), entry("other", "a:b")];
        let new = [entry("kept", "a:b"), entry("new", "a:b"), entry("other", "a:c")];
        let found = entries(&old, &new);
        let names: Vec<_> = found.iter().map(|one| (&*one.name, one.change)).collect();
        let expected =
            [("gone", Change::Removed), ("new", Change::Added), ("other", Change::Changed)];
        assert_eq!(names, expected);
        let runs =
            Property { name: "runs".into(), old: Some(json!("a:b")), new: Some(json!("a:c")) };
        assert_eq!(found[2].fields, [runs]);
    }
}
