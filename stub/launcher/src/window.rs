//! Windows for users who have started a graphical entry without a terminal: when they are shown, by which
//! programs, and the progress of a cold start. [`crate::failure_window`] shows errors.
//!
//! The desktop's own programs show them. They are started by these paths and never looked up on the
//! `PATH`, since what is there may be anybody's. Without them, there are no windows.

use std::ffi::OsString;
use std::path::Path;

use snakecrate_format::manifest::Manifest;
use snakecrate_platform::dialog::{self, Dialog};

use crate::entry_choice::pick;

pub(crate) const ZENITY: &str = "/usr/bin/zenity";
pub(crate) const KDIALOG: &str = "/usr/bin/kdialog";
pub(crate) const NOTIFY: &str = "/usr/bin/notify-send";
const PROGRESS: &str = "Unpacking for the first start…";

/// Whether the entry of `manifest` that `arguments` choose is graphical; if they choose none, whether any is.
pub(crate) fn is_graphical(manifest: &Manifest, arguments: &[OsString]) -> bool {
    let default = manifest.launch.default.as_deref().unwrap_or_default();
    let name = |at: usize| manifest.entries[at].name.as_bytes();
    match pick(manifest.entries.len(), &name, default.as_bytes(), arguments) {
        Some((at, _)) => manifest.entries[at].graphical,
        None => manifest.entries.iter().any(|entry| entry.graphical),
    }
}

/// Whether a start of `manifest` with these arguments has windows.
pub fn is_wanted(manifest: &Manifest, arguments: &[OsString]) -> bool {
    is_graphical(manifest, arguments) && dialog::is_useful()
}

/// The window of a cold start.
#[derive(Debug)]
pub struct ProgressWindow(Dialog);

impl ProgressWindow {
    /// Shows it. `None` if the desktop has no program for it.
    pub fn open(name: &str) -> Option<Self> {
        let title = ["--title=", name].concat();
        let text = ["--text=", PROGRESS].concat();
        let ways: [(&str, &[&str]); 3] = [
            (ZENITY, &["--progress", "--no-cancel", "--auto-close", &title, &text]),
            (KDIALOG, &[&title, "--msgbox", PROGRESS]),
            (NOTIFY, &["--", name, PROGRESS]),
        ];
        let (program, argv) = first(&ways)?;
        Dialog::start(program, &argv).ok().map(Self)
    }

    /// Shows how much is done.
    pub fn show(&self, percent: u64) {
        self.0.send(&format!("{percent}\n"));
    }
}

/// The first program that exists, and its arguments with its own name.
pub(crate) fn first<'a>(ways: &[(&'a str, &[&str])]) -> Option<(&'a Path, Vec<OsString>)> {
    let (program, arguments) = ways.iter().find(|(program, _)| Path::new(program).exists())?;
    let argv = std::iter::once(program).chain(*arguments).map(OsString::from).collect();
    Some((Path::new(*program), argv))
}
