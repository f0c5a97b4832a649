//! Limits that a build checks before its archive is published: `[tool.snakecrate.budget]` and
//! `[tool.snakecrate.licenses]`.

use std::path::Path;

use snakecrate_base::error::Remedy;
use snakecrate_base::ui::Ui;
use snakecrate_format::size::Size;
use snakecrate_size::{Measured, Part, compare};

use super::size;
use crate::archive::{self, Archive};
use crate::licences;
use crate::settings::{Budget, Settings};

/// The additions that an error names.
const NAMED: usize = 5;

/// Why an archive is not published.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is over its budget.
    #[error("{}\n{additions}", over.join("\n"))]
    Budget {
        /// A line for each limit.
        over: Vec<String>,
        /// What takes most.
        additions: String,
    },
    /// It has a licence that is not allowed.
    #[error(transparent)]
    Licences(#[from] licences::Error),
    /// It cannot be measured.
    #[error(transparent)]
    Size(#[from] size::Error),
    /// It cannot be read.
    #[error(transparent)]
    Archive(#[from] archive::Error),
}

impl Error {
    /// Whether a look into the archive shows what to leave out.
    pub(super) fn is_about_size(&self) -> bool {
        matches!(self, Self::Budget { .. })
    }
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Budget { .. } => Some(
                "leave something out, or raise the limit in [tool.snakecrate.budget]; `snakecrate \
                 size FILE` shows what there is in an archive"
                    .into(),
            ),
            Self::Licences(error) => error.remedy(),
            Self::Size(error) => error.remedy(),
            Self::Archive(error) => error.remedy(),
        }
    }
}

/// Checks the archive at `path`, which is going to be `output`.
pub(super) fn check(path: &Path, output: &Path, settings: &Settings, ui: Ui) -> Result<(), Error> {
    let policy = licences::policy(&settings.licenses)?;
    if !policy.is_empty() {
        let spinner = ui.spinner("Reading", "licences");
        let violations = policy.check(&licences::subjects(&Archive::open_any(path)?)?);
        drop(spinner);
        if !violations.is_empty() {
            return Err(licences::Error::Refused(violations).into());
        }
    }
    if settings.budget.is_limited() {
        let spinner = ui.spinner("Measuring", "the archive");
        let measured = size::measured(path)?;
        drop(spinner);
        budget(&settings.budget, &measured, output)?;
    }
    Ok(())
}

fn budget(budget: &Budget, measured: &Measured, output: &Path) -> Result<(), Error> {
    let counts = &measured.counts;
    let size = budget.size.as_ref().filter(|limit| measured.packed > limit.bytes);
    let size = size.map(|limit| {
        format!(
            "the archive is over its budget: {}, and {} are allowed",
            Size(measured.packed),
            Size(limit.bytes)
        )
    });
    let number = |limit: Option<usize>, number: usize, what: &str| {
        let limit = limit.filter(|limit| number > *limit)?;
        Some(format!("the archive is over its budget: {number} {what}, and {limit} are allowed"))
    };
    let over: Vec<String> = [
        size,
        number(budget.components, counts.components, "components"),
        number(budget.native_libraries, counts.native_libraries, "native libraries"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if over.is_empty() {
        return Ok(());
    }
    Err(Error::Budget { over, additions: additions(measured, output) })
}

/// A line with the largest additions to the archive at `output`; with the largest components if there is
/// none, or nothing grew.
fn additions(measured: &Measured, output: &Path) -> String {
    let before = output.is_file().then(|| size::measured(output).ok()).flatten();
    let grown: Vec<String> = before
        .iter()
        .flat_map(|before| compare(before, measured).parts)
        .filter(|part| part.packed.growth() > 0 && !part.kind.is_empty())
        .map(|part| format!("{} {} ({})", part.name, part.versions(), part.packed.signed()))
        .take(NAMED)
        .collect();
    if !grown.is_empty() {
        return format!("largest additions to {}: {}", output.display(), grown.join(", "));
    }
    let mut parts: Vec<_> =
        measured.parts.iter().filter(|part| part.part == Part::Component).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.bytes.packed));
    let named = parts.iter().take(NAMED).map(|part| {
        let version = part.version.as_deref().unwrap_or_default();
        format!("{} {version} ({})", part.name, Size(part.bytes.packed))
    });
    format!("largest components: {}", named.collect::<Vec<_>>().join(", "))
}
