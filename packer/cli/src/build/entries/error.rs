//! Why entries cannot be offered.

use snakecrate_base::error::Remedy;

/// Why the entries cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The application has no entry.
    #[error("{from} has no entry point")]
    None {
        /// The source.
        from: String,
        /// Flags that would select one.
        choices: Vec<String>,
    },
    /// All entries of the application need an extra that is not packed.
    #[error("the entry points of {from} need extras that are not packed: {}", entries.join(", "))]
    Withheld {
        /// The source.
        from: String,
        /// The names of entries.
        entries: Vec<String>,
        /// The remedy.
        remedy: String,
    },
    /// The named entry does not exist.
    #[error("{from} has no entry point named `{name}`")]
    Unknown {
        /// The source.
        from: String,
        /// The name.
        name: String,
        /// Flags that would select one.
        choices: Vec<String>,
    },
    /// The command of the first-run hook names no program.
    #[error("the first-run hook `{command}` names no script, file or function of {from}")]
    FirstRun {
        /// The source.
        from: String,
        /// The command.
        command: String,
    },
    /// The entry isn't `NAME`, `NAME=MODULE:FUNCTION` or `NAME=COMMAND`.
    #[error("`{0}` isn't a valid entry point")]
    Malformed(String),
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        let list = |choices: &[String], otherwise: &str| {
            if choices.is_empty() {
                otherwise.to_owned()
            } else {
                format!("choose one with {}", choices.join(", "))
            }
        };
        Some(match self {
            Self::None { choices, .. } if choices.is_empty() => {
                "add [project.scripts], or run a module with -m MODULE".into()
            }
            Self::None { choices, .. } => format!(
                "name a function with -e NAME=MODULE:FUNCTION, or choose what it brings along with {}",
                choices.join(", ")
            ),
            Self::Unknown { choices, .. } => list(choices, "run a module with -m MODULE"),
            Self::Withheld { remedy, .. } => remedy.clone(),
            Self::FirstRun { .. } => {
                "use MODULE:FUNCTION, '-m MODULE', the name of a script, or 'python FILE'".into()
            }
            Self::Malformed(_) => {
                "use the name of a script, NAME=MODULE:FUNCTION or NAME='COMMAND ARGUMENTS'".into()
            }
        })
    }
}
