//! Distributions in directories of this machine, by the modules that they install. Nothing is
//! executed: `RECORD` lists the files.

use std::fs;
use std::path::Path;

use crate::wheel::Metadata;

/// The name of the distribution in the directory `site` (a `site-packages`) that has `module`.
pub(super) fn distribution_of(site: &Path, module: &str) -> Option<String> {
    let path = module.replace('.', "/");
    let entries = fs::read_dir(site).ok()?;
    let mut infos: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    infos.retain(|path| path.extension().is_some_and(|extension| extension == "dist-info"));
    infos.sort();
    // The module itself, else the deepest package that contains it.
    let ends = path.match_indices('/').map(|(at, _)| at).collect::<Vec<_>>();
    let wanted = std::iter::once(path.len()).chain(ends.into_iter().rev());
    let records: Vec<_> = infos
        .iter()
        .filter_map(|info| Some((info, fs::read_to_string(info.join("RECORD")).ok()?)))
        .collect();
    let info = wanted.map(|end| &path[..end]).find_map(|path| {
        let found =
            records.iter().find(|(_, record)| record.lines().any(|line| is_file_of(line, path)));
        Some(found?.0)
    })?;
    let metadata = Metadata::parse(&fs::read_to_string(info.join("METADATA")).ok()?);
    (!metadata.name.is_empty()).then_some(metadata.name)
}

/// Whether a line of `RECORD` is about the module or package at `path`: `a/b.py`, `a/b.abi3.so`,
/// `a/b/__init__.py`.
fn is_file_of(line: &str, path: &str) -> bool {
    line.strip_prefix(path).is_some_and(|rest| rest.starts_with(['/', '.']))
}

/// Whether `directory` has a module or package of this name, without dots.
pub(super) fn has_module(directory: &Path, name: &str) -> bool {
    let is_module = |file: &str| {
        file.strip_prefix(name).is_some_and(|rest| {
            // `.cpython-313-x86_64-linux-gnu.so`: an extension module.
            let last = rest.rsplit_once('.').map(|(_, last)| last);
            rest.is_empty() || rest == ".py" || (rest.starts_with('.') && last == Some("so"))
        })
    };
    let entries = fs::read_dir(directory);
    entries.is_ok_and(|mut all| {
        all.any(|entry| entry.is_ok_and(|e| e.file_name().to_str().is_some_and(is_module)))
    })
}
