//! New wheels, and a new application.

use std::path::{Path, PathBuf};

use snakecrate_download::file_sha256;

use super::contents::Contents;
use super::{Error, Swap};
use crate::build::application::Application;
use crate::build::facts::Facts;
use crate::build::pack::{Prepared, Work};
use crate::build::{self, gather};
use crate::build_cache::BuildCache;
use crate::resolve::{self, Fetched, Inputs, Origin};
use crate::source::Source;
use crate::wheel::{WheelName, excludes_python, normalize};
use crate::wheelhouse;

/// The components that the user gives.
pub(super) struct Given {
    /// Wheels that replace others, or are new. That of the application may be among them.
    pub(super) wheels: Vec<Prepared>,
    pub(super) app: Option<Application>,
}

impl Work<'_> {
    /// Unpacks the wheels that `swap` has, and prepares its application.
    pub(super) fn given(
        &self,
        swap: &Swap<'_>,
        old: &Contents,
        cache: &BuildCache,
    ) -> Result<Given, build::Error> {
        let mut wheels = Vec::new();
        for path in swap.wheels {
            let wheel = self.prepare(&self.fetched(path)?)?;
            self.check_python(&wheel.facts)?;
            let name = &wheel.facts.name;
            if wheels.iter().any(|other: &Prepared| other.facts.name == *name) {
                return Err(Error::Twice(name.clone()).into());
            }
            let is_wheel = old.wheels.iter().any(|other| other.facts.name == *name);
            if *name == old.app.name && !is_wheel {
                return Err(Error::Application { name: name.clone(), wheel: path.clone() }.into());
            }
            wheels.push(wheel);
        }
        let Some(source) = swap.app else { return Ok(Given { wheels, app: None }) };
        let app = self.new_application(source, &mut wheels, old, cache)?;
        Ok(Given { wheels, app: Some(app) })
    }

    /// The user's wheel at `path`, which has to be for this interpreter.
    fn fetched(&self, path: &Path) -> Result<Fetched, build::Error> {
        let read = |source| wheelhouse::Error::Read { path: path.to_owned(), source };
        let wheel = WheelName::of(path).map_err(|kind| kind.at(path))?;
        wheel.fit(self.interpreter).map_err(|kind| kind.at(path))?;
        let path: PathBuf = std::path::absolute(path).map_err(read)?;
        let sha256 = file_sha256(&path).map_err(read)?;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let origin = Origin::Index { file, sha256: sha256.clone() };
        let (name, version) = (normalize(&wheel.name), wheel.version);
        Ok(Fetched { name, version, path, sha256, origin, from: None, local: false })
    }

    fn new_application(
        &self,
        source: &Source,
        wheels: &mut Vec<Prepared>,
        old: &Contents,
        cache: &BuildCache,
    ) -> Result<Application, build::Error> {
        let mut project = None;
        match source {
            Source::Project { .. } | Source::Wheel { .. } | Source::Sdist { .. } => {
                let options = gather::options(self.settings, cache);
                // Its requirements have to be in the archive already.
                let inputs = Inputs::of(source);
                let own = resolve::resolve_pins(self.interpreter, &[], &inputs, &options, self.ui)?;
                for fetched in &own {
                    if matches!(source, Source::Project { .. }) {
                        project = Some(self.unpack(fetched)?);
                    } else {
                        wheels.push(self.prepare(fetched)?);
                    }
                }
            }
            Source::Script { .. } | Source::Folder(_) | Source::Zipapp { .. } => {}
            Source::Requirement { .. } | Source::Environment { .. } => {
                return Err(Error::Source(source.to_string()).into());
            }
        }
        let app = self.application(source, project, wheels)?;
        if app.name != old.app.name {
            let (archive, found) = (old.app.name.clone(), app.name);
            return Err(Error::OtherApplication { archive, found }.into());
        }
        if let Some(facts) = &app.facts {
            self.check_python(facts)?;
        } else if let Some(wanted) = source.requires_python()? {
            let version = app.version.clone().unwrap_or_default();
            self.check_versions(&app.name, &version, &wanted.to_string())?;
        }
        Ok(app)
    }

    /// Fails if `Requires-Python` of a distribution excludes the interpreter.
    pub(super) fn check_python(&self, facts: &Facts) -> Result<(), Error> {
        match &facts.requires_python {
            Some(wanted) => self.check_versions(&facts.name, &facts.version, wanted),
            None => Ok(()),
        }
    }

    fn check_versions(&self, name: &str, version: &str, wanted: &str) -> Result<(), Error> {
        let python = &self.interpreter.full_version;
        if !excludes_python(wanted, python) {
            return Ok(());
        }
        Err(Error::RequiresPython {
            name: name.to_owned(),
            version: version.to_owned(),
            wanted: wanted.to_owned(),
            python: python.clone(),
        })
    }
}
