//! The archives that one project makes: `[tool.snakecrate.artifact.NAME]`.

use std::sync::Arc;

use snakecrate_base::error::Remedy;

use crate::settings::{FileOptions, Layer, Options, Settings};

/// An archive to build.
pub(super) struct Artifact {
    /// Its name; `None` where the project makes one archive.
    pub(super) name: Option<String>,
    /// The options, each layer winning over those behind it.
    pub(super) layers: Vec<Layer>,
    /// The settings that they make.
    pub(super) settings: Settings,
}

impl Artifact {
    fn new(name: Option<String>, layers: Vec<Layer>) -> Self {
        Self { name, settings: Settings::of_layers(&layers), layers }
    }
}

/// Artifacts that cannot be chosen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such artifact.
    #[error("there is no artifact named `{name}`")]
    Unknown {
        /// The name.
        name: String,
        /// The names of all.
        known: Vec<String>,
    },
    /// Only one can be used.
    #[error("the project makes several artifacts, and {what}")]
    Several {
        /// Why one has to be chosen.
        what: &'static str,
        /// The names of all.
        known: Vec<String>,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Unknown { known, .. } if known.is_empty() => {
                "leave out --artifact: pyproject.toml has no [tool.snakecrate.artifact.NAME]".into()
            }
            Self::Unknown { known, .. } => format!("choose one of: {}", known.join(", ")),
            Self::Several { known, .. } => {
                format!("choose one with --artifact: {}", known.join(", "))
            }
        })
    }
}

/// The artifacts to build: the one named `chosen`, else all. Flags win over the artifact's own table,
/// which wins over the common one.
pub(super) fn all(
    flags: &Options,
    chosen: Option<&str>,
    file: Option<FileOptions>,
    defaults: &Options,
) -> Result<Vec<Artifact>, Error> {
    let of_command = Layer::command(defaults.clone());
    let flags = Layer::flags(flags.clone());
    let Some(FileOptions { common, artifacts, document, .. }) = file else {
        return match chosen {
            Some(name) => Err(Error::Unknown { name: name.to_owned(), known: vec![] }),
            None => Ok(vec![Artifact::new(None, vec![flags, of_command])]),
        };
    };
    let document = Arc::new(document);
    let known: Vec<String> = artifacts.keys().cloned().collect();
    if let Some(name) = chosen.filter(|name| !artifacts.contains_key(*name)) {
        return Err(Error::Unknown { name: name.to_owned(), known });
    }
    if artifacts.is_empty() {
        let layers = vec![flags, Layer::file(common, &document, None), of_command];
        return Ok(vec![Artifact::new(None, layers)]);
    }
    let is_chosen = |name: &String| chosen.is_none_or(|chosen| chosen == name);
    let artifacts: Vec<_> = artifacts.into_iter().filter(|(name, _)| is_chosen(name)).collect();
    let files = &flags.options;
    // With several targets, `--output`, `--report` and `--provenance` are directories, which the artifacts share.
    let is_directory = |own: &Options| {
        let targets = files.target.as_ref().or(own.target.as_ref()).or(common.target.as_ref());
        targets.is_some_and(|all| all.iter().any(|target| Some(target) != all.first()))
    };
    if artifacts.len() > 1
        && (files.output.is_some() || files.report.is_some() || files.provenance.is_some())
        && !artifacts.iter().all(|(_, own)| is_directory(own))
    {
        return Err(Error::Several { what: "each needs a file of its own", known });
    }
    // Files of the common table would be those of every artifact.
    let common = Layer::file(
        Options { output: None, report: None, provenance: None, ..common },
        &document,
        None,
    );
    let one = |(name, own): (String, Options)| {
        let own = Layer::file(own, &document, Some(&name));
        Artifact::new(Some(name), vec![flags.clone(), own, common.clone(), of_command.clone()])
    };
    Ok(artifacts.into_iter().map(one).collect())
}

/// The only artifact, for a command that has no use for several.
/// `what` says why.
pub(super) fn only(mut artifacts: Vec<Artifact>, what: &'static str) -> Result<Artifact, Error> {
    match artifacts.pop() {
        Some(one) if artifacts.is_empty() => Ok(one),
        last => {
            let names = artifacts.into_iter().chain(last).filter_map(|artifact| artifact.name);
            Err(Error::Several { what, known: names.collect() })
        }
    }
}
