//! `cache`: the unpacked archives.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use comfy_table::CellAlignment;
use snakecrate_base::document;
use snakecrate_cache::component::Difference;
use snakecrate_cache::inventory::Inventory;
use snakecrate_cache::last_errors;
use snakecrate_cache::places::candidates;
use snakecrate_cache::root::Root;
use snakecrate_cache::unusable::Unusable;
use snakecrate_cache::verify::{Finding, remove, verify};
use snakecrate_format::size::Size;

use super::cache_document::{Damaged, Listing, Removal, Verification};
use super::labels::{component, environment};
use super::prune::PruneReport;
use super::{Error, print};
use crate::cli::Cache;
use snakecrate_base::ui::{Count, Ui, table};

const DAY: Duration = Duration::from_hours(24);

/// `snakecrate cache …`
pub(super) fn run(command: &Cache, ui: Ui) -> Result<(), Error> {
    let path = candidates().into_iter().next().unwrap_or_default();
    let failed = |what| {
        let path = path.clone();
        move |source| Error::Cache { what, path, source }
    };
    if matches!(command, Cache::Dir) {
        return print(&format!("{}\n", path.display()));
    }
    let root = match Root::open(&path) {
        Ok(root) => root,
        Err(Unusable::Missing) => {
            if command.is_json() {
                return print(&nothing(command, &path));
            }
            ui.step("Empty", path.display());
            return Ok(());
        }
        Err(why) => return Err(failed("read")(io::Error::other(why.to_string()))),
    };
    match command {
        Cache::Dir => Ok(()),
        Cache::List { json } => {
            let inventory = Inventory::read(&root).map_err(failed("read"))?;
            print(&if *json {
                document::text(&Listing::new(&path, &inventory))
            } else {
                listing_text(&inventory)
            })
        }
        Cache::Verify { repair, json } => {
            let spinner = ui.spinner("Verifying", "");
            let findings = verify(&root, |what| spinner.message(what)).map_err(failed("read"))?;
            drop(spinner);
            let removed = if *repair && !findings.is_empty() {
                Some(remove(&root, &findings).map_err(failed("repair"))?)
            } else {
                None
            };
            print(&if *json {
                let damaged = findings.iter().map(|one| Damaged::new(root.path(), one)).collect();
                let removed = removed.unwrap_or(0);
                document::text(&Verification { root: &path, damaged, removed })
            } else if findings.is_empty() {
                format!("{}: every file is as it was packed\n", path.display())
            } else {
                findings.iter().map(|finding| finding_text(&root, finding)).collect()
            })?;
            if let Some(removed) = removed {
                ui.step(
                    "Removed",
                    format_args!("{removed} directories; their archives unpack them again"),
                );
            } else if !findings.is_empty() {
                return Err(Error::Damaged { path: path.clone(), trees: findings.len() });
            }
            Ok(())
        }
        Cache::Prune { unused, older, max_size, dry_run, json } => {
            let report = PruneReport::prune(&root, *unused, *older, *max_size, *dry_run);
            let report = report.map_err(failed("prune"))?;
            if *json {
                return print(&document::text(&report.document(root.path(), *dry_run)));
            }
            print(&report.text())?;
            report.print(*dry_run, ui);
            Ok(())
        }
        Cache::Clear { json } => {
            let report = PruneReport::clear(&root).map_err(failed("clear"))?;
            last_errors::clear(&root).map_err(failed("clear"))?;
            if *json {
                return print(&document::text(&report.document(root.path(), false)));
            }
            report.print(false, ui);
            Ok(())
        }
    }
}

/// The document of a command where there is no cache at `path`.
fn nothing(command: &Cache, path: &Path) -> String {
    match command {
        Cache::Verify { .. } => {
            document::text(&Verification { root: path, damaged: Vec::new(), removed: 0 })
        }
        Cache::Prune { .. } | Cache::Clear { .. } => {
            document::text(&Removal { root: path.to_owned(), ..Removal::default() })
        }
        Cache::Dir | Cache::List { .. } => {
            document::text(&Listing::new(path, &Inventory::default()))
        }
    }
}

/// A line for each difference.
fn finding_text(root: &Root, finding: &Finding) -> String {
    let tree = root.path().join(&finding.tree);
    let line = |difference: &Difference| {
        let path = if difference.path.is_empty() { "the tree" } else { &difference.path };
        format!("{} ({}): {path}: {}\n", tree.display(), finding.what, difference.what)
    };
    finding.differences.iter().map(line).collect()
}

fn listing_text(inventory: &Inventory) -> String {
    let mut envs = table(&["environment", "in use", "last used", "key"]);
    for env in &inventory.envs {
        let in_use = if env.in_use { "yes" } else { "" };
        envs.add_row([environment(env), in_use.into(), age(env.last_used), env.key.clone()]);
    }
    let mut components = table(&["component", "files", "size", "used by", "key"]);
    for column in [1, 2, 3] {
        if let Some(column) = components.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut total = 0;
    for info in &inventory.components {
        let (name, files, bytes) = component(info);
        total += bytes;
        let (files, used_by) = (files.to_string(), info.used_by.len().to_string());
        components.add_row([name, files, Size(bytes).to_string(), used_by, info.key.clone()]);
    }
    format!(
        "{envs}\n\n{components}\n\n{}, {}, {}\n",
        Count(inventory.envs.len(), "environment"),
        Count(inventory.components.len(), "component"),
        Size(total)
    )
}

/// In days: last use is recorded about once a day.
fn age(last_used: SystemTime) -> String {
    match SystemTime::now().duration_since(last_used).map(|age| age.as_secs() / DAY.as_secs()) {
        Ok(0) | Err(_) => "today".into(),
        Ok(1) => "yesterday".into(),
        Ok(days) => format!("{days} days ago"),
    }
}
