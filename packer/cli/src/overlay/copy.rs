//! A copy of an environment whose files are links to the original's.

use std::fs;
use std::path::Path;

use snakecrate_cache::layout::INTERPRETER;
use snakecrate_format::entry_path::RESERVED;
use snakecrate_platform::file::symlink;
use walkdir::WalkDir;

use super::{Error, at};

/// The longest script whose first lines are changed, in bytes.
const MAX_SCRIPT: u64 = 1 << 20;

/// Copies the environment at `from` to `to`, which will be renamed to `home`. Files become hard links,
/// or copies where the file system has none. Scripts get the copy's interpreter.
pub(super) fn environment(from: &Path, to: &Path, home: &Path) -> Result<(), Error> {
    let own = fs::canonicalize(from).map_err(at(from))?;
    let walk = WalkDir::new(from).into_iter().filter_entry(|entry| {
        // The launcher's own files.
        entry.depth() != 1 || entry.file_name() != RESERVED
    });
    for entry in walk {
        let entry = entry.map_err(|error| at(from)(error.into()))?;
        let Ok(below) = entry.path().strip_prefix(from) else { continue };
        let target = to.join(below);
        let kind = entry.file_type();
        let done = if kind.is_dir() {
            fs::create_dir_all(&target)
        } else if kind.is_symlink() {
            // The interpreter's link leads out of the environment.
            let place = fs::read_link(entry.path());
            place.and_then(|place| match below == Path::new(INTERPRETER) {
                true => fs::canonicalize(entry.path()).and_then(|real| symlink(real, &target)),
                false if entry.path().parent() == Some(&from.join("bin")) => {
                    let outside = place.starts_with("..");
                    symlink(if outside { Path::new("python3") } else { &place }, &target)
                }
                // A directory of a component.
                false => match fs::canonicalize(entry.path()) {
                    Ok(real) if !real.starts_with(&own) => symlink(real, &target),
                    _ => symlink(place, &target),
                },
            })
        } else if below.starts_with("bin") && below != Path::new(INTERPRETER) {
            script(entry.path(), &target, from, home)
        } else {
            link(entry.path(), &target)
        };
        done.map_err(at(&target))?;
    }
    Ok(())
}

fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop))
}

/// Copies a file of `bin`. A script of the environment's interpreter names its path.
fn script(from: &Path, to: &Path, env: &Path, home: &Path) -> std::io::Result<()> {
    if fs::metadata(from)?.len() > MAX_SCRIPT {
        return link(from, to);
    }
    let bytes = fs::read(from)?;
    let (old, new) = (env.as_os_str().as_encoded_bytes(), home.as_os_str().as_encoded_bytes());
    // The path is in the first line, or, run by a shell, in the second.
    let found = bytes.windows(old.len()).take(1 << 10).position(|window| window == old);
    match found.filter(|_| bytes.starts_with(b"#!")) {
        Some(start) => {
            fs::write(to, [&bytes[..start], new, &bytes[start + old.len()..]].concat())?;
            fs::set_permissions(to, fs::metadata(from)?.permissions())
        }
        None => link(from, to),
    }
}
