//! Every key of the JSON schema, in every table: what the schema allows is read, what it forbids is
//! refused, and a misspelt key is answered with the right one. The keys come from the schema, so that a
//! new one is covered without a change here.

use std::collections::BTreeSet;

use jsonschema::Validator;
use pretty_assertions::assert_eq;
use serde_json::json;

use super::super::documents::{self, Description};
use super::super::file::Error;
use super::super::{Document, FileOptions, Options, file};
use super::Path;

/// The name of an artifact, which has a table of its own.
const ARTIFACT: [&str; 2] = ["artifact", "web"];

/// The tables of services, which are no options.
const SERVICE: &str = "service";

/// A key, behind the names of its tables.
type Key = Vec<String>;

/// All keys below `above`. `schema` is that of the table.
fn keys_in(schema: &serde_json::Value, above: &[&str]) -> Vec<Key> {
    let mut keys = Vec::new();
    for (name, property) in schema["properties"].as_object().unwrap() {
        let path: Vec<&str> = above.iter().copied().chain([name.as_str()]).collect();
        if property["properties"].is_object() {
            keys.extend(keys_in(property, &path));
        } else if name == SERVICE {
            // Tables of another kind, which have tests of their own.
        } else if name != ARTIFACT[0] {
            keys.push(path.iter().map(|name| (*name).to_owned()).collect());
        } else {
            assert_eq!(property["additionalProperties"], json!({ "$ref": "#" }));
        }
    }
    keys
}

/// All keys: those of the project, and of an artifact.
fn keys() -> Vec<Key> {
    let schema = documents::schema();
    let (common, of_artifact) = (keys_in(&schema, &[]), keys_in(&schema, &ARTIFACT));
    assert_eq!(common.len(), of_artifact.len());
    [common, of_artifact].concat()
}

/// Values of every type, some of which each key allows.
fn values() -> Vec<toml::Value> {
    let words = documents::schema().to_string();
    let enumerated = regex::Regex::new(r#""enum":\[([^\]]*)\]"#).unwrap();
    let lists = enumerated.captures_iter(&words).map(|found| format!("[{}]", &found[1]));
    let enumerated = lists.flat_map(|list| serde_json::from_str::<Vec<String>>(&list).unwrap());
    let words: BTreeSet<_> =
        enumerated.chain(["x", "2.28", "text/csv"].map(str::to_owned)).collect();
    let words = words.into_iter().flat_map(|word| {
        [format!("'{word}'"), format!("['{word}']"), format!("['{word}', '{word}']")]
    });
    let others = [
        "true",
        "false",
        "-1",
        "0",
        "1",
        "2",
        "3",
        "22",
        "23",
        "1.5",
        "1979-05-27",
        "[]",
        "[1]",
        "[['x']]",
        "[{ A = 'x' }]",
        "{}",
        "{ A = 'x' }",
        "{ A = 'x', B = '' }",
        "{ A = 1 }",
        "{ A = ['x'] }",
    ];
    let texts = words.chain(others.map(str::to_owned));
    texts.map(|text| format!("v = {text}").parse::<toml::Table>().unwrap()["v"].clone()).collect()
}

/// A pyproject.toml that gives `value` to `key`.
fn forged(key: &[String], value: &toml::Value) -> String {
    let nested = key.iter().rev().fold(value.clone(), |value, name| {
        toml::Value::Table([(name.clone(), value)].into_iter().collect())
    });
    let above = [("tool", "snakecrate")].map(|(tool, own)| {
        let own = toml::Table::from_iter([(own.to_owned(), nested.clone())]);
        (tool.to_owned(), toml::Value::Table(own))
    });
    toml::Table::from_iter(above).to_string()
}

fn read(text: &str) -> Result<FileOptions, Error> {
    let table: toml::Table = text.parse().unwrap();
    let document = Document::new(Path::new("/p/pyproject.toml"), text.to_owned(), 0);
    file::read(document, table["tool"].as_table().unwrap())
}

/// Whether the schema allows what is in `[tool.snakecrate]`. TOML's dates aren't JSON.
fn allows(validator: &Validator, text: &str) -> Option<bool> {
    let table: toml::Table = text.parse().unwrap();
    let json = serde_json::to_value(&table["tool"]["snakecrate"]).unwrap();
    (!json.to_string().contains("datetime")).then(|| validator.is_valid(&json))
}

fn validator() -> Validator {
    jsonschema::draft202012::new(&documents::schema()).unwrap()
}

/// The options of the table that the key is in.
fn options_of(file: FileOptions, key: &[String]) -> Options {
    let is_artifact = key[0] == ARTIFACT[0];
    if is_artifact { file.artifacts[ARTIFACT[1]].clone() } else { file.common }
}

#[test]
fn a_key_has_the_values_that_the_schema_allows() {
    let (validator, values) = (validator(), values());
    for key in keys() {
        let dotted = key.join(".");
        let (mut accepted, mut refused) = (0, 0);
        for value in &values {
            let text = forged(&key, value);
            let read = read(&text);
            if let Some(allowed) = allows(&validator, &text) {
                let why = read.as_ref().err().map(ToString::to_string);
                assert_eq!(why.is_none(), allowed, "{dotted} = {value}: {why:?}");
            }
            match read {
                Ok(file) => {
                    accepted += 1;
                    assert_ne!(options_of(file, &key), confique::Layer::empty());
                }
                Err(error) => {
                    refused += 1;
                    let message = error.to_string();
                    let names_key = message.contains(&format!("`{dotted}` in [tool.snakecrate]: "))
                        || message.contains(&format!("`{dotted}.A` in [tool.snakecrate]: "));
                    let is_located = message.starts_with("/p/pyproject.toml: line ");
                    assert!(names_key && is_located && !message.contains('\n'), "{message}");
                }
            }
        }
        assert!(accepted > 0 && refused > 0, "{dotted}: {accepted} accepted, {refused} refused");
    }
}

/// Mistakes with a name: a letter twice, one too few, two swapped, other separators.
fn misspellings(name: &str) -> Vec<String> {
    let mut all = Vec::new();
    for at in 0..name.len() {
        let (start, rest) = name.split_at(at);
        all.push(format!("{start}{}{rest}", &rest[..1]));
        all.push(format!("{start}{}", &rest[1..]));
        if rest.len() > 1 {
            all.push(format!("{start}{}{}{}", &rest[1..2], &rest[..1], &rest[2..]));
        }
    }
    all.extend([name.replace('-', "_"), name.to_uppercase()]);
    all
}

#[test]
fn a_misspelt_key_is_answered_with_the_nearest() {
    let all: BTreeSet<Key> = keys().into_iter().collect();
    let is_table = |path: &[String]| all.iter().any(|key| key.starts_with(path));
    let (mut count, mut others) = (0, 0);
    for key in &all {
        let (name, tables) = key.split_last().unwrap();
        for wrong in misspellings(name) {
            let path = [tables, std::slice::from_ref(&wrong)].concat();
            if wrong.is_empty() || all.contains(&path) || is_table(&path) {
                continue;
            }
            let text = forged(&path, &"x".into());
            let error = read(&text).unwrap_err();
            let table = [&["tool".into(), "snakecrate".into()], tables].concat().join(".");
            let message = error.to_string();
            assert!(
                message.starts_with("/p/pyproject.toml: line ")
                    && message.ends_with(&format!(": unknown key `{wrong}` in [{table}]")),
                "{message}"
            );
            let Error::Unknown { nearest, .. } = error else { panic!("{message}") };
            let own = key.iter().skip(if key[0] == ARTIFACT[0] { 2 } else { 0 });
            let own = own.cloned().collect::<Vec<_>>().join(".");
            let nearest = nearest.unwrap_or_default();
            // `nset` is as near to `set` as to `unset`.
            let distance = |key: &str| {
                let last = key.rsplit('.').next().unwrap();
                strsim::damerau_levenshtein(&wrong.to_lowercase().replace('_', "-"), last)
            };
            assert!(distance(&nearest) <= distance(&own), "{message}: {nearest}, not {own}");
            others += usize::from(nearest != own);
            count += 1;
        }
    }
    assert!(count > 1000 && others < 10, "{count} misspellings, {others} of another key");
}

#[test]
fn the_schema_has_every_option_in_its_table() {
    let options: BTreeSet<String> = Description::all()
        .iter()
        .flat_map(|option| option.names().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let of_schema = keys_in(&documents::schema(), &[]).into_iter().map(|key| key.join("."));
    assert_eq!(of_schema.collect::<BTreeSet<_>>(), options);
}

/// `snakecrate config --json` shows values that a file can have.
#[test]
fn shown_values_are_read_as_the_same_options() {
    let (validator, values) = (validator(), values());
    for key in keys().into_iter().filter(|key| key[0] != ARTIFACT[0]) {
        for value in &values {
            let Ok(file) = read(&forged(&key, value)) else { continue };
            let mut shown = serde_json::to_value(&file.common).unwrap();
            without_nulls(&mut shown);
            assert!(validator.is_valid(&shown), "{shown}");
            let table = toml::Table::try_from(json!({ "tool": { "snakecrate": shown } })).unwrap();
            assert_eq!(read(&table.to_string()).unwrap().common, file.common);
        }
    }
}

fn without_nulls(value: &mut serde_json::Value) {
    if let Some(table) = value.as_object_mut() {
        table.retain(|_, value| !value.is_null());
        table.values_mut().for_each(without_nulls);
    }
}

#[test]
fn what_another_option_is_called_is_answered_with_its_key() {
    for (text, nearest) in [
        ("no-lock = true", Some("use-lock = false")),
        ("no-proof = true", Some("proof.run = false")),
        ("timeout = 3", Some("proof.timeout")),
        ("proof-timeout = 3", Some("proof.timeout")),
        ("constraint = 'x'", Some("constraints")),
        ("max_glibc = '2.28'", Some("max-glibc")),
        ("proof = { time = 3 }", Some("proof.timeout")),
        ("release = 2", Some("packaging.release")),
        ("turbo = true", None),
        ("env = { a = 1 }", None),
    ] {
        let error = read(&format!("[tool.snakecrate]\n{text}\n")).unwrap_err();
        let Error::Unknown { nearest: found, .. } = error else { panic!("{error}") };
        assert_eq!(found.as_deref(), nearest, "{text}");
    }
}

/// The keys of a service: those that the schema allows are read, and no others.
#[test]
fn a_service_has_the_values_that_the_schema_allows() {
    let (validator, values) = (validator(), values());
    let schema = documents::schema();
    let service = &schema["properties"][SERVICE]["additionalProperties"];
    let keys: Vec<&String> = service["properties"].as_object().unwrap().keys().collect();
    let wanted = ["args", "description", "entry", "environment", "restart", "timer", "user"];
    assert_eq!(keys, [&wanted[..], &["wanted-by"]].concat());
    for key in keys.into_iter().map(String::as_str).chain(["absent"]) {
        let (mut accepted, mut refused) = (0, 0);
        for value in &values {
            let key = [SERVICE, "web", key].map(str::to_owned);
            let text = forged(&key, value);
            let read = read(&text);
            if let Some(allowed) = allows(&validator, &text) {
                let why = read.as_ref().err().map(ToString::to_string);
                assert_eq!(why.is_none(), allowed, "{key:?} = {value}: {why:?}");
            }
            if let Err(error) = read {
                refused += 1;
                let message = error.to_string();
                let is_located = message.starts_with("/p/pyproject.toml: line ");
                assert!(is_located && message.contains("`service.web."), "{message}");
            } else {
                accepted += 1;
            }
        }
        assert_eq!(accepted > 0, key != "absent", "{key}");
        assert!(refused > 0, "{key}");
    }
}
