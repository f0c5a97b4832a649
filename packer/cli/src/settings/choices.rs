//! Options with a fixed set of values.

use clap::ValueEnum;
use schemars::Schema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The C library that an archive runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LibcChoice {
    /// The host's where it is glibc and new enough, else the bundled one.
    #[default]
    Auto,
    /// The host's; none is bundled.
    Host,
    /// The bundled one.
    Bundled,
}

/// Where an archive's runtime is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum RuntimeChoice {
    /// In the archive.
    #[default]
    Inside,
    /// In a file of its own.
    External,
}

/// Adds the words of `T` to the schema of its option.
pub(super) fn choices<T: ValueEnum>(schema: &mut Schema) {
    let words = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let words: Vec<Value> = words.map(|word| word.get_name().into()).collect();
    schema.insert("enum".into(), words.into());
}
