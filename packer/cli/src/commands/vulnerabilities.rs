//! `audit --vulnerabilities`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use snakecrate_advisories::{BadVex, Component, Database, Report, Statements, find};
use snakecrate_base::error::Remedy;
use snakecrate_base::ui::{Count, Ui};

use super::print;
use crate::archive::{self, Archive, VEX};
use crate::bill;
use crate::cli::AuditArgs;

/// The number of bad records that are named; the rest is counted.
const NAMED: usize = 3;

/// Why vulnerabilities cannot be shown, or are there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// Its bill of materials cannot be made.
    #[error(transparent)]
    Bill(#[from] bill::Error),
    /// There is no database.
    #[error(transparent)]
    Database(#[from] snakecrate_advisories::Error),
    /// A VEX document cannot be read.
    #[error("cannot read the VEX document {}: {source}", path.display())]
    ReadVex {
        /// Its path.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A VEX document is something else.
    #[error("{} isn't a VEX document: {source}", path.display())]
    Vex {
        /// Its path.
        path: PathBuf,
        /// The cause.
        source: BadVex,
    },
    /// The archive has no VEX document.
    #[error("{} has no VEX document", .0.display())]
    Nothing(PathBuf),
    /// There are vulnerabilities.
    #[error("{} has {count}", path.display())]
    Found {
        /// The archive.
        path: PathBuf,
        /// How many.
        count: String,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Archive(error) => return error.remedy(),
            Self::Bill(error) => return error.remedy(),
            Self::Database(error) => return error.remedy(),
            Self::ReadVex { .. } => "name a file that you can read".into(),
            Self::Vex { .. } => "give an OpenVEX or CycloneDX document in JSON".into(),
            Self::Nothing(_) => "build it with [tool.snakecrate] vex = FILE".into(),
            Self::Found { .. } => {
                "upgrade these, or state why they do not matter in a VEX document \
                 (--vex, or [tool.snakecrate] vex)"
                    .into()
            }
        })
    }
}

/// Prints the VEX document in the archive `file`.
pub(super) fn vex(file: &Path) -> Result<(), super::Error> {
    let archive = Archive::open_any(file)?;
    let bytes = archive.attachment(VEX)?.ok_or_else(|| Error::Nothing(file.to_owned()))?;
    print(&String::from_utf8_lossy(&bytes))
}

/// Shows the known vulnerabilities of an archive.
pub(super) fn vulnerabilities(args: &AuditArgs, ui: Ui) -> Result<(), super::Error> {
    let report = report(args, ui)?;
    let shown = if args.sarif {
        report.sarif(&args.path.to_string_lossy())
    } else if args.json {
        report.json()
    } else {
        report.text()
    };
    print(&shown)?;
    let count = match report.open().count() {
        0 => return Ok(()),
        1 => "1 known vulnerability".to_owned(),
        more => format!("{more} known vulnerabilities"),
    };
    Err(Error::Found { path: args.path.clone(), count }.into())
}

fn report(args: &AuditArgs, ui: Ui) -> Result<Report, Error> {
    let archive = Archive::open_any(&args.path)?;
    let bill = bill::of(&archive)?;
    let component = |item: snakecrate_sbom::Item| Component {
        name: item.name,
        reference: item.id,
        purl: item.purl,
        locations: item.native.into_iter().map(|file| file.path).collect(),
    };
    let components: Vec<Component> = bill.items.into_iter().map(component).collect();
    let mut statements = Statements::default();
    if let Some(bytes) = archive.attachment(VEX)? {
        let path = args.path.clone();
        statements.add(&bytes).map_err(|source| Error::Vex { path, source })?;
    }
    for path in &args.vex {
        add(&mut statements, path)?;
    }
    let database = Database::open_all(&args.vulnerabilities)?;
    for bad in database.bad.iter().take(NAMED) {
        ui.warn(format_args!("skipping what isn't an OSV record: {bad}"));
    }
    if let more @ 1.. = database.bad.len().saturating_sub(NAMED) {
        ui.warn(format_args!("skipping {} more", Count(more, "record")));
    }
    let found = find(&components, &database, &statements);
    let report = Report { name: bill.name, version: bill.version, ..found };
    for unknown in &report.unknown {
        ui.warn(unknown);
    }
    Ok(report)
}

fn add(statements: &mut Statements, path: &Path) -> Result<(), Error> {
    let bytes =
        fs::read(path).map_err(|source| Error::ReadVex { path: path.to_owned(), source })?;
    let failed = |source| Error::Vex { path: path.to_owned(), source };
    statements.add(&bytes).map_err(failed)
}
