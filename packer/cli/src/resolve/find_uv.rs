//! Finds uv: `$UV`, the `PATH`, the directory of the command itself, `python -m uv`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use pep440_rs::Version;

use super::error::Error;
use super::program::prepare;

/// The oldest uv whose `pip compile` writes pylock.toml.
const OLDEST: [u64; 2] = [0, 7];
/// Prints the path of uv's executable, if the package `uv` is installed.
const ASK_PYTHON: &str = "import uv; print(uv.find_uv_bin())";

/// The places that uv is looked for in.
#[derive(Debug, Default)]
struct Places {
    /// `$UV`, which uv sets for the programs that it runs.
    given: Option<PathBuf>,
    /// The directories of the `PATH`.
    path: Vec<PathBuf>,
    /// The command as it was started, and the file that its links lead to.
    commands: Vec<PathBuf>,
    /// A Python to ask when those of the `PATH` have no uv.
    python: PathBuf,
}

/// The path of a uv that is new enough.
pub(super) fn find(python: &Path) -> Result<PathBuf, Error> {
    let path = env::var_os("PATH").unwrap_or_default();
    let path: Vec<_> = env::split_paths(&path).filter(|dir| dir.is_absolute()).collect();
    let places = Places {
        given: env::var_os("UV").filter(|uv| !uv.is_empty()).map(PathBuf::from),
        commands: commands(&path),
        path,
        python: python.to_owned(),
    };
    places.find()
}

impl Places {
    fn find(&self) -> Result<PathBuf, Error> {
        if let Some(given) = &self.given {
            let found = version(given).ok_or_else(|| Error::NotUv(given.clone()))?;
            if found >= Version::new(OLDEST) {
                return Ok(given.clone());
            }
            return Err(Error::OldUv { path: given.clone(), found });
        }
        let beside = self.commands.iter().filter_map(|command| command.parent());
        let directories = self.path.iter().map(PathBuf::as_path).chain(beside);
        let files = directories.map(|dir| dir.join("uv")).filter(|path| path.is_file());
        let pythons = self.pythons().into_iter().filter_map(|python| ask(&python));
        let mut old = None;
        for path in files.chain(pythons) {
            match version(&path) {
                Some(found) if found >= Version::new(OLDEST) => return Ok(path),
                Some(found) => old = old.or(Some(Error::OldUv { path, found })),
                None => {}
            }
        }
        Err(old.unwrap_or(Error::NoUv))
    }

    /// The Pythons to ask: the first of each name on the `PATH`, then the one to be packed.
    fn pythons(&self) -> Vec<PathBuf> {
        let first =
            |name: &&str| self.path.iter().map(|dir| dir.join(name)).find(|path| path.is_file());
        let mut pythons: Vec<PathBuf> = ["python3", "python"].iter().filter_map(first).collect();
        pythons.push(self.python.clone());
        pythons
    }
}

/// The path of this command as it was started, and of the file that it is a link to. pipx and
/// `uv tool` link from a directory of the `PATH` to one that has uv, too.
fn commands(path: &[PathBuf]) -> Vec<PathBuf> {
    let started = env::args_os().next().map(PathBuf::from).and_then(|name| {
        if name.components().count() > 1 {
            return std::path::absolute(&name).ok();
        }
        path.iter().map(|dir| dir.join(&name)).find(|path| path.is_file())
    });
    let target = env::current_exe().and_then(|path| path.canonicalize()).ok();
    started.into_iter().chain(target).collect()
}

/// The uv that is installed as a package of `python`.
fn ask(python: &Path) -> Option<PathBuf> {
    let mut command = Command::new(python);
    prepare(&mut command);
    // `-c` looks for modules in the working directory first.
    let output = command.args(["-c", ASK_PYTHON]).current_dir("/").output().ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim_end_matches('\n'));
    path.is_file().then_some(path)
}

/// The version of the uv at `path`.
pub(super) fn version(path: &Path) -> Option<Version> {
    let mut command = Command::new(path);
    prepare(&mut command);
    let output = command.arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.strip_prefix("uv ")?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    /// A directory of programs: a uv or a python that says `output`.
    fn program(directory: &Path, name: &str, output: &str) -> PathBuf {
        fs::create_dir_all(directory).unwrap();
        let path = directory.join(name);
        // Another test may fork while this process has the file open; so a shell writes it.
        let text = format!("#!/bin/sh\necho '{output}'\n");
        let mut write = Command::new("sh");
        write.args(["-c", "printf %s \"$0\" >\"$1\""]).arg(text).arg(&path);
        assert!(write.status().unwrap().success());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn places_of_uv_are_searched_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let new = "uv 0.9.1 (x86_64)";
        let given = program(&root.join("given"), "uv", new);
        let on_path = program(&root.join("path"), "uv", new);
        let beside = program(&root.join("tool"), "uv", new);
        let module = program(&root.join("module"), "uv", new);
        let python = program(&root.join("python"), "python3", module.to_str().unwrap());
        let mut places = Places {
            given: Some(given.clone()),
            path: vec![root.join("path"), root.join("python")],
            commands: vec![root.join("bin/snakecrate"), root.join("tool/snakecrate")],
            python: root.join("none"),
        };
        assert_eq!(places.find().unwrap(), given);
        places.given = None;
        assert_eq!(places.find().unwrap(), on_path);
        fs::remove_file(on_path).unwrap();
        assert_eq!(places.find().unwrap(), beside);
        fs::remove_file(beside).unwrap();
        assert_eq!(places.find().unwrap(), module);
        places.path.clear();
        assert!(matches!(places.find(), Err(Error::NoUv)));
        places.python = python;
        assert_eq!(places.find().unwrap(), module, "of the Python that is packed");
    }

    #[test]
    fn an_old_uv_is_passed_over_and_then_reported() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let old = program(&root.join("old"), "uv", "uv 0.4.30 (x)");
        let new = program(&root.join("new"), "uv", "uv 0.7.0");
        let mut places =
            Places { path: vec![root.join("old"), root.join("new")], ..Places::default() };
        assert_eq!(places.find().unwrap(), new);
        places.path.pop();
        let error = places.find().unwrap_err();
        assert!(matches!(&error, Error::OldUv { path, .. } if *path == old), "{error}");
        assert!(error.to_string().contains("0.4.30"), "{error}");
        places.given = Some(root.join("missing"));
        assert!(matches!(places.find(), Err(Error::NotUv(_))));
    }

    #[test]
    fn the_command_is_looked_up_as_started_and_behind_links() {
        let directory = tempfile::tempdir().unwrap();
        let target = program(&directory.path().join("venv"), "snakecrate", "");
        let link = directory.path().join("snakecrate");
        symlink(&target, &link).unwrap();
        assert_eq!(link.canonicalize().unwrap(), target.canonicalize().unwrap());
        // The test binary itself was started with its path.
        let found = commands(&[]);
        let own = env::current_exe().unwrap();
        assert!(found.iter().all(|path| path.file_name() == own.file_name()), "{found:?}");
        assert!(!found.is_empty());
    }
}
