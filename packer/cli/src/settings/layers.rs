//! Layers of options, and which of them each value is from.

use std::path::PathBuf;
use std::sync::Arc;

use confique::Layer as _;
use serde_json::Value;
use snakecrate_base::redact::redacted;

use super::declaration::{Options, Settings};
use super::document::{Document, TOOL};
use super::documents::Description;

/// Options from one place.
#[derive(Debug, Clone)]
pub struct Layer {
    /// The options that it sets.
    pub options: Options,
    /// The place.
    pub place: Place,
}

/// A place that sets options.
#[derive(Debug, Clone)]
pub enum Place {
    /// Flags, and variables in place of flags.
    Flags,
    /// A table of a file.
    File {
        /// The file.
        document: Arc<Document>,
        /// The artifact whose table it is.
        artifact: Option<String>,
    },
    /// The defaults of the command.
    Command,
}

/// An option, its value and where that is from.
#[derive(Debug, PartialEq)]
pub struct InForce {
    /// The key, behind the names of its tables: `proof.timeout`.
    pub key: String,
    /// The value as the key has it, without the credentials of URLs; none if the option isn't set.
    pub value: Option<Value>,
    /// A default that depends on other things, in words.
    pub default: Option<String>,
    /// Where the value is from.
    pub origin: Origin,
}

/// Where a value is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag: `--level`.
    Flag(String),
    /// An environment variable in place of a flag.
    Variable(String),
    /// A file.
    File {
        /// The file.
        path: PathBuf,
        /// The line of the key, from 1.
        line: Option<usize>,
        /// The table: `tool.snakecrate`, or that of an artifact.
        table: String,
    },
    /// The default.
    Default,
}

impl Layer {
    /// Options of the command line.
    pub fn flags(options: Options) -> Self {
        Self { options, place: Place::Flags }
    }

    /// Options that a command has as defaults.
    pub fn command(options: Options) -> Self {
        Self { options, place: Place::Command }
    }

    /// Options of `document`, or of the table of one of its artifacts.
    pub fn file(options: Options, document: &Arc<Document>, artifact: Option<&str>) -> Self {
        let (document, artifact) = (document.clone(), artifact.map(str::to_owned));
        Self { options, place: Place::File { document, artifact } }
    }
}

impl Settings {
    /// The settings of `layers`, each of which wins over those behind it, and the defaults.
    pub fn of_layers(layers: &[Layer]) -> Self {
        Self::resolve(layers.iter().map(|layer| layer.options.clone()))
    }
}

/// Every option in the order of the declaration. `variables` has the ids of the flags that an
/// environment variable stands for.
///
/// # Errors
///
/// A path isn't UTF-8.
pub fn in_force(layers: &[Layer], variables: &[String]) -> Result<Vec<InForce>, serde_json::Error> {
    let values = |options: &Options| serde_json::to_value(options);
    let each = layers.iter().map(|layer| Ok((values(&layer.options)?, &layer.place)));
    let each = each.collect::<Result<Vec<_>, serde_json::Error>>()?;
    let all = layers.iter().map(|layer| layer.options.clone());
    let all = all.fold(Options::empty(), Options::with_fallback);
    let all = values(&all.with_fallback(Options::default_values()))?;
    let one = |option: Description| {
        let found = each.iter().find(|(values, _)| value_at(values, &option.key).is_some());
        let origin = found.map_or(Origin::Default, |(_, place)| place.origin(&option, variables));
        let value = value_at(&all, &option.key).cloned().map(without_credentials);
        InForce { key: option.key, value, default: option.default, origin }
    };
    Ok(Description::all().into_iter().map(one).collect())
}

impl Place {
    fn origin(&self, option: &Description, variables: &[String]) -> Origin {
        match self {
            Self::Flags => match option.arg.get_env() {
                Some(name) if variables.iter().any(|id| option.arg.get_id() == id) => {
                    Origin::Variable(name.to_string_lossy().into_owned())
                }
                _ => Origin::Flag(format!("--{}", option.arg.get_long().unwrap_or_default())),
            },
            Self::File { document, artifact } => {
                let above: Vec<&str> = match artifact {
                    Some(name) => vec!["artifact", name],
                    None => vec![],
                };
                let line = option.names().find_map(|key| {
                    let path = above.iter().copied().chain(key.split('.')).collect::<Vec<_>>();
                    document.line(&path)
                });
                let table = [&TOOL, &above[..]].concat().join(".");
                Origin::File { path: document.path.clone(), line, table }
            }
            Self::Command => Origin::Default,
        }
    }
}

/// The value of the option with this key, in a layer as JSON.
fn value_at<'v>(values: &'v Value, key: &str) -> Option<&'v Value> {
    key.split('.').try_fold(values, |value, name| value.get(name)).filter(|value| !value.is_null())
}

fn without_credentials(value: Value) -> Value {
    match value {
        Value::String(text) => redacted(&text).into(),
        Value::Array(list) => list.into_iter().map(without_credentials).collect(),
        Value::Object(table) => {
            table.into_iter().map(|(name, value)| (name, without_credentials(value))).collect()
        }
        other => other,
    }
}
