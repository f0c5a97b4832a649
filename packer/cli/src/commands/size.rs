//! `size`: where the bytes of an archive go.

use std::path::{Path, PathBuf};
use std::{fs, io};

use snakecrate_base::error::Remedy;
use snakecrate_base::ui::Ui;
use snakecrate_download::file_sha256;
use snakecrate_size::{BadReport, Evidence, Measured, Opened, View, compare, measure};

use super::print;
use crate::archive::{self, Archive};
use crate::bytecode;
use crate::cli::SizeArgs;

/// Why sizes cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An archive cannot be used.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// An archive cannot be measured.
    #[error(transparent)]
    Measure(#[from] snakecrate_size::Error),
    /// The build report cannot be read.
    #[error("cannot read the report {}: {source}", path.display())]
    ReadReport {
        /// Its path.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The build report says nothing about this archive's proof.
    #[error("cannot use the report {}: {source}", path.display())]
    Report {
        /// Its path.
        path: PathBuf,
        /// Why not.
        source: BadReport,
    },
    /// The page cannot be written.
    #[error("cannot write the page {}: {source}", path.display())]
    Page {
        /// Its path.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Archive(error) => error.remedy(),
            Self::Measure(error) => error.remedy(),
            Self::ReadReport { .. } => {
                Some("build the archive with --report FILE, and give that file".into())
            }
            Self::Report { source, .. } => Some(match source {
                BadReport::NotProven => "build the archive without --no-proof".into(),
                BadReport::Form(_) | BadReport::OtherArchive(_) => {
                    "give the file that `build --report` wrote for this archive".into()
                }
            }),
            Self::Page { .. } => {
                Some("name a file in a directory that you can write to with --html".into())
            }
        }
    }
}

/// `snakecrate size`
pub(super) fn size(args: &SizeArgs, ui: Ui) -> Result<(), super::Error> {
    let archive = Archive::open_any(&args.file).map_err(Error::from)?;
    let measured = measure(opened(&archive)).map_err(Error::from)?;
    let proof = match &args.report {
        Some(report) => {
            let evidence = evidence(report, &args.file, &measured)?;
            let python = &archive.manifest().python;
            let sourceless = |path: &str, contents: &[u8]| {
                path.strip_suffix(".pyc")?;
                bytecode::replacing_source(&python.version, contents)
            };
            let advice = measured.advice(&evidence, opened(&archive), &sourceless);
            let advice = advice.map_err(Error::from)?;
            Some((evidence, advice))
        }
        None => None,
    };
    let comparison = match &args.compare {
        Some(old) => Some(compare(&self::measured(old)?, &measured)),
        None => None,
    };
    let view = View {
        measured: &measured,
        proof: proof.as_ref().map(|(evidence, advice)| (evidence, advice)),
        comparison: comparison.as_ref(),
    };
    if let Some(path) = &args.html {
        let failed = |source| Error::Page { path: path.clone(), source };
        fs::write(path, view.html()).map_err(failed)?;
        ui.step("Wrote", path.display());
        return Ok(());
    }
    print(&if args.json { view.json() } else { view.text() })
}

/// Measures the archive at `path`.
pub(super) fn measured(path: &Path) -> Result<Measured, Error> {
    Ok(measure(opened(&Archive::open_any(path)?))?)
}

fn opened(archive: &Archive) -> Opened<'_> {
    Opened {
        path: archive.path(),
        length: archive.length(),
        payload: archive.payload(),
        manifest: archive.manifest(),
    }
}

/// Reads the report of the build that made the archive at `path`.
fn evidence(report: &Path, path: &Path, measured: &Measured) -> Result<Evidence, Error> {
    let unreadable = |source| Error::ReadReport { path: report.to_owned(), source };
    let unusable = |source| Error::Report { path: report.to_owned(), source };
    let evidence = Evidence::read(&fs::read(report).map_err(unreadable)?).map_err(unusable)?;
    let same = |sha256: &str| Ok::<_, Error>(file_sha256(path).map_err(unreadable)? == sha256);
    if evidence.bytes != measured.packed || !same(&evidence.sha256)? {
        return Err(unusable(BadReport::OtherArchive(evidence.bytes)));
    }
    Ok(evidence)
}
