//! The keys of `[tool.snakecrate.licenses]`.

use super::heading;
use super::lists::{OneOrMany, one_or_many};

/// Licences that the archive may have: the build fails if it has others.
#[derive(Debug, Clone, PartialEq, confique::Config)]
#[config(layer_attr(derive(Debug, Clone, PartialEq, clap::Args, schemars::JsonSchema)))]
#[config(layer_attr(derive(serde::Serialize)))]
#[config(layer_attr(serde(rename_all = "kebab-case", deny_unknown_fields)))]
#[config(layer_attr(schemars(inline)))]
pub struct Licenses {
    /// Licence that nothing in the archive may have, an SPDX expression such as AGPL-3.0-or-later
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(id = "licenses.deny", long = "deny-license", value_name = "SPDX")))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    #[config(layer_attr(arg(help_heading = heading::LIMITS)))]
    pub deny: Vec<String>,

    /// Licence that is allowed, an SPDX expression; with it, everything needs one that is allowed
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(
        id = "licenses.allow",
        long = "allow-license",
        value_name = "SPDX"
    )))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    #[config(layer_attr(arg(help_heading = heading::LIMITS)))]
    pub allow: Vec<String>,
}

/// The options of licences that one layer sets.
pub type LicensesOptions = <Licenses as confique::Config>::Layer;
