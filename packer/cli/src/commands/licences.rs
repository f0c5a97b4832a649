//! `inspect --licenses`, `--deny`, `--allow` and `--notices`.

use std::fs;
use std::io;
use std::path::PathBuf;

use snakecrate_base::error::Remedy;
use snakecrate_base::ui::{Count, Ui};
use snakecrate_licences::{Policy, Subject, SubjectKind, json, notices, text};

use super::print;
use crate::archive::Archive;
use crate::cli::InspectArgs;
use crate::licences::{self, subjects};

/// Why licences are not shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// They cannot be read, or are not allowed.
    #[error(transparent)]
    Licences(#[from] licences::Error),
    /// The notices cannot be written.
    #[error("cannot write the notices {}: {source}", path.display())]
    Notices {
        /// Their path.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Licences(error) => error.remedy(),
            Self::Notices { .. } => {
                Some("name a file in a directory that you can write to with --notices".into())
            }
        }
    }
}

/// Whether the arguments are about licences.
pub(super) fn is_asked(args: &InspectArgs) -> bool {
    args.licenses || !args.deny.is_empty() || !args.allow.is_empty() || args.notices.is_some()
}

/// Shows, writes and checks the licences of an archive, as the arguments say.
pub(super) fn licences(args: &InspectArgs, ui: Ui) -> Result<(), super::Error> {
    let policy = Policy::new(&args.deny, &args.allow).map_err(licences::Error::from);
    let policy = policy.map_err(Error::from)?;
    let archive = Archive::open_any(&args.file)?;
    let subjects = subjects(&archive).map_err(Error::from)?;
    let manifest = archive.manifest();
    let (name, version) = (&*manifest.name, manifest.version.as_deref());
    let violations = policy.check(&subjects);
    if args.licenses {
        let shown =
            if args.json { json(name, version, &subjects, &violations) } else { text(&subjects) };
        print(&shown)?;
    }
    if let Some(path) = &args.notices {
        let failed = |source| Error::Notices { path: path.clone(), source };
        fs::write(path, notices(name, version, &subjects)).map_err(failed)?;
        let others = subjects.iter().filter(|one| one.kind != SubjectKind::Application).count();
        ui.step("Wrote", format_args!("{}: notices of {}", path.display(), Count(others, "part")));
    }
    let is_unknown =
        |one: &&Subject| one.expression.is_none() && one.kind != SubjectKind::Application;
    let unknown = subjects.iter().filter(is_unknown);
    let unknown: Vec<String> = unknown.map(Subject::title).collect();
    if !policy.is_empty() && !unknown.is_empty() {
        ui.warn(format_args!("no licence is known of {}", unknown.join(", ")));
    }
    if violations.is_empty() {
        return Ok(());
    }
    Err(Error::from(licences::Error::Refused(violations)).into())
}
