//! Attestations of the files that a build takes from package indexes
//! ([PEP 740](https://peps.python.org/pep-0740/)): who published them.
//!
//! They are asked for if somebody reads the result: a build with a report, a provenance, or publishers that
//! the user requires. Others make no request for them.

mod error;
mod index;

use std::fs;
use std::io::Write as _;
use std::path::Path;

use rayon::prelude::*;
use snakecrate_base::ui::Ui;
use snakecrate_provenance::attestation::publishers;
use snakecrate_provenance::publisher::{Publisher, Wanted};

use crate::build_cache::BuildCache;
use crate::resolve::{self, Fetched, Material};
use crate::settings::Settings;
use crate::wheel::normalize;
pub use error::{Error, Refused, Why};
use index::Answer;

/// The name that stands for all distributions.
const ALL: &str = "*";

/// A file and the publishers that its attestations prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// The distribution's normalised name.
    pub name: String,
    /// The file's name.
    pub file: String,
    /// At least one.
    pub publishers: Vec<Publisher>,
}

/// Checks the attestations of `distributions`, which `source` in `directory` requires, and compares their
/// publishers with those that the settings require.
///
/// # Errors
///
/// An attestation is wrong, or a required publisher is not proven.
pub fn check(
    settings: &Settings,
    directory: &Path,
    distributions: &[Fetched],
    cache: &BuildCache,
    ui: Ui,
) -> Result<Vec<Attested>, Error> {
    let is_read = settings.report.is_some() || settings.provenance.is_some();
    if settings.publishers.is_empty() && !is_read {
        return Ok(Vec::new());
    }
    let indexes = if settings.offline {
        Vec::new()
    } else {
        resolve::index_urls(directory, settings.index_url.as_deref())
    };
    let spinner = ui.spinner("Checking", "attestations");
    let outcomes: Vec<_> = distributions
        .par_iter()
        .filter(|one| !one.local)
        .map(|one| (one, of_file(one, &indexes, cache)))
        .collect();
    drop(spinner);
    let (mut attested, mut refused) = (Vec::new(), Vec::new());
    for (one, outcome) in outcomes {
        let wanted = wanted(settings, &one.name);
        match outcome {
            Ok((file, publishers)) => {
                let is_allowed = |wanted: &Wanted| publishers.iter().any(|one| wanted.allows(one));
                if let Some(wanted) = wanted.filter(|wanted| !is_allowed(wanted)) {
                    refused.push(Refused::new(one, wanted, Why::Others(publishers.clone())));
                }
                attested.push(Attested { name: one.name.clone(), file, publishers });
            }
            // A wrong attestation is worse than none.
            Err(why @ Why::Wrong(_)) => {
                refused.push(Refused::new(one, wanted.unwrap_or(Wanted::Any), why));
            }
            Err(why) => match wanted {
                Some(wanted) => refused.push(Refused::new(one, wanted, why)),
                None => ui.detail(format_args!("{}: {why}", one.name)),
            },
        }
    }
    if !refused.is_empty() {
        return Err(Error(refused));
    }
    if !attested.is_empty() {
        let of = distributions.iter().filter(|one| !one.local).count();
        ui.step("Attested", format_args!("{} of {of} distributions", attested.len()));
    }
    Ok(attested)
}

/// The publisher that the settings require for the distribution `name`.
fn wanted(settings: &Settings, name: &str) -> Option<Wanted> {
    let named = |name: &str| settings.publishers.iter().rfind(|one| normalize(&one.name) == name);
    let one = named(name).or_else(|| settings.publishers.iter().rfind(|one| one.name == ALL))?;
    // They were checked when they were read.
    one.value.parse().ok()
}

/// The name and the publishers of the file that `one` was taken from, or built from.
fn of_file(
    one: &Fetched,
    indexes: &[String],
    cache: &BuildCache,
) -> Result<(String, Vec<Publisher>), Why> {
    let Some(Material::File { name, url: Some(_), sha256: Some(sha256), .. }) = &one.from else {
        return Err(Why::NotOfAnIndex);
    };
    let kept = cache.attestations(sha256);
    let document = match fs::read(&kept) {
        Ok(document) => document,
        Err(_) => match index::document(&one.name, name, sha256, indexes) {
            Answer::Document(document) => document,
            Answer::None => return Err(Why::None),
            Answer::Unavailable(why) => return Err(Why::Unavailable(why)),
        },
    };
    let found = publishers(&document, name, sha256).map_err(Why::Wrong)?;
    // If it cannot be kept, the next build asks again.
    let _ = keep(&kept, &document, cache);
    if found.is_empty() { Err(Why::None) } else { Ok((name.clone(), found)) }
}

/// Keeps a document that was found right. Whoever reads it checks it again.
fn keep(path: &Path, document: &[u8], cache: &BuildCache) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    let mut file = cache.temporary_file()?;
    file.write_all(document)?;
    file.persist(path)?;
    Ok(())
}
