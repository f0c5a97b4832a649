//! `inspect`, `verify` and `extract`: reading archives.

use std::path::Path;

use snakecrate_format::size::Size;

use super::{Error, print};
use crate::archive::{self, Archive, DroppedDocument, Extracted, Report};
use crate::prefix::{self, LibcUse};
use snakecrate_base::document;
use snakecrate_base::ui::Ui;
use snakecrate_platform::process;

/// `snakecrate inspect`
pub(super) fn inspect(file: &Path, json: bool) -> Result<(), Error> {
    let report = Report::new(&Archive::open_any(file)?);
    print(&if json { report.json() } else { report.text() })
}

/// `snakecrate inspect --dropped`
pub(super) fn dropped(file: &Path, json: bool) -> Result<(), Error> {
    let dropped = archive::dropped_files(&Archive::open_any(file)?)?;
    if json {
        return print(&document::text(&DroppedDocument { dropped: &dropped }));
    }
    print(&archive::dropped_text(&dropped))
}

/// `snakecrate verify`
pub(super) fn verify(file: &Path, json: bool, ui: Ui) -> Result<(), Error> {
    let verified = archive::verify(&Archive::open_any(file)?, ui)?;
    if json {
        return print(&document::text(&verified));
    }
    if ui.is_quiet() {
        return Ok(());
    }
    let appended = match verified.appended {
        0 => String::new(),
        bytes => format!("; {bytes} unknown bytes follow it"),
    };
    print(&format!(
        "{}: whole: {} components, {} files, {} unpacked{appended}\n",
        file.display(),
        verified.components,
        verified.files,
        Size(verified.bytes),
    ))
}

/// `snakecrate extract`
pub(super) fn extract(file: &Path, directory: &Path, ui: Ui) -> Result<(), Error> {
    let extracted = archive::extract(&Archive::open_any(file)?, directory, ui)?;
    report(extracted, directory, ui);
    Ok(())
}

/// `snakecrate extract --env`
pub(super) fn extract_env(
    file: &Path,
    directory: &Path,
    libc: LibcUse,
    ui: Ui,
) -> Result<(), Error> {
    let archive = Archive::open(file)?;
    let own_c_library = prefix::uses_own(&archive, libc)?;
    // Other users run it, too, whatever mask this one has.
    process::set_mask(0o022);
    let settings = prefix::Settings { place: None, own_c_library };
    let extracted = prefix::write(&archive, settings, directory, ui)?;
    report(extracted, directory, ui);
    Ok(())
}

fn report(extracted: Extracted, directory: &Path, ui: Ui) {
    let Extracted { files, bytes } = extracted;
    let directory = directory.display();
    ui.step("Extracted", format_args!("{files} files to {directory} ({})", Size(bytes)));
}
