//! What a proof has to find out about each entry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use snakecrate_format::entry_path::EntryPath;

/// The name of the first-run hook. No entry has it.
pub const HOOK: &str = "";

/// An entry to be proven, or the first-run hook.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The entry's name, or [`HOOK`].
    pub name: String,
    /// How it starts.
    pub check: Check,
}

/// How an entry starts, as far as that can be tried without running the application.
#[derive(Debug, Clone)]
pub enum Check {
    /// A function: the module can be imported, and has it.
    Call {
        /// `black.__main__`.
        module: String,
        /// `patched_main`; dotted if it is an attribute of something.
        attr: String,
    },
    /// A module: it can be found, and compiled. To import its `__main__` would be to run it.
    Module(String),
    /// A Python script: it can be compiled, and the imports that it begins with succeed.
    Script {
        /// The script in the environment.
        path: EntryPath,
        /// Code of these imports, one a line.
        imports: String,
    },
    /// A native executable: its loader finds all libraries.
    Loaded,
    /// A file that no loader loads, such as a static program or a shell script: it is there.
    Executable,
}

/// An entry that cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Withheld {
    /// Its name.
    pub entry: String,
    /// The module that it does not find.
    pub module: String,
}
