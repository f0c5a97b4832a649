//! Several targets of one command: names of their files, and failures, which do not keep the others
//! from being built.

use std::path::{Path, PathBuf};
use std::{fs, io};

use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::Ui;
use snakecrate_format::target::Target;

use super::Error;
use crate::settings::Settings;

/// A target that failed, and why.
#[derive(Debug)]
pub struct Failure {
    pub(super) target: &'static Target,
    pub(super) error: Error,
}

/// Does `work` for each target. With several, a failure does not end it; all are reported in the end.
pub(super) fn for_each(
    pythons: &[Interpreter],
    ui: Ui,
    work: impl Fn(&Interpreter) -> Result<(), Error>,
) -> Result<(), Error> {
    if let [one] = pythons {
        return work(one);
    }
    let mut failures = Vec::new();
    for python in pythons {
        ui.step("Target", python.target);
        if let Err(error) = work(python) {
            failures.push(Failure { target: python.target, error });
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(Error::Targets(failures)) }
}

/// The files that a build for one target writes.
pub(super) struct Files {
    pub(super) archive: PathBuf,
    pub(super) report: Option<PathBuf>,
    pub(super) provenance: Option<PathBuf>,
}

/// Makes the directories that the results go to, before a build takes its time.
pub(super) fn make_directories(settings: &Settings) -> Result<(), Error> {
    let Settings { output, report, provenance, .. } = settings;
    let files = [output, report, provenance].into_iter().flatten();
    let mut named =
        files.filter_map(|file| file.parent()).filter(|path| !path.as_os_str().is_empty());
    named.try_for_each(make_directory)
}

fn make_directory(path: &Path) -> Result<(), Error> {
    let failed = |source: io::Error| Error::Directory { path: path.to_owned(), source };
    fs::create_dir_all(path).map_err(failed)
}

/// The archive for one of several targets: `NAME-TARGET` in the directory of the settings.
pub(super) fn archive_of_several(name: &str, target: &Target, settings: &Settings) -> PathBuf {
    let directory = settings.output.as_deref().unwrap_or(Path::new("."));
    directory.join(format!("{name}-{target}"))
}

impl Files {
    /// The files for the only target: those of the settings, or `./name`.
    pub(super) fn of_one(name: &str, settings: &Settings) -> Self {
        let archive = settings.output.clone().unwrap_or_else(|| default_output(name));
        let Settings { report, provenance, .. } = settings.clone();
        Self { archive, report, provenance }
    }

    /// The files for one of several targets: `NAME-TARGET` in the directories of the settings, which
    /// are made.
    pub(super) fn of_several(
        name: &str,
        target: &Target,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let directory = settings.output.as_deref().unwrap_or(Path::new("."));
        make_directory(directory)?;
        for directory in settings.report.iter().chain(&settings.provenance) {
            make_directory(directory)?;
        }
        let (report, provenance) = (settings.report.as_ref(), settings.provenance.as_ref());
        let statement = format!("{name}-{target}.intoto.json");
        Ok(Self {
            archive: archive_of_several(name, target, settings),
            report: report.map(|directory| directory.join(format!("{name}-{target}.json"))),
            provenance: provenance.map(|directory| directory.join(statement)),
        })
    }
}

/// `./name`, or `./name.bin` where `name` is a directory, such as a package's sources.
fn default_output(name: &str) -> PathBuf {
    let path = Path::new(".").join(name);
    if path.is_dir() { path.with_extension("bin") } else { path }
}
