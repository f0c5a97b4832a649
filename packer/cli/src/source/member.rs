//! A member of a workspace, as messages list it.

use std::fmt;
use std::path::PathBuf;

/// A project of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its directory.
    pub directory: PathBuf,
    /// The name, as written; that of the directory if no file has it.
    pub name: String,
    /// Whether it has commands.
    pub has_commands: bool,
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let commands = if self.has_commands { " (has commands)" } else { "" };
        write!(f, "{}{commands}", self.name)
    }
}
