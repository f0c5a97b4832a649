//! Zip files with an application: what `python -m zipapp` writes
//! ([zipapp](https://docs.python.org/3/library/zipapp.html)).

use std::path::Path;

use snakecrate_format::entry_path::EntryPath;

use super::error::Error;
use crate::wheel::{Kind, Store, members};
use snakecrate_base::APP;
use snakecrate_base::tree::{Mode, Node, Tree};

/// The file that Python runs.
const MAIN: &str = "__main__.py";
/// Members of the zip files of tools whose code opens its own zip file: the member and the tool.
const TOOLS: [(&str, &str); 2] = [("PEX-INFO", "pex"), ("_bootstrap/__init__.py", "shiv")];

/// Whether the file at `path` is a zip file that Python can run.
///
/// # Errors
///
/// A tool made it whose code needs the zip file.
pub(super) fn is_zipapp(path: &Path) -> Result<bool, Error> {
    let Ok(zip) = members::open(path) else { return Ok(false) };
    let has = |name: &str| zip.index_for_name(name).is_some();
    if !has(MAIN) {
        return Ok(false);
    }
    match TOOLS.iter().find(|(member, _)| has(member)) {
        Some((_, tool)) => Err(Error::Tool { path: path.to_owned(), tool }),
        None => Ok(true),
    }
}

/// The tree of the zip file at `path`, and the file in it that is run. Contents are kept in `store`.
///
/// # Errors
///
/// The zip file is damaged or hostile.
pub fn zipapp_tree(path: &Path, store: &Store) -> Result<(EntryPath, Tree), Error> {
    unzip(path, store).map_err(|kind| kind.at(path).into())
}

fn unzip(path: &Path, store: &Store) -> Result<(EntryPath, Tree), Kind> {
    let mut zip = members::open(path)?;
    let mut tree = Tree::default();
    for (name, index) in members::names(&mut zip)? {
        let mut file = zip.by_index(index)?;
        let size = file.size();
        let is_executable = file.unix_mode().is_some_and(|mode| mode & 0o111 != 0);
        let kept = store.keep(&mut file, size)?;
        if kept.size != size {
            return Err(Kind::Altered(name, "size"));
        }
        let place = EntryPath::new(&format!("{APP}/{name}"))?;
        let is_source = matches!(place.extension(), "py" | "pyw");
        let mode = if is_executable && !is_source { Mode::Executable } else { Mode::Plain };
        // Bytecode beside its source is compiled again; a zip file has none in `__pycache__`.
        if !name.contains("__pycache__/") {
            tree.insert(place, Node::File { mode, content: kept.content });
        }
    }
    Ok((EntryPath::new(&format!("{APP}/{MAIN}"))?, tree))
}
