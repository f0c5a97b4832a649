//! The archives that one project makes: `[tool.snakecrate.artifact.NAME]`.

use snakecrate_base::error::Remedy;

use crate::settings::{Artifacts, Options, Settings};

/// An archive to build.
pub(super) struct Artifact {
    /// Its name; `None` where the project makes one archive.
    pub(super) name: Option<String>,
    pub(super) settings: Settings,
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
    common: &Options,
    artifacts: Artifacts,
    defaults: &Options,
) -> Result<Vec<Artifact>, Error> {
    let known: Vec<String> = artifacts.keys().cloned().collect();
    if let Some(name) = chosen.filter(|name| !artifacts.contains_key(*name)) {
        return Err(Error::Unknown { name: name.to_owned(), known });
    }
    if artifacts.is_empty() {
        let settings = Settings::resolve([flags.clone(), common.clone(), defaults.clone()]);
        return Ok(vec![Artifact { name: None, settings }]);
    }
    let is_chosen = |name: &String| chosen.is_none_or(|chosen| chosen == name);
    let artifacts: Vec<_> = artifacts.into_iter().filter(|(name, _)| is_chosen(name)).collect();
    if artifacts.len() > 1 && (flags.output.is_some() || flags.report.is_some()) {
        return Err(Error::Several { what: "each needs a file of its own", known });
    }
    // Files of the common table would be those of every artifact.
    let common = Options { output: None, report: None, ..common.clone() };
    let one = |(name, own): (String, Options)| {
        let settings = Settings::resolve([flags.clone(), own, common.clone(), defaults.clone()]);
        Artifact { name: Some(name), settings }
    };
    Ok(artifacts.into_iter().map(one).collect())
}

/// The only artifact, for a command that has no use for several.
pub(super) fn only(mut artifacts: Vec<Artifact>) -> Result<Artifact, Error> {
    match artifacts.pop() {
        Some(one) if artifacts.is_empty() => Ok(one),
        last => {
            let names = artifacts.into_iter().chain(last).filter_map(|artifact| artifact.name);
            Err(Error::Several { what: "one command runs one of them", known: names.collect() })
        }
    }
}
