//! The keys of `[tool.snakecrate.proof]`.

use super::flags::Switch as _;
use super::heading;
use super::lists::OneOrMany;
use super::values::{Assignment, CommandLine, as_table, assignment, assignments, command_lines};

/// How to prove an archive: by starting it before the build succeeds.
#[derive(Debug, Clone, PartialEq, confique::Config)]
#[config(layer_attr(derive(Debug, Clone, PartialEq, clap::Args, schemars::JsonSchema)))]
#[config(layer_attr(derive(serde::Serialize)))]
#[config(layer_attr(serde(rename_all = "kebab-case", deny_unknown_fields)))]
#[config(layer_attr(schemars(inline)))]
pub struct Proof {
    /// Do not prove the archive: nothing in it is executed
    #[config(default = true)]
    #[config(layer_attr(arg(id = "proof.run", long = "no-proof", switch = "false")))]
    #[config(layer_attr(arg(help_heading = heading::PROOF)))]
    pub run: bool,

    /// Command that has to succeed, too: an entry and its arguments, such as 'app --version'
    #[config(default = [], deserialize_with = command_lines)]
    #[config(layer_attr(arg(id = "proof.commands", long = "proof-command")))]
    #[config(layer_attr(arg(value_name = "COMMAND")))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    #[config(layer_attr(arg(help_heading = heading::PROOF)))]
    pub commands: Vec<CommandLine>,

    /// Variable of the environment in which the archive is proven, which has nothing of yours otherwise
    #[config(default = {}, deserialize_with = assignments)]
    #[config(layer_attr(arg(id = "proof.env", long = "proof-env", value_name = "NAME=VALUE")))]
    #[config(layer_attr(arg(value_parser = assignment)))]
    #[config(layer_attr(serde(serialize_with = "as_table")))]
    #[config(layer_attr(schemars(with = "std::collections::BTreeMap<String, String>")))]
    #[config(layer_attr(arg(help_heading = heading::PROOF)))]
    pub env: Vec<Assignment>,

    /// Seconds after which the proof fails; each command has as many
    #[config(default = 120, validate(*timeout > 0, "`proof.timeout` is a number of seconds"))]
    #[config(layer_attr(arg(
        id = "proof.timeout",
        long = "proof-timeout",
        value_name = "SECONDS"
    )))]
    #[config(layer_attr(arg(value_parser = clap::value_parser!(u64).range(1..))))]
    #[config(layer_attr(schemars(range(min = 1))))]
    #[config(layer_attr(arg(help_heading = heading::PROOF)))]
    pub timeout: u64,
}

/// The options of the proof that one layer sets.
pub type ProofOptions = <Proof as confique::Config>::Layer;
