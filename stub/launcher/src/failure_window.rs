//! The window with the error of a failed start.

use std::ffi::OsString;
use std::path::Path;

use snakecrate_format::manifest::Feature;
use snakecrate_format::payload::Payload;
use snakecrate_format::record::{self, BadRecord, BootRecord};
use snakecrate_platform::dialog;
use snakecrate_platform::file::SharedFile;
use snakecrate_platform::process;

use crate::window::{KDIALOG, NOTIFY, ZENITY, first, is_graphical};
use crate::{ready, self_commands};

/// Seconds until an error that nobody has closed disappears.
const SHOWN: &str = "600";

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
