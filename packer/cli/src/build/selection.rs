//! The lock file of a source, and the part of it that the settings want.

use super::Error;
use crate::lock::{self, Extras, Policy, Selection, Wanted};
use crate::marker_environment;
use crate::settings::Settings;
use crate::source::{self, Source};
use crate::wheel::normalize;
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::Ui;

/// What the lock file of `source` selects, if it has one.
pub(super) fn selection(
    source: &Source,
    settings: &Settings,
    interpreter: &Interpreter,
    ui: Ui,
) -> Result<Option<Selection>, Error> {
    let (mut extras, directory, pyproject) = match source {
        Source::Project { directory, extras } => {
            (extras.clone(), Some(directory.as_path()), source::pyproject(directory)?)
        }
        Source::Script { metadata, .. } => {
            let text = metadata.as_ref().map(|block| block.text.as_str()).unwrap_or_default();
            (Vec::new(), None, text.parse().unwrap_or_default())
        }
        Source::Folder(folder) => {
            let directory = folder.directory.as_path();
            (Vec::new(), Some(directory), source::pyproject(directory)?)
        }
        Source::Wheel { extras, .. } | Source::Sdist { extras, .. } => {
            (extras.clone(), None, toml::Table::new())
        }
        // It is packed as it is.
        Source::Environment { .. } => return Ok(None),
        Source::Requirement { .. } | Source::Zipapp { .. } => {
            (Vec::new(), None, toml::Table::new())
        }
    };
    extras.extend(settings.extra.iter().cloned());
    // A requirement is installed from the index, like those that the lock has.
    let is_own = !matches!(source, Source::Requirement { .. } | Source::Script { .. });
    let wanted = Wanted {
        environment: &marker_environment::of(interpreter),
        directory,
        pyproject: &pyproject,
        name: source.name().filter(|_| is_own).map(|name| normalize(&name)),
        extras: Extras {
            names: extras.iter().map(|name| normalize(name)).collect(),
            all: settings.all_extras,
        },
        groups: settings.group.iter().map(|name| normalize(name)).collect(),
    };
    let policy = Policy {
        file: settings.lock.as_deref(),
        locked: settings.locked,
        used: settings.use_lock,
        requirements: &settings.requirements,
    };
    Ok(lock::choose(source, &wanted, policy, ui)?)
}
