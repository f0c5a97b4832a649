//! The keys of `[tool.snakecrate.env]`.

use snakecrate_format::manifest::Template;

use super::heading;
use super::lists::{OneOrMany, one_or_many};
use super::values::{Assignment, as_table, assignment, assignments};
use serde::{Deserialize as _, Deserializer, de};

/// The environment of the application. Values may have placeholders: {archive}, {directory} (the one
/// that the archive is in), {cache} and {home}; `{{` and `}}` are braces.
#[derive(Debug, Clone, PartialEq, confique::Config)]
#[config(layer_attr(derive(Debug, Clone, PartialEq, clap::Args, schemars::JsonSchema)))]
#[config(layer_attr(derive(serde::Serialize)))]
#[config(layer_attr(serde(rename_all = "kebab-case", deny_unknown_fields)))]
#[config(layer_attr(schemars(inline)))]
pub struct Env {
    /// Variable that the application gets, with {archive}, {directory} (of the archive), {cache} or
    /// {home} in its value
    #[config(default = {}, deserialize_with = variables)]
    #[config(layer_attr(arg(id = "env.set", long = "env-set", value_name = "NAME=VALUE")))]
    #[config(layer_attr(arg(value_parser = variable)))]
    #[config(layer_attr(serde(serialize_with = "as_table")))]
    #[config(layer_attr(schemars(with = "std::collections::BTreeMap<String, String>")))]
    #[config(layer_attr(arg(help_heading = heading::START)))]
    pub set: Vec<Assignment>,

    /// Variable that the application gets unless the user has set it
    #[config(default = {}, deserialize_with = variables)]
    #[config(layer_attr(arg(
        id = "env.default",
        long = "env-default",
        value_name = "NAME=VALUE"
    )))]
    #[config(layer_attr(arg(value_parser = variable)))]
    #[config(layer_attr(serde(serialize_with = "as_table")))]
    #[config(layer_attr(schemars(with = "std::collections::BTreeMap<String, String>")))]
    #[config(layer_attr(arg(help_heading = heading::START)))]
    pub default: Vec<Assignment>,

    /// Variable that the application does not get
    #[config(default = [], deserialize_with = names)]
    #[config(layer_attr(arg(id = "env.unset", long = "env-unset", value_name = "NAME")))]
    #[config(layer_attr(arg(value_parser = name)))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    #[config(layer_attr(arg(help_heading = heading::START)))]
    pub unset: Vec<String>,
}

/// The options of the environment that one layer sets.
pub type EnvOptions = <Env as confique::Config>::Layer;

/// Beginnings of names that decide which code is loaded, and that the launcher handles.
const RESERVED: [&str; 3] = ["LD_", "PYTHON", "SNAKECRATE"];

/// Why the environment of an application cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum BadVariable {
    /// Not `NAME=VALUE`.
    #[error(transparent)]
    Assignment(#[from] super::values::BadAssignment),
    /// The variable decides which code is loaded.
    #[error("`{0}` cannot be set: archives handle LD_*, PYTHON* and SNAKECRATE* themselves")]
    Reserved(String),
    /// A placeholder is unknown.
    #[error("`{text}` has {cause}; there are {{archive}}, {{directory}}, {{cache}} and {{home}}")]
    Template {
        /// The value.
        text: String,
        /// The problem with it.
        cause: snakecrate_format::manifest::BadTemplate,
    },
}

/// Reads `NAME=VALUE`.
fn variable(text: &str) -> Result<Assignment, BadVariable> {
    checked(assignment(text)?)
}

fn checked(variable: Assignment) -> Result<Assignment, BadVariable> {
    name(&variable.name)?;
    template(&variable.value)?;
    Ok(variable)
}

/// Reads a name that may be set.
fn name(text: &str) -> Result<String, BadVariable> {
    if RESERVED.iter().any(|start| text.starts_with(start)) {
        return Err(BadVariable::Reserved(text.to_owned()));
    }
    Ok(text.to_owned())
}

/// Checks the placeholders in a text.
pub(super) fn template(text: &str) -> Result<String, BadVariable> {
    match Template::new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(cause) => Err(BadVariable::Template { text: text.to_owned(), cause }),
    }
}

fn variables<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Assignment>, D::Error> {
    let all = assignments(deserializer)?.into_iter();
    all.map(|one| checked(one).map_err(de::Error::custom)).collect()
}

fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let all: Vec<String> = one_or_many(deserializer)?;
    all.iter().map(|text| name(text).map_err(de::Error::custom)).collect()
}

/// Reads a text with placeholders.
pub(super) fn placeholders<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    template(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_decide_which_code_is_loaded_are_refused() {
        for text in ["LD_PRELOAD=x", "PYTHONPATH=x", "SNAKECRATE=run", "A={user}", "A={", "A"] {
            assert!(variable(text).is_err(), "{text}");
        }
        let one = variable("DATA={home}/.shop={{1}}").unwrap();
        assert_eq!((one.name.as_str(), one.value.as_str()), ("DATA", "{home}/.shop={{1}}"));
        assert!(name("PYTHONHOME").is_err() && name("LANG").is_ok());
    }
}
