//! A virtual environment as a source: its distributions, as wheels.
//!
//! Every file that a RECORD lists is compared with it and copied into a wheel, so that a build treats
//! it like any other. Files that no RECORD lists are not packed.

mod distribution;
mod error;
mod paths;
mod rewheel;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::resolve::{Fetched, Origin};
use crate::wheel::{WheelName, normalize};
use distribution::Installed;
use error::At as _;
pub use error::Error;
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::{Count, Ui};
use snakecrate_download::file_sha256;

/// Code that environments are made with, and that no RECORD lists.
const TOOLS: [&str; 2] = ["_virtualenv.py", "_virtualenv.pth"];

/// The contents of an environment.
#[derive(Debug)]
pub struct Contents {
    /// Its distributions, as wheels, sorted by name.
    pub wheels: Vec<Fetched>,
    /// Projects that are installed so that changes take effect: names and directories.
    pub editable: Vec<(String, PathBuf)>,
}

/// Makes wheels, in the directory `out`, of the distributions that the virtual environment in
/// `directory` has for `interpreter`.
///
/// # Errors
///
/// A file differs from its RECORD, or something is installed in a way that cannot be packed.
pub fn contents(
    directory: &Path,
    interpreter: &Interpreter,
    out: &Path,
    ui: Ui,
) -> Result<Contents, Error> {
    let site = directory.join(interpreter.site_packages());
    if !site.is_dir() {
        let (directory, minor) = (directory.to_owned(), interpreter.minor());
        return Err(Error::OtherPython { directory, minor });
    }
    if sees_system(directory) {
        ui.warn_with_help(
            format_args!(
                "{} uses packages of the system, which are not packed",
                directory.display()
            ),
            "make the environment without --system-site-packages",
        );
    }
    let installed = Installed::all(&site)?;
    let editable: Vec<_> = installed
        .iter()
        .filter_map(|one| Some((normalize(&one.name), one.editable.clone()?)))
        .collect();
    warn_of_strangers(directory, &site, &installed, ui)?;
    let spinner = ui.spinner("Checking", Count(installed.len(), "installed distribution"));
    let copied = installed.par_iter().filter(|one| one.editable.is_none());
    let mut wheels = copied
        .map(|one| fetched(&rewheel::write(one, directory, interpreter, out)?))
        .collect::<Result<Vec<_>, Error>>()?;
    drop(spinner);
    wheels.sort_by(|a, b| a.name.cmp(&b.name));
    ui.step("Checked", Count(installed.len(), "installed distribution"));
    Ok(Contents { wheels, editable })
}

fn fetched(path: &Path) -> Result<Fetched, Error> {
    let name = WheelName::of(path).map_err(|kind| kind.at(path))?;
    let sha256 = file_sha256(path).at(path)?;
    let (name, version) = (normalize(&name.name), name.version);
    Ok(Fetched {
        name,
        version,
        path: path.to_owned(),
        sha256,
        origin: Origin::Built,
        from: None,
        local: false,
    })
}

/// Whether the environment sees packages outside of it.
fn sees_system(directory: &Path) -> bool {
    let text = fs::read_to_string(directory.join("pyvenv.cfg")).unwrap_or_default();
    text.lines().any(|line| {
        line.split_once('=').is_some_and(|(key, value)| {
            key.trim() == "include-system-site-packages"
                && value.trim().eq_ignore_ascii_case("true")
        })
    })
}

/// Warns of files in `site` that no distribution has. A `.pth` file among them, or a `.start` file
/// of 3.15 and newer, is an error: it changes what Python finds or runs.
fn warn_of_strangers(
    directory: &Path,
    site: &Path,
    installed: &[Installed],
    ui: Ui,
) -> Result<(), Error> {
    let known: BTreeSet<&Path> =
        installed.iter().flat_map(|one| one.files.keys()).map(PathBuf::as_path).collect();
    let mut strangers = Vec::new();
    let walk = walkdir::WalkDir::new(site).sort_by_file_name().into_iter();
    let walk = walk.filter_entry(|entry| entry.file_name() != "__pycache__");
    for entry in walk.filter_map(Result::ok).filter(|entry| !entry.file_type().is_dir()) {
        let path = entry.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let name = path.strip_prefix(site).unwrap_or(path).to_string_lossy().into_owned();
        let is_metadata = name.split('/').next().is_some_and(|top| top.ends_with(".dist-info"));
        if known.contains(path)
            || TOOLS.contains(&&*name)
            || extension == Some("pyc")
            || is_metadata
        {
            continue;
        }
        match extension {
            Some("egg-link" | "egg") => return Err(Error::Egg(path.to_owned())),
            Some("pth" | "start") if !name.contains('/') => {
                return Err(Error::Paths(path.to_owned()));
            }
            _ => strangers.push(name),
        }
    }
    if let Some(first) = strangers.first() {
        ui.warn_with_help(
            format_args!(
                "not packed: {} in {} that no distribution lists: {first}{}",
                Count(strangers.len(), "file"),
                directory.display(),
                if strangers.len() > 1 { " …" } else { "" },
            ),
            "install them with a distribution, or add them with --include",
        );
    }
    Ok(())
}
