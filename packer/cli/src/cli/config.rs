//! The arguments of `config`.

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, FromArgMatches};

use super::BuildArgs;

/// What `config` shows.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// Variables in place of flags. The first field, since the others take what they parse.
    #[command(flatten)]
    pub variables: Variables,
    /// The source and the options of the build.
    #[command(flatten)]
    pub build: BuildArgs,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Print the JSON schema of [tool.snakecrate]
    #[arg(long, conflicts_with = "json")]
    pub schema: bool,
}

/// The ids of the flags that an environment variable stands for.
#[derive(Debug, Default)]
pub struct Variables(pub Vec<String>);

impl FromArgMatches for Variables {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let is_variable =
            |id: &&clap::Id| matches.value_source(id.as_str()) == Some(ValueSource::EnvVariable);
        Ok(Self(matches.ids().filter(is_variable).map(ToString::to_string).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// It has no flags of its own.
impl Args for Variables {
    fn augment_args(command: clap::Command) -> clap::Command {
        command
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        command
    }
}
