//! The arguments of `swap`.

use std::path::PathBuf;

use clap::{Arg, ArgGroup, Args};
use serde_json::Value;

use crate::settings::{Options, described};

/// The keys of the options of a build that `swap` has, too.
const OPTIONS: [&str; 17] = [
    "output",
    "report",
    "python",
    "python-mirror",
    "debian-mirror",
    "debian-keyring",
    "allow-unmet",
    "offline",
    "level",
    "strip",
    "exclude",
    "keep",
    "libc",
    "runtime-keep",
    "runtime-drop",
    "max-glibc",
    "allow-missing",
];
/// Those that choose files of a new runtime.
const OF_RUNTIME: [&str; 2] = ["runtime-keep", "runtime-drop"];
/// Those that it has together with `--app`.
const OF_APP: [&str; 18] = [
    "entries",
    "default",
    "module",
    "package",
    "extra",
    "all-extras",
    "index-url",
    "find-links",
    "no-binary",
    "only-binary",
    "constraints",
    "overrides",
    "include",
    "fast-start",
    "working-directory",
    "expose-path",
    "first-run",
    "env",
];
/// The table of options of the proof.
const PROOF: &str = "proof";

/// The archive and the new components of `swap`.
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("swapped").args(["python", "wheel", "libc", "app"]).required(true).multiple(true)),
    after_help = "\
Examples:
  snakecrate swap ./app --python 3.11.9 -o ./new          another patch release of its Python
  snakecrate swap ./app --wheel certifi-….whl -o ./new    one distribution
  snakecrate swap ./app --libc bundled -o ./new           another C library
  snakecrate swap ./app --app . -o ./new                  the application, from its source

All other components stay as they are, byte for byte. `snakecrate diff ./app ./new` shows what changed."
)]
pub struct SwapArgs {
    /// The archive
    pub archive: PathBuf,
    /// Wheel to replace the distribution of its name with, or to add
    #[arg(long, value_name = "FILE")]
    pub wheel: Vec<PathBuf>,
    /// Source of the application to replace the archive's with: what `build` takes, but no requirement
    #[arg(long, value_name = "SOURCE")]
    pub app: Option<String>,
    /// Options of the build.
    #[command(flatten)]
    pub options: Options,
}

impl SwapArgs {
    /// The key of an option that was given and has no meaning here.
    ///
    /// # Errors
    ///
    /// An option isn't UTF-8.
    pub fn meaningless(&self) -> Result<Option<String>, serde_json::Error> {
        let given = serde_json::to_value(&self.options)?;
        let has_meaning = |key: &str| {
            let is_of_runtime = OF_RUNTIME.contains(&key) && self.options.python.is_none();
            (OPTIONS.contains(&key) && !is_of_runtime)
                || key == PROOF
                || (OF_APP.contains(&key) && self.app.is_some())
        };
        let options = given.as_object().into_iter().flatten();
        let mut given = options.filter(|(_, value)| is_given(value)).map(|(key, _)| key);
        Ok(given.find(|key| !has_meaning(key)).cloned())
    }
}

fn is_given(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Object(inner) => inner.values().any(is_given),
        _ => true,
    }
}

/// Hides the options without a meaning.
pub(super) fn describe(arg: Arg) -> Arg {
    let id = arg.get_id().as_str().to_owned();
    let key = id.split('.').next().unwrap_or_default().replace('_', "-");
    let own = ["archive", "wheel", "app", "help"].contains(&&*id);
    let is_known = own || key == PROOF || OPTIONS.contains(&&*key) || OF_APP.contains(&&*key);
    match &*id {
        "output" => arg.required(true).help("File to write"),
        "python" => {
            arg.help("Python to replace the archive's with, of the same minor version: see `build`")
        }
        "libc" => arg.help("C library to replace the archive's with: host (none), bundled or auto"),
        _ => described(arg, None).hide(!is_known),
    }
}
