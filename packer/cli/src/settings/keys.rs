//! The names of keys, and the nearest one to a name that is none.

use confique::Config as _;
use confique::meta::{FieldKind, Meta};
use strsim::damerau_levenshtein;

use super::declaration::{ALIASES, Settings};
use super::documents::Description;

/// A key that no option has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    /// The names of the tables that it is in, below `[tool.snakecrate]`, and its own.
    pub(super) path: Vec<String>,
    /// What the user may have meant, in the form of a key.
    pub(super) nearest: Option<String>,
}

/// The first key of `table` that no option has.
pub(super) fn unknown(table: &toml::Table) -> Option<Unknown> {
    unknown_in(table, &Settings::META, &[])
}

fn unknown_in(table: &toml::Table, meta: &'static Meta, above: &[String]) -> Option<Unknown> {
    table.iter().find_map(|(name, value)| {
        let path = [above, std::slice::from_ref(name)].concat();
        let field = meta.fields.iter().find(|field| key_of(field.name) == *name);
        match (field.map(|field| &field.kind), value.as_table()) {
            (Some(FieldKind::Nested { meta }), Some(inner)) => unknown_in(inner, meta, &path),
            (Some(_), _) => None,
            (None, _) if above.is_empty() && ALIASES.iter().any(|(alias, _)| alias == name) => None,
            (None, _) => Some(Unknown { nearest: nearest(name, meta, above), path }),
        }
    })
}

/// Fields are keys with other separators.
fn key_of(field: &str) -> String {
    field.replace('_', "-")
}

/// A name like `unknown` in the table with the keys of `meta`; else what the flag of this name, or a key
/// of this name in another table, is called.
fn nearest(unknown: &str, meta: &Meta, above: &[String]) -> Option<String> {
    let name = key_of(&unknown.to_lowercase());
    let fields = meta.fields.iter().map(|field| key_of(field.name));
    let aliases = ALIASES.iter().filter(|_| above.is_empty()).map(|(alias, _)| alias.to_string());
    // Equally near ones are rare; the longer common beginning decides.
    let rank = |key: &String| (distance(&name, key), usize::MAX - common_start(&name, key));
    let nearest = fields.chain(aliases).min_by_key(rank);
    let is_near = |key: &String| {
        let limit = name.chars().count().max(3) / 3;
        distance(&name, key) <= limit || name.len() >= 3 && key.starts_with(&name)
    };
    let of_flag = || Description::all().into_iter().find(|option| option.is_called(&name));
    if let Some(nearest) = nearest.filter(is_near) {
        return Some([above, &[nearest]].concat().join("."));
    }
    of_flag().map(|option| option.assignment())
}

fn distance(a: &str, b: &str) -> usize {
    damerau_levenshtein(a, b)
}

fn common_start(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}
