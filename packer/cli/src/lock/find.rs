//! Lock files beside a project or a script, or above it in a workspace.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::read::Format;
use super::requirements;
use super::wanted::LockFile;
use crate::source::{Folder, Source, workspace};

/// A lock file of a known format.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) format: Format,
    pub(crate) file: LockFile,
}

/// Names of lock files beside a project, in the order in which they are preferred.
const NAMES: [(&str, Format); 5] = [
    ("uv.lock", Format::Uv),
    ("pylock.toml", Format::Pylock),
    ("poetry.lock", Format::Poetry),
    ("pdm.lock", Format::Pdm),
    ("requirements.txt", Format::Requirements),
];

/// All lock files of `source`.
pub(super) fn of(source: &Source) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    match source {
        Source::Script { path, .. } => {
            let mut name = path.clone().into_os_string();
            name.push(".lock");
            found.extend(read(Path::new(&name), Format::Uv)?);
        }
        Source::Project { directory, .. } | Source::Folder(Folder { directory, .. }) => {
            for (name, format) in NAMES {
                found.extend(read(&directory.join(name), format)?);
            }
            if !found.iter().any(|found| found.format == Format::Uv)
                && let Some(root) = workspace::root_of(directory)
            {
                found.extend(read(&root.join("uv.lock"), Format::Uv)?);
                found.sort_by_key(|found| found.format);
            }
        }
        Source::Wheel { .. }
        | Source::Sdist { .. }
        | Source::Zipapp { .. }
        | Source::Environment { .. }
        | Source::Requirement { .. } => {}
    }
    // A list of requirements that isn't pinned, or has no digests, isn't a lock.
    let is_lock =
        |found: &Found| found.format != Format::Requirements || requirements::is_lock(&found.file);
    found.retain(is_lock);
    Ok(found)
}

/// The file that the user names.
pub(super) fn named(path: &Path) -> Result<Found, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(failed)?;
    // Links stay, so that relative paths start where the user sees the file.
    let path = std::path::absolute(path).map_err(failed)?;
    let format = format_of(&path, &text).ok_or_else(|| Error::Format { path: path.clone() })?;
    Ok(Found { format, file: LockFile { path, text } })
}

fn format_of(path: &Path, text: &str) -> Option<Format> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if let Some((_, format)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some(*format);
    }
    if name.ends_with(".py.lock") {
        return Some(Format::Uv);
    }
    let Ok(table) = text.parse::<toml::Table>() else {
        return text.contains("--hash").then_some(Format::Requirements);
    };
    let metadata = |key: &str| table.get("metadata").is_some_and(|table| table.get(key).is_some());
    if table.contains_key("lock-version") {
        Some(Format::Pylock)
    } else if metadata("content-hash") {
        Some(Format::Poetry)
    } else if metadata("content_hash") || metadata("lock_version") {
        Some(Format::Pdm)
    } else if table.contains_key("version") && table.contains_key("package") {
        Some(Format::Uv)
    } else {
        None
    }
}

fn read(path: &Path, format: Format) -> Result<Option<Found>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => {
            let file = LockFile { path: PathBuf::from(path), text };
            Ok(Some(Found { format, file }))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Read { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_name_or_by_contents() {
        let of = |name: &str, text: &str| format_of(Path::new(name), text);
        assert_eq!(of("/a/uv.lock", ""), Some(Format::Uv));
        assert_eq!(of("tool.py.lock", ""), Some(Format::Uv));
        assert_eq!(of("pylock.prod.toml", "lock-version = '1.0'"), Some(Format::Pylock));
        assert_eq!(of("p.lock", "[metadata]\ncontent-hash = ''"), Some(Format::Poetry));
        assert_eq!(of("p.lock", "[metadata]\nlock_version = '4.5'"), Some(Format::Pdm));
        assert_eq!(of("u.lock", "version = 1\n[[package]]\nname = 'a'"), Some(Format::Uv));
        assert_eq!(of("prod.txt", "a==1 --hash=sha256:00\n"), Some(Format::Requirements));
        assert_eq!(of("notes.txt", "a==1\n"), None);
    }
}
