//! The parts of the standard library: those that an archive has, and those that new components need.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use snakecrate_base::tree::{Node, Tree};
use snakecrate_format::listing;
use snakecrate_format::manifest::Component;
use snakecrate_runtime::{Imports, Part, Scanner, reach};

use super::contents::extension;
use crate::archive::{self, Archive};
use crate::build::{self, boot};
use crate::bytecode::is_of_packs;
use crate::wheel::source_of;

/// Whether the runtime was reduced to modules that something can import. Nothing ever imports these.
pub(super) fn is_minimal(paths: &BTreeSet<String>, stdlib: &str) -> bool {
    let has = |module: &str| {
        [".py", ".pyc"].iter().any(|end| paths.contains(&format!("{stdlib}/{module}{end}")))
    };
    !has("this") && !has("antigravity")
}

/// The imports of a component that is in `archive` already.
pub(super) fn imports(
    archive: &Archive,
    component: &Component,
    scanner: &Scanner<'_>,
) -> Result<Imports, build::Error> {
    Ok(Imports::of(&sources(archive, component)?, scanner)?)
}

/// The files of a component that is in `archive`, as a build saw them; only sources have contents.
pub(super) fn sources(archive: &Archive, component: &Component) -> Result<Tree, build::Error> {
    let listing = archive.listing(component)?;
    let sources = Mutex::new(BTreeMap::new());
    archive::visit(archive, component, |path, contents| {
        let is_source = match listing.get(path) {
            Some(listing::Node::File { mode: listing::Mode::Script, .. }) => true,
            _ => !["pyc", "so"].contains(&extension(path)),
        };
        if is_source {
            let mut bytes = Vec::new();
            contents.read_to_end(&mut bytes)?;
            sources.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), bytes);
        }
        Ok(())
    })?;
    let mut sources = sources.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut tree = Tree::default();
    for item in listing.items() {
        let path = item.path.as_str();
        // A build looks at trees before it compiles them and adds boot scripts.
        let is_compiled = source_of(path).is_some_and(|source| listing.get(&source).is_some())
            || is_of_packs(path);
        if is_compiled || path.starts_with("boot/") || path.ends_with(boot::PATH_FILE) {
            continue;
        }
        match &item.node {
            listing::Node::File { mode, .. } => {
                let bytes = sources.remove(path).unwrap_or_default();
                tree.insert_file(item.path.clone(), *mode, bytes);
            }
            listing::Node::Link(target) => {
                tree.insert(item.path.clone(), Node::Link(target.clone()));
            }
        }
    }
    Ok(tree)
}

/// Parts that new components need, and all that they need.
#[derive(Default)]
pub(super) struct Needed {
    /// Parts that the archive lacks, each with the reason.
    pub(super) parts: Vec<(Part, String)>,
    /// The need of the new archive; `None` if it is that of the old one.
    pub(super) need: Option<reach::Need>,
}

/// The parts among `lacking` that the distributions `new` need and `old` don't, each with the reason.
pub(super) fn newly_needed(
    lacking: &BTreeSet<Part>,
    old: &[(&str, &Imports)],
    new: &[(&str, &Imports)],
    scanner: &Scanner<'_>,
    launch: reach::Launch<'_>,
) -> Result<Needed, build::Error> {
    let before = reach::need(scanner, old.iter().copied(), launch)?;
    let after = reach::need(scanner, new.iter().copied(), launch)?;
    let is_new = |part: &&Part| before.leave_out.contains(part) && !after.leave_out.contains(part);
    let reason = |part: &Part| {
        let start = format!("{part} (");
        let way = after.kept.iter().find(|text| text.starts_with(&start)).cloned();
        let open = || after.open.as_ref().map(|why| format!("{part} ({why})"));
        (*part, way.or_else(open).unwrap_or_else(|| part.to_string()))
    };
    let parts = lacking.iter().filter(is_new).map(reason).collect();
    Ok(Needed { parts, need: Some(after) })
}
