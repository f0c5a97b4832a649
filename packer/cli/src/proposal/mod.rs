//! The options that a project needs, found out with the code of the build: for `init`.

mod data;
mod edit;

use std::path::Path;

use snakecrate_base::ui::Ui;

pub use edit::{difference, in_project, in_script};

use crate::build::{self, Build, Outline, entries, interpreters};
use crate::settings::Settings;
use crate::source::{Reason, Source};

/// Options that differ from the defaults, and what they lead to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    /// The module to run, of a project without commands.
    pub module: Option<String>,
    /// The entries to offer, of a project that offers none by itself.
    pub entries: Vec<String>,
    /// The entry that runs when the name of the file selects none, if none fits best.
    pub default: Option<String>,
    /// Files and directories that the code names, and that would not be packed.
    pub include: Vec<String>,
    /// The names of all entries.
    pub offered: Vec<String>,
}

impl Proposal {
    /// What `source` needs.
    ///
    /// # Errors
    ///
    /// It cannot be built with any of the options that are known here.
    pub fn of(source: &Source, ui: Ui) -> Result<Self, build::Error> {
        let settings = Settings::resolve([]);
        let pythons = interpreters(source, &settings, ui)?;
        let outline =
            |settings: &Settings| Build::outline(source, settings, &pythons[0], ui.mute());
        let mut proposal = Self::default();
        let outline = match outline(&settings) {
            Err(build::Error::Entries(entries::Error::None { from, choices })) => {
                let mut settings = settings;
                let Some(choice) = choices.first() else {
                    return Err(entries::Error::None { from, choices }.into());
                };
                match choice.split_once(' ') {
                    Some(("-m", module)) => settings.module = Some(module.to_owned()),
                    Some((_, entry)) => settings.entries = vec![entry.to_owned()],
                    None => {}
                }
                proposal.module.clone_from(&settings.module);
                proposal.entries.clone_from(&settings.entries);
                outline(&settings)?
            }
            done => done?,
        };
        let Outline { entries, default, .. } = outline;
        proposal.offered = entries.into_iter().map(|entry| entry.name).collect();
        if default.is_none() {
            proposal.default = proposal.offered.first().cloned();
        }
        proposal.include = includes(source)?;
        Ok(proposal)
    }

    /// Whether a build without options does the same.
    pub fn is_empty(&self) -> bool {
        let Self { module, entries, default, include, offered: _ } = self;
        module.is_none() && entries.is_empty() && default.is_none() && include.is_empty()
    }
}

/// The files that the code of `source` names and that a build does not pack by itself.
fn includes(source: &Source) -> Result<Vec<String>, build::Error> {
    Ok(match source {
        Source::Script { path, .. } => {
            let directory = path.parent().unwrap_or(Path::new("."));
            data::named(directory, std::slice::from_ref(path), data::is_of_source)
        }
        Source::Project { directory, .. } => {
            data::named(directory, &data::modules(directory), data::is_of_source)
        }
        // All of its files are packed, apart from some: a web application may serve its `dist`.
        Source::Folder(folder) => {
            let (_, left_out) = folder.tree(&[])?;
            let is_output = |path: &str| {
                left_out.iter().any(|one| {
                    one.reason == Reason::Output && Path::new(path).starts_with(&one.path)
                })
            };
            data::named(&folder.directory, &data::modules(&folder.directory), is_output)
        }
        _ => Vec::new(),
    })
}
