//! What the user chose for a build: the source and the options.

use std::path::Path;

use serde_json::{Map, Value};
use snakecrate_base::redact::redacted;

use crate::resolve;
use crate::settings::{Layer, Origin, in_force};
use crate::source::Source;

use super::Error;

/// Options that say where results go, and change none.
const RESULTS: [&str; 3] = ["output", "report", "provenance"];
/// An option whose values are for the proof alone, and may be secret.
const SECRET: &str = "proof.env";

/// What the user chose for a build.
#[derive(Debug, Clone)]
pub struct Parameters {
    pub(super) values: Map<String, Value>,
    /// The version of the uv that resolves.
    pub(super) uv: Option<String>,
}

impl Parameters {
    /// The options of `layers` that aren't defaults, and `source`.
    ///
    /// # Errors
    ///
    /// [`Error::Option`]
    pub fn new(source: &Source, artifact: Option<&str>, layers: &[Layer]) -> Result<Self, Error> {
        let directory = source.directory_of_files().and_then(|path| std::path::absolute(path).ok());
        let directory = directory.as_deref();
        let mut options = Map::new();
        for option in in_force(layers, &[]).map_err(Error::Option)? {
            let is_meant = option.origin != Origin::Default && !RESULTS.contains(&&*option.key);
            if let Some(value) = option.value.filter(|_| is_meant) {
                let value =
                    if option.key == SECRET { names(value) } else { relative(value, directory) };
                options.insert(option.key, value);
            }
        }
        let mut values = Map::new();
        let name = match source {
            Source::Requirement { .. } => Some(redacted(&source.to_string()).into_owned()),
            _ => source.name(),
        };
        let mut about = Map::from_iter([("kind".into(), source.kind().into())]);
        about.extend(name.map(|name| ("name".into(), name.into())));
        values.insert("source".into(), about.into());
        values.extend(artifact.map(|name| ("artifact".into(), name.into())));
        values.insert("options".into(), options.into());
        Ok(Self { values, uv: resolve::uv_version() })
    }
}

/// Variables without their values.
fn names(value: Value) -> Value {
    match value {
        Value::Object(variables) => {
            variables.into_iter().map(|(name, _)| name).collect::<Vec<_>>().into()
        }
        Value::Array(values) => values.into_iter().map(names).collect::<Vec<_>>().into(),
        Value::String(text) => text.split('=').next().unwrap_or_default().into(),
        _ => Value::Null,
    }
}

/// Paths below `directory` as paths in it: where the project lies changes nothing.
fn relative(value: Value, directory: Option<&Path>) -> Value {
    match (value, directory) {
        (Value::String(text), Some(directory)) => match Path::new(&text).strip_prefix(directory) {
            Ok(below) if text.starts_with('/') => below.display().to_string().into(),
            _ => text.into(),
        },
        (Value::Array(values), _) => {
            values.into_iter().map(|value| relative(value, directory)).collect::<Vec<_>>().into()
        }
        (value, _) => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_of_the_proofs_variables_are_left_out() {
        assert_eq!(names(json!({ "TOKEN": "s3cret" })), json!(["TOKEN"]));
        assert_eq!(names(json!(["TOKEN=s3cret=x"])), json!(["TOKEN"]));
    }

    #[test]
    fn paths_are_relative_to_the_project() {
        let directory = Some(Path::new("/home/ada/shop"));
        let values = json!(["/home/ada/shop/a/b", "/home/ada/shopping", "https://h/x", "x"]);
        let expected = json!(["a/b", "/home/ada/shopping", "https://h/x", "x"]);
        assert_eq!(relative(values, directory), expected);
    }
}
