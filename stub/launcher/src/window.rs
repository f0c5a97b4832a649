//! Windows for users who have started a graphical entry without a terminal: the progress of a cold
//! start, and errors.
//!
//! The desktop's own programs show them. They are started by these paths and never looked up on the
//! `PATH`, since what is there may be anybody's. Without them, there are no windows.

use std::ffi::OsString;
use std::path::Path;

use snakecrate_format::manifest::{Feature, Manifest};
use snakecrate_format::payload::Payload;
use snakecrate_format::record::{self, BadRecord, BootRecord};
use snakecrate_platform::dialog::{self, Dialog};
use snakecrate_platform::file::SharedFile;
use snakecrate_platform::process;

use crate::entry_choice::pick;
use crate::{ready, self_commands};

const ZENITY: &str = "/usr/bin/zenity";
const KDIALOG: &str = "/usr/bin/kdialog";
const NOTIFY: &str = "/usr/bin/notify-send";
const PROGRESS: &str = "Unpacking for the first start…";
/// Seconds until an error that nobody has closed disappears.
const SHOWN: &str = "600";

/// Whether the entry of `manifest` that `arguments` choose is graphical; if they choose none, whether any is.
fn is_graphical(manifest: &Manifest, arguments: &[OsString]) -> bool {
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

/// Shows the `message` of a failed start of the archive with the boot record `record`, and leaves the window
/// to the user. The manifest of a damaged archive may be unreadable: then the record decides.
pub fn show_failure(record: &[u8; record::LENGTH], arguments: &[OsString], message: &str) {
    if process::is_privileged() || self_commands::requested().is_some() || !dialog::is_useful() {
        return;
    }
    let manifest = match BootRecord::parse(record) {
        Ok(record) if record.graphical => {
            let file = process::open_own().ok();
            let payload = file.and_then(|file| Payload::new(SharedFile(file), record).ok());
            payload.and_then(|payload| payload.manifest(Feature::LAUNCHER).ok())
        }
        Err(BadRecord::Blank) => {
            let Some(manifest) = process::own_path().ok().and_then(|own| ready::manifest(&own))
            else {
                return;
            };
            Some(manifest)
        }
        _ => return,
    };
    if manifest.as_ref().is_some_and(|manifest| !is_graphical(manifest, arguments)) {
        return;
    }
    let name = manifest.map_or_else(|| own_name(arguments), |manifest| manifest.name);
    let title = [&name, " cannot start"].concat();
    let titled = ["--title=", &title].concat();
    let text = ["--text=", &escaped(message, &[('\\', "\\\\")])].concat();
    let timeout = ["--timeout=", SHOWN].concat();
    let rich = ["<qt>", &escaped(message, &MARKUP), "</qt>"].concat();
    let urgency = "--urgency=critical";
    let ways: [(&str, &[&str]); 3] = [
        (ZENITY, &["--error", "--no-markup", "--no-wrap", &timeout, &titled, &text]),
        (KDIALOG, &[&titled, "--error", &rich]),
        (NOTIFY, &[urgency, "--", &title, &escaped(message, &MARKUP[..3])]),
    ];
    if let Some((program, argv)) = first(&ways) {
        let _ = dialog::leave(program, &argv);
    }
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
fn first<'a>(ways: &[(&'a str, &[&str])]) -> Option<(&'a Path, Vec<OsString>)> {
    let (program, arguments) = ways.iter().find(|(program, _)| Path::new(program).exists())?;
    let argv = std::iter::once(program).chain(*arguments).map(OsString::from).collect();
    Some((Path::new(*program), argv))
}

/// The name that the archive was started by.
fn own_name(arguments: &[OsString]) -> String {
    let name = arguments.first().and_then(|name| Path::new(name).file_name());
    name.unwrap_or_default().to_string_lossy().into_owned()
}

/// What stands for characters where markup is read. Only HTML has the last.
const MARKUP: [(char, &str); 4] = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('\n', "<br>")];

/// `text` with other texts in place of characters.
fn escaped(text: &str, others: &[(char, &str)]) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match others.iter().find(|(one, _)| *one == c) {
            Some((_, other)) => escaped.push_str(other),
            None => escaped.push(c),
        }
    }
    escaped
}
