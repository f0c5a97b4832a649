//! The document of `config --json`.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use snakecrate_base::document::Document;
use snakecrate_base::redact::redacted;

use crate::lock::LockCandidate;
use crate::resolve::Configured;
use crate::settings::{InForce, Origin};
use crate::source::Source;

/// An artifact with its options.
pub(super) struct Shown {
    pub(super) name: Option<String>,
    pub(super) options: Vec<InForce>,
    pub(super) locks: Vec<LockCandidate>,
}

/// The options that are in force, and where each is from.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConfigDocument<'a> {
    /// The source of the build.
    source: SourceDocument,
    /// One for each artifact; one without a name if the project has none.
    artifacts: Vec<ArtifactDocument<'a>>,
    /// The package indexes.
    indexes: Vec<IndexDocument<'a>>,
}

/// The source of the build.
#[derive(Debug, Serialize, JsonSchema)]
struct SourceDocument {
    /// Its kind in words: `project`.
    kind: &'static str,
    /// It, without credentials.
    name: String,
}

/// An archive that would be built.
#[derive(Debug, Serialize, JsonSchema)]
struct ArtifactDocument<'a> {
    /// Its name in `[tool.snakecrate.artifact]`.
    name: Option<&'a str>,
    /// The options by their keys.
    options: BTreeMap<&'a str, OptionDocument<'a>>,
    /// The lock files that are read, in their order.
    locks: Vec<LockDocument<'a>>,
}

/// An option.
#[derive(Debug, Serialize, JsonSchema)]
struct OptionDocument<'a> {
    /// Its value as in pyproject.toml; null if it is not set.
    value: Option<&'a Value>,
    /// Where it is from.
    origin: OriginDocument<'a>,
    /// The effect in words where it is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'a str>,
}

/// Where a value is from.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum OriginDocument<'a> {
    /// A flag of the command line.
    Flag {
        /// It: `--level`.
        name: &'a str,
    },
    /// An environment variable.
    Variable {
        /// Its name.
        name: &'a str,
    },
    /// A file.
    File {
        /// Its path.
        path: &'a Path,
        /// The line, from 1.
        line: Option<usize>,
        /// The table of the file.
        table: &'a str,
    },
    /// Nowhere: it is the default.
    Default,
}

/// A lock file.
#[derive(Debug, Serialize, JsonSchema)]
struct LockDocument<'a> {
    /// Its path.
    path: &'a Path,
    /// Its format: `uv.lock`.
    format: String,
}

/// A package index.
#[derive(Debug, Serialize, JsonSchema)]
struct IndexDocument<'a> {
    /// Its name, if it has one.
    name: Option<&'a str>,
    /// Its address, without credentials.
    url: &'a str,
    /// The file or variable that names it.
    from: &'a str,
}

impl Document for ConfigDocument<'_> {
    const NAME: &'static str = "config";
}

impl<'a> ConfigDocument<'a> {
    /// The document about the build of `source`.
    pub(super) fn new(source: &Source, artifacts: &'a [Shown], indexes: &'a [Configured]) -> Self {
        let index = |index: &'a Configured| IndexDocument {
            name: index.name.as_deref(),
            url: &index.url,
            from: &index.from,
        };
        Self {
            source: SourceDocument {
                kind: source.kind(),
                name: redacted(&source.to_string()).into_owned(),
            },
            artifacts: artifacts.iter().map(ArtifactDocument::new).collect(),
            indexes: indexes.iter().map(index).collect(),
        }
    }
}

impl<'a> ArtifactDocument<'a> {
    fn new(shown: &'a Shown) -> Self {
        let option = |option: &'a InForce| {
            let default = option.default.as_deref().filter(|_| option.value.is_none());
            let origin = OriginDocument::new(&option.origin);
            (&*option.key, OptionDocument { value: option.value.as_ref(), origin, default })
        };
        let locks = shown.locks.iter();
        let locks =
            locks.map(|lock| LockDocument { path: &lock.path, format: lock.format.to_string() });
        Self {
            name: shown.name.as_deref(),
            options: shown.options.iter().map(option).collect(),
            locks: locks.collect(),
        }
    }
}

impl<'a> OriginDocument<'a> {
    fn new(origin: &'a Origin) -> Self {
        match origin {
            Origin::Flag(name) => Self::Flag { name },
            Origin::Variable(name) => Self::Variable { name },
            Origin::File { path, line, table } => Self::File { path, line: *line, table },
            Origin::Default => Self::Default,
        }
    }
}
