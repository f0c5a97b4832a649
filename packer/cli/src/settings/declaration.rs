//! The declaration of every build option.
//!
//! One field is one option. Its doc comment is the help text, the description in the JSON schema
//! and the row in docs/reference/options.md. `[default: …]` at its end describes a default that depends on other
//! things; a default that does not is the field's `default`.
//!
//! A nested table is a struct of its own with the same derives. The id of each of its flags is its
//! key with the table's name, `proof.run`, so that names in several tables do not collide.

use std::path::PathBuf;

use confique::Layer as _;

use super::budget::{Budget, BudgetOptions};
use super::choices::{LibcChoice, RuntimeChoice, choices};
use super::desktop::{Desktop, DesktopOptions};
use super::environment::{Env, EnvOptions, placeholders, template};
use super::flags::Switch as _;
use super::heading::{
    CONTENTS, ENTRIES, INDEXES, NATIVE, OUTPUT, PYTHON, REQUIREMENTS, SOURCE, START,
};
use super::licenses::{Licenses, LicensesOptions};
use super::lists::{Entries, OneOrMany, entries, one_or_many};
use super::packaging::{Packaging, PackagingOptions};
use super::proof::{Proof, ProofOptions};
use super::publisher::{PublisherName, published, publisher, publisher_text, publishers};
use super::targets::{PythonChoice, TargetName, pythons, target, targets};
use super::values::{Assignment, Inclusion, as_table, as_texts, inclusions};
use snakecrate_audit::Glibc;
use snakecrate_format::manifest::MAX_KEEP_DAYS;
use snakecrate_format::target::Target;
use snakecrate_runtime::Strip;

/// How to build an archive: flags over `[tool.snakecrate]` over defaults.
#[derive(Debug, Clone, PartialEq, confique::Config)]
#[config(layer_attr(derive(Debug, Clone, PartialEq, clap::Args, schemars::JsonSchema)))]
#[config(layer_attr(derive(serde::Serialize)))]
#[config(layer_attr(serde(rename_all = "kebab-case", deny_unknown_fields)))]
#[allow(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct Settings {
    /// File to write; with several targets, the directory to write to [default: ./NAME, or ./NAME.bin
    /// where NAME is a directory]
    #[config(layer_attr(arg(short, long, value_name = "FILE", help_heading = OUTPUT)))]
    pub output: Option<PathBuf>,

    /// File for the build report, as JSON; with several targets, the directory of their reports
    #[config(layer_attr(arg(long, value_name = "FILE", help_heading = OUTPUT)))]
    pub report: Option<PathBuf>,

    /// File for the provenance, an in-toto statement with SLSA provenance; with several targets, the
    /// directory of their statements
    #[config(layer_attr(arg(long, value_name = "FILE", help_heading = OUTPUT)))]
    pub provenance: Option<PathBuf>,

    /// Target to build for: x86_64-linux or aarch64-linux; with several, --output is a directory that
    /// gets NAME-TARGET for each [default: this machine's]
    #[config(default = [], deserialize_with = targets)]
    #[config(layer_attr(arg(long, value_name = "TARGET", value_parser = target)))]
    #[config(layer_attr(serde(serialize_with = "as_texts")))]
    #[config(layer_attr(schemars(with = "OneOrMany<TargetName>")))]
    #[config(layer_attr(arg(help_heading = OUTPUT)))]
    pub target: Vec<&'static Target>,

    /// Python to pack: a version, an interpreter, a python-build-standalone directory, archive or
    /// URL#sha256=…, or debian:SUITE for Debian's packages; TARGET=SPEC for one target [default: the newest suitable one, downloaded if this
    /// machine has none]
    #[config(default = [], deserialize_with = pythons)]
    #[config(layer_attr(arg(long, value_name = "[TARGET=]SPEC", help_heading = PYTHON)))]
    #[config(layer_attr(serde(serialize_with = "as_texts")))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    pub python: Vec<PythonChoice>,

    /// Mirror to download Python from [default: GitHub]
    #[config(layer_attr(arg(long, value_name = "URL", env = "SNAKECRATE_PYTHON_MIRROR")))]
    #[config(layer_attr(arg(help_heading = PYTHON)))]
    pub python_mirror: Option<String>,

    /// Mirror of Debian or a derivative to take debian:SUITE from [default: deb.debian.org]
    #[config(layer_attr(arg(long, value_name = "URL", env = "SNAKECRATE_DEBIAN_MIRROR")))]
    #[config(layer_attr(arg(help_heading = PYTHON)))]
    pub debian_mirror: Option<String>,

    /// File with the keys (of PGP) that sign its suites [default: Debian's own]
    #[config(layer_attr(arg(long, value_name = "FILE", env = "SNAKECRATE_DEBIAN_KEYRING")))]
    #[config(layer_attr(arg(help_heading = PYTHON)))]
    pub debian_keyring: Option<PathBuf>,

    /// Entry to offer: the name of a script, NAME=MODULE:FUNCTION, or NAME='COMMAND ARGUMENTS' such as
    /// serve='gunicorn shop.wsgi -b :80' [default: all commands of the application]
    #[config(default = [], deserialize_with = entries)]
    #[config(layer_attr(arg(short, long = "entry", value_name = "NAME", help_heading = ENTRIES)))]
    #[config(layer_attr(serde(alias = "entry")))]
    #[config(layer_attr(schemars(with = "Entries")))]
    pub entries: Vec<String>,

    /// Entry to run when the name of the file selects none [default: the entry named like the
    /// application, one whose name it begins with, or the only one that fits]
    #[config(layer_attr(arg(long, value_name = "NAME", help_heading = ENTRIES)))]
    pub default: Option<String>,

    /// Entries open windows, and belong into menus of desktops [default: those of `[project.gui-scripts]`]
    #[config(layer_attr(arg(long, switch = "true", help_heading = ENTRIES)))]
    pub gui: Option<bool>,

    /// Module to run, as `python -m` does
    #[config(layer_attr(arg(short, long, value_name = "MODULE", help_heading = ENTRIES)))]
    pub module: Option<String>,

    /// Additional requirement
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(long, value_name = "REQ", help_heading = REQUIREMENTS)))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    pub with: Vec<String>,

    /// Requirements file to install from; its hashes are checked
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(short, long = "requirements", value_name = "FILE")))]
    #[config(layer_attr(schemars(with = "OneOrMany<PathBuf>")))]
    #[config(layer_attr(arg(help_heading = REQUIREMENTS)))]
    pub requirements: Vec<PathBuf>,

    /// Lock file to take versions, hashes and sources from [default: the one beside the project or
    /// script, or above it]
    #[config(layer_attr(arg(long, value_name = "FILE", help_heading = REQUIREMENTS)))]
    pub lock: Option<PathBuf>,

    /// Fail if there is no lock file, or if it is outdated
    #[config(default = false)]
    #[config(layer_attr(arg(long, switch = "true", help_heading = REQUIREMENTS)))]
    pub locked: bool,

    /// Ignore lock files, and resolve anew
    #[config(default = true)]
    #[config(layer_attr(arg(long = "no-lock", switch = "false", help_heading = REQUIREMENTS)))]
    #[config(layer_attr(arg(conflicts_with_all = ["lock", "locked"])))]
    pub use_lock: bool,

    /// Extra (optional dependencies) of the project to include
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(long, value_name = "NAME", help_heading = REQUIREMENTS)))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    pub extra: Vec<String>,

    /// Include all extras of the project
    #[config(default = false)]
    #[config(layer_attr(arg(long, switch = "true", help_heading = REQUIREMENTS)))]
    pub all_extras: bool,

    /// Dependency group of the project to include; without it, none is
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(long, value_name = "NAME", help_heading = REQUIREMENTS)))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    pub group: Vec<String>,

    /// Member of the workspace to pack
    #[config(layer_attr(arg(long, value_name = "NAME", help_heading = SOURCE)))]
    pub package: Option<String>,

    /// File with versions that a resolution must keep to
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(long = "constraint", value_name = "FILE")))]
    #[config(layer_attr(schemars(with = "OneOrMany<PathBuf>")))]
    #[config(layer_attr(arg(help_heading = REQUIREMENTS)))]
    pub constraints: Vec<PathBuf>,

    /// File with requirements that replace those that packages declare
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(long = "override", value_name = "FILE", help_heading = REQUIREMENTS)))]
    #[config(layer_attr(schemars(with = "OneOrMany<PathBuf>")))]
    pub overrides: Vec<PathBuf>,

    /// Directory with the wheels to pack: exactly these, resolved by whatever made it
    #[config(layer_attr(arg(long, value_name = "DIR", help_heading = REQUIREMENTS)))]
    pub wheelhouse: Option<PathBuf>,

    /// Distribution that may be missing although another requires it
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(long, value_name = "NAME", help_heading = REQUIREMENTS)))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    pub allow_unmet: Vec<String>,

    /// Package index [default: the one that uv is configured for]
    #[config(layer_attr(arg(long, value_name = "URL", help_heading = INDEXES)))]
    pub index_url: Option<String>,

    /// Directory or page with additional wheels
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(long, value_name = "PLACE", help_heading = INDEXES)))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    pub find_links: Vec<String>,

    /// Distribution to build from source even if it has a wheel, or :all:
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(long, value_name = "NAME", help_heading = INDEXES)))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    pub no_binary: Vec<String>,

    /// Distribution to install from a wheel only, or :all:
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(long, value_name = "NAME", help_heading = INDEXES)))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    pub only_binary: Vec<String>,

    /// Do not use the network
    #[config(default = false)]
    #[config(layer_attr(arg(long, switch = "true", help_heading = INDEXES)))]
    pub offline: bool,

    /// Compression level, from 1 (fast) to 22 (small)
    #[config(default = 18, validate((1..=22).contains(level), "`level` is a number from 1 to 22"))]
    #[config(layer_attr(arg(long, value_name = "N", help_heading = OUTPUT)))]
    #[config(layer_attr(arg(value_parser = clap::value_parser!(i32).range(1..=22))))]
    #[config(layer_attr(schemars(range(min = 1, max = 22))))]
    pub level: i32,

    /// Symbols to remove from the libraries in wheels: none (nothing), debug (debug information) or
    /// all (all symbols)
    #[config(default = "debug")]
    #[config(layer_attr(arg(long, value_name = "WHAT", hide_possible_values = true)))]
    #[config(layer_attr(schemars(with = "Option<String>", transform = choices::<Strip>)))]
    #[config(layer_attr(arg(help_heading = NATIVE)))]
    pub strip: Strip,

    /// Files of wheels and of the application to leave out: tests, stubs, sources, or a pattern such
    /// as 'demo/locale/**'
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(long, value_name = "PATTERN", help_heading = CONTENTS)))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    pub exclude: Vec<String>,

    /// Files to keep although --exclude matches them
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(long, value_name = "PATTERN", help_heading = CONTENTS)))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    pub keep: Vec<String>,

    /// File or directory to add, and its place, relative to the script's directory or to
    /// site-packages [default place: the path in the directory of the script or project]
    #[config(default = [], deserialize_with = inclusions)]
    #[config(layer_attr(arg(long, value_name = "PATH[=DEST]", help_heading = CONTENTS)))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    pub include: Vec<Inclusion>,

    /// Optimization to compile for and to start with: 1 (-O, drops asserts) or 2 (-OO, drops
    /// docstrings, too)
    #[config(default = 0, validate((0..=2).contains(optimize), "`optimize` is 0, 1 or 2"))]
    #[config(layer_attr(arg(long, value_name = "N", help_heading = PYTHON)))]
    #[config(layer_attr(arg(value_parser = clap::value_parser!(u8).range(0..=2))))]
    #[config(layer_attr(schemars(range(min = 0, max = 2))))]
    pub optimize: u8,

    /// Pack bytecode without its sources; tracebacks then show no lines of code
    #[config(default = false)]
    #[config(layer_attr(arg(long, switch = "true", help_heading = CONTENTS)))]
    pub sourceless: bool,

    /// Place of the runtime: inside (the archive), or external (a file that `snakecrate runtime` makes)
    #[config(default = "inside")]
    #[config(layer_attr(arg(long, value_name = "PLACE", hide_possible_values = true)))]
    #[config(layer_attr(schemars(with = "Option<String>", transform = choices::<RuntimeChoice>)))]
    #[config(layer_attr(arg(help_heading = PYTHON)))]
    pub runtime: RuntimeChoice,

    /// Pack only the standard-library modules that something can import
    #[config(default = false)]
    #[config(layer_attr(arg(long, switch = "true", help_heading = PYTHON)))]
    pub runtime_minimal: bool,

    /// Pack only the modules and libraries that the proof has loaded, with all of its commands (--proof-command);
    /// another module is then missing
    #[config(default = false)]
    #[config(layer_attr(arg(long, switch = "true", help_heading = CONTENTS)))]
    pub only_proven: bool,

    /// Let the interpreter see PYTHON* variables and the current directory
    #[config(default = true)]
    #[config(layer_attr(arg(long = "no-isolated", switch = "false", help_heading = START)))]
    pub isolated: bool,

    /// Let the user's LD_* variables take effect, for libraries outside the archive such as drivers
    /// [default: only with --no-isolated]
    #[config(layer_attr(arg(long, switch = "true", help_heading = START)))]
    pub loader_variables: Option<bool>,

    /// Keep SNAKECRATE=python and SNAKECRATE=run from starting the interpreter and scripts inside
    #[config(default = true)]
    #[config(layer_attr(arg(long = "no-interpreter-access", switch = "false")))]
    #[config(layer_attr(arg(help_heading = START)))]
    pub interpreter_access: bool,

    /// C library to run on: host, bundled, or auto (the host's where it is new enough, else the
    /// bundled one)
    #[config(default = "auto")]
    #[config(layer_attr(arg(long, value_name = "WHICH", hide_possible_values = true)))]
    #[config(layer_attr(schemars(with = "Option<String>", transform = choices::<LibcChoice>)))]
    #[config(layer_attr(arg(help_heading = NATIVE)))]
    pub libc: LibcChoice,

    /// Import entry points as plain Python does, with the garbage collector running
    #[config(default = true)]
    #[config(layer_attr(arg(long = "no-fast-start", switch = "false", help_heading = START)))]
    pub fast_start: bool,

    /// Load modules of the application and its wheels when they are used first, not when they are
    /// imported; an error in one then shows there
    #[config(default = false)]
    #[config(layer_attr(arg(long, switch = "true", help_heading = START)))]
    pub lazy_imports: bool,

    /// Option for the interpreter, such as -O or -Xutf8
    #[config(default = [])]
    #[config(layer_attr(arg(long = "python-option", value_name = "OPTION", help_heading = PYTHON)))]
    #[config(layer_attr(arg(allow_hyphen_values = true)))]
    pub python_options: Vec<String>,

    /// Part of the runtime to keep although nothing needs it: a name (ssl, sqlite3, tkinter, …;
    /// --verbose lists them), stdlib for the whole standard library, or a pattern such as idlelib
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(long, value_name = "PATTERN", help_heading = PYTHON)))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    pub runtime_keep: Vec<String>,

    /// Part of the runtime to leave out: a name such as sqlite3, or a pattern
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(long, value_name = "PATTERN", help_heading = PYTHON)))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    pub runtime_drop: Vec<String>,

    /// Fail if anything in the archive requires a newer glibc than this, such as 2.28 [default: any
    /// glibc]
    #[config(layer_attr(arg(long, value_name = "VERSION", help_heading = NATIVE)))]
    #[config(layer_attr(schemars(
        with = "Option<String>",
        regex(pattern = r"^[0-9]+\.[0-9]+$")
    )))]
    pub max_glibc: Option<Glibc>,

    /// Library of this machine to bundle together with what it requires, such as libpq.so.5; several
    /// with commas
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(long, value_name = "NAME", value_delimiter = ',')))]
    #[config(layer_attr(serde(alias = "include-libs")))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    #[config(layer_attr(arg(help_heading = NATIVE)))]
    pub include_lib: Vec<String>,

    /// Library that may be missing, such as libodbc.so.2, or a pattern such as 'libmpi*'; several with
    /// commas
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(long, value_name = "NAME", value_delimiter = ',')))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    #[config(layer_attr(arg(help_heading = NATIVE)))]
    pub allow_missing: Vec<String>,

    /// Working directory of the application, with {archive}, {directory} (of the archive), {cache} or
    /// {home} in it [default: the user's]
    #[config(deserialize_with = placeholders)]
    #[config(layer_attr(arg(long, value_name = "DIR", value_parser = template)))]
    #[config(layer_attr(arg(help_heading = START)))]
    pub working_directory: Option<String>,

    /// Let programs that the application starts find the archive's scripts on the PATH
    #[config(default = false)]
    #[config(layer_attr(arg(long, switch = "true", help_heading = START)))]
    pub expose_path: bool,

    /// Program to run once before the application's first start: MODULE:FUNCTION, or a command such as
    /// 'python manage.py migrate' [default: none]
    #[config(layer_attr(arg(long, value_name = "COMMAND", help_heading = START)))]
    pub first_run: Option<String>,

    /// Days that the unpacked application stays in the cache if nobody uses it; 0: for ever
    /// [default: 90]
    #[config(validate(*keep_days <= MAX_KEEP_DAYS, "`keep-days` is at most 36500"))]
    #[config(layer_attr(arg(long, value_name = "DAYS", help_heading = START)))]
    #[config(layer_attr(arg(value_parser = clap::value_parser!(u32).range(..=36_500))))]
    #[config(layer_attr(schemars(range(max = 36_500))))]
    pub keep_days: Option<u32>,

    /// Name of the publisher, for the launcher's errors and help, the bill of materials and packages
    #[config(deserialize_with = publisher_text)]
    #[config(layer_attr(arg(long, value_name = "NAME", value_parser = publisher)))]
    #[config(layer_attr(arg(help_heading = START)))]
    pub vendor: Option<String>,

    /// Where users get help, an e-mail address or a URL, which the launcher's errors and help name, too
    #[config(deserialize_with = publisher_text)]
    #[config(layer_attr(arg(long, value_name = "ADDRESS", value_parser = publisher)))]
    #[config(layer_attr(arg(help_heading = START)))]
    pub contact: Option<String>,

    /// Statements about vulnerabilities (VEX) that the archive carries: an `OpenVEX` or `CycloneDX` document in
    /// JSON, for `audit --vulnerabilities`
    #[config(layer_attr(arg(long, value_name = "FILE", help_heading = CONTENTS)))]
    pub vex: Option<PathBuf>,

    /// Publisher that a distribution has to have by its index's attestations (PEP 740): NAME='github:OWNER/REPOSITORY',
    /// with :WORKFLOW behind it if you like, NAME='gitlab:GROUP/PROJECT', NAME='google:ADDRESS' or NAME=any; the name * stands for all others
    #[config(default = {}, deserialize_with = publishers)]
    #[config(layer_attr(arg(long = "publisher", value_name = "NAME=PUBLISHER")))]
    #[config(layer_attr(arg(value_parser = published, help_heading = INDEXES)))]
    #[config(layer_attr(serde(serialize_with = "as_table")))]
    #[config(layer_attr(schemars(with = "std::collections::BTreeMap<String, PublisherName>")))]
    pub publishers: Vec<Assignment>,

    /// The environment of the application
    #[config(nested, layer_attr(command(flatten)))]
    #[config(layer_attr(schemars(default = "EnvOptions::empty")))]
    pub env: Env,

    /// The proof that the archive starts
    #[config(nested, layer_attr(command(flatten)))]
    #[config(layer_attr(schemars(default = "ProofOptions::empty")))]
    pub proof: Proof,

    /// Limits of the archive's size and contents
    #[config(nested, layer_attr(command(flatten)))]
    #[config(layer_attr(schemars(default = "BudgetOptions::empty")))]
    pub budget: Budget,

    /// Licences in the archive that are denied or allowed
    #[config(nested, layer_attr(command(flatten)))]
    #[config(layer_attr(schemars(default = "LicensesOptions::empty")))]
    pub licenses: Licenses,

    /// The entry in menus of desktops
    #[config(nested, layer_attr(command(flatten)))]
    #[config(layer_attr(schemars(default = "DesktopOptions::empty")))]
    pub desktop: Desktop,

    /// Debian and RPM packages of the archive
    #[config(nested, layer_attr(command(flatten)))]
    #[config(layer_attr(schemars(default = "PackagingOptions::empty")))]
    pub packaging: Packaging,
}

/// The options that one layer sets: the flags, or the file.
pub type Options = <Settings as confique::Config>::Layer;

/// Second names of keys, which serde's `alias` declares above: alias and key.
pub const ALIASES: [(&str, &str); 2] = [("entry", "entries"), ("include-libs", "include-lib")];

impl Settings {
    /// Whether the user's `LD_*` variables take effect.
    pub fn loader_variables(&self) -> bool {
        self.loader_variables.unwrap_or(!self.isolated)
    }
}
