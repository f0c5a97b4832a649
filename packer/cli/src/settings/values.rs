//! Values of options that are more than a word: command lines and variables.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::lists::{OneOrMany, one_or_many};

/// A program's name and its arguments, split by the rules of shells. It has at least a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine(Vec<String>);

/// Why a text isn't a command line.
#[derive(Debug, thiserror::Error)]
pub enum NotACommand {
    /// A quotation mark is missing.
    #[error("`{0}` has a quotation mark without its partner")]
    Quotes(String),
    /// There is nothing in it.
    #[error("a command is missing")]
    Empty,
}

impl CommandLine {
    /// The first word.
    pub fn name(&self) -> &str {
        self.0.first().map(String::as_str).unwrap_or_default()
    }

    /// The words behind the first one.
    pub fn arguments(&self) -> &[String] {
        self.0.get(1..).unwrap_or_default()
    }
}

impl FromStr for CommandLine {
    type Err = NotACommand;

    fn from_str(text: &str) -> Result<Self, NotACommand> {
        let words = shell_words::split(text).map_err(|_| NotACommand::Quotes(text.to_owned()))?;
        if words.is_empty() { Err(NotACommand::Empty) } else { Ok(Self(words)) }
    }
}

/// Quoted where a shell would need it.
impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shell_words::join(&self.0))
    }
}

impl Serialize for CommandLine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads command lines, or one in place of a list.
pub(super) fn command_lines<'de, D>(deserializer: D) -> Result<Vec<CommandLine>, D::Error>
where
    D: Deserializer<'de>,
{
    let lines = match OneOrMany::<String>::deserialize(deserializer)? {
        OneOrMany::One(line) => vec![line],
        OneOrMany::Many(lines) => lines,
    };
    lines.iter().map(|line| line.parse().map_err(de::Error::custom)).collect()
}

/// A file or directory to add, and its place in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// The file or directory.
    pub path: PathBuf,
    /// Its place, if the user names one.
    pub to: Option<String>,
}

impl FromStr for Inclusion {
    type Err = std::convert::Infallible;

    /// Reads `PATH` or `PATH=DEST`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (path, to) = match text.rsplit_once('=') {
            Some((path, to)) => (path, Some(to.to_owned())),
            None => (text, None),
        };
        Ok(Self { path: path.into(), to })
    }
}

/// As it is read.
impl Serialize for Inclusion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.to {
            Some(to) => serializer.collect_str(&format_args!("{}={to}", self.path.display())),
            None => self.path.serialize(serializer),
        }
    }
}

/// Reads files to include, or one in place of a list.
pub(super) fn inclusions<'de, D>(deserializer: D) -> Result<Vec<Inclusion>, D::Error>
where
    D: Deserializer<'de>,
{
    let texts = one_or_many::<D, String>(deserializer)?;
    Ok(texts.iter().flat_map(|text| text.parse()).collect())
}

/// A variable of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assignment {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Why a variable cannot be set.
#[derive(Debug, thiserror::Error)]
pub enum BadAssignment {
    /// There is no `=`.
    #[error("`{0}` isn't NAME=VALUE")]
    NoValue(String),
    /// No variable can have this name or value.
    #[error("no variable can be called `{0}`")]
    Name(String),
    /// No variable can have this value.
    #[error("the value of `{0}` contains a NUL character")]
    Value(String),
}

impl Assignment {
    fn new(name: String, value: String) -> Result<Self, BadAssignment> {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(BadAssignment::Name(name));
        }
        if value.contains('\0') {
            Err(BadAssignment::Value(name))
        } else {
            Ok(Self { name, value })
        }
    }
}

/// Reads `NAME=VALUE`.
pub(super) fn assignment(text: &str) -> Result<Assignment, BadAssignment> {
    let parts = text.split_once('=').ok_or_else(|| BadAssignment::NoValue(text.to_owned()))?;
    Assignment::new(parts.0.to_owned(), parts.1.to_owned())
}

/// Reads a table of names and values.
pub(super) fn assignments<'de, D>(deserializer: D) -> Result<Vec<Assignment>, D::Error>
where
    D: Deserializer<'de>,
{
    let table = BTreeMap::<String, String>::deserialize(deserializer)?;
    let parsed = |(name, value)| Assignment::new(name, value).map_err(de::Error::custom);
    table.into_iter().map(parsed).collect()
}

/// Writes variables as the table that they are read from.
#[allow(clippy::ref_option, reason = "serde passes the field")]
pub(super) fn as_table<S: Serializer>(
    variables: &Option<Vec<Assignment>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let pairs = |all: &Vec<Assignment>| -> BTreeMap<String, String> {
        all.iter().map(|one| (one.name.clone(), one.value.clone())).collect()
    };
    variables.as_ref().map(pairs).serialize(serializer)
}

/// Writes values as the texts that they are read from.
#[allow(clippy::ref_option, reason = "serde passes the field")]
pub(super) fn as_texts<T: fmt::Display, S: Serializer>(
    values: &Option<Vec<T>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let texts = |all: &Vec<T>| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    values.as_ref().map(texts).serialize(serializer)
}
