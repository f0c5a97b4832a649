//! `init`: the options that a project needs, as `[tool.snakecrate]`.

use std::fs;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use snakecrate_base::error::Remedy;
use snakecrate_base::temporary;
use snakecrate_base::ui::Ui;

use super::{Error as CommandError, print};
use crate::cli::InitArgs;
use crate::proposal::{Proposal, difference, in_project, in_script};
use crate::settings::options_of;
use crate::source::Source;

/// Why no table is written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source has no file for options.
    #[error("{0} has no file for options: it isn't a project's directory or a script")]
    NoFile(String),
    /// There is a table already.
    #[error("{} has a [tool.snakecrate] already", .0.display())]
    Exists(PathBuf),
    /// The file cannot be read or written.
    #[error("cannot {what} {}: {source}", path.display())]
    File {
        /// `read` or `write`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The file isn't TOML.
    #[error("{} isn't valid TOML: {cause}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// The first problem.
        cause: String,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoFile(_) => "give options as flags: see snakecrate build --help".into(),
            Self::Exists(_) => {
                "see what is in force with `snakecrate config`, or add to the table \
                                with --force"
                    .into()
            }
            Self::File { .. } => "make the file readable and writable for you".into(),
            Self::Toml { .. } => "fix the TOML syntax error".into(),
        })
    }
}

/// `snakecrate init`
pub(super) fn init(args: &InitArgs, ui: Ui) -> Result<(), CommandError> {
    let source = Source::detect(&args.source)?;
    let path = match &source {
        Source::Project { directory, .. } => directory.join("pyproject.toml"),
        Source::Folder(folder) => folder.directory.join("pyproject.toml"),
        Source::Script { path, .. } => path.clone(),
        _ => return Err(Error::NoFile(source.to_string()).into()),
    };
    let file = options_of(&source).map_err(crate::build::Error::from)?;
    if file.is_some_and(|file| file.document.line(&[]).is_some()) && !args.force {
        return Err(Error::Exists(path).into());
    }
    let proposal = Proposal::of(&source, ui)?;
    ui.step("Found", format_args!("entries: {}", proposal.offered.join(", ")));
    if proposal.is_empty() {
        ui.step("Finished", "no options are needed: `snakecrate build` packs it as it is");
        return Ok(());
    }
    let failed = |what| {
        let path = path.clone();
        move |source| Error::File { what, path, source }
    };
    let old = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read.map_err(failed("read"))?,
    };
    let new = match &source {
        Source::Script { metadata, .. } => in_script(&old, metadata.as_ref(), &proposal),
        _ => in_project(&old, &proposal),
    };
    let bad = |error: toml_edit::TomlError| {
        let cause = error.message().to_owned();
        Error::Toml { path: path.clone(), cause }
    };
    let new = new.map_err(bad)?;
    print(&difference(&old, &new))?;
    if args.write || is_wanted(&path) {
        write(&path, &new).map_err(failed("write"))?;
        ui.step("Written", path.display());
    } else {
        ui.step("Finished", format_args!("{} is as before; --write writes this", path.display()));
    }
    Ok(())
}

/// Asks the user, if there is one.
fn is_wanted(path: &Path) -> bool {
    let (stdin, mut stderr) = (io::stdin(), io::stderr());
    if !stdin.is_terminal() || !stderr.is_terminal() {
        return false;
    }
    let _ =
        write!(stderr, "Write this to {}? [y/N] ", path.display()).and_then(|()| stderr.flush());
    let mut answer = String::new();
    let _ = stdin.lock().read_line(&mut answer);
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

/// Replaces the file as a whole; it keeps its permissions.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    temporary::remove_abandoned(directory);
    let mut file = temporary::locked_file_in(directory, &temporary::readable_builder())?;
    file.write_all(text.as_bytes())?;
    if let Ok(before) = fs::metadata(path) {
        fs::set_permissions(file.path(), before.permissions())?;
    }
    file.persist(path)?;
    Ok(())
}
