//! `runtime`: runtime files for archives without a runtime.

use std::path::{Path, PathBuf};

use snakecrate_format::record::{BLANK, RuntimeName};
use snakecrate_format::size::Size;

use super::Error;
use crate::archive;
use crate::build;
use crate::runtime_args::RuntimeArgs;
use crate::settings::Settings;
use snakecrate_base::ui::Ui;

/// `snakecrate runtime`
pub(super) fn runtime(args: &RuntimeArgs, ui: Ui) -> Result<(), Error> {
    let settings = Settings::resolve([args.options()]);
    for interpreter in build::interpreters_alone(&settings, ui)? {
        let spec = build::runtime_file(&settings, &interpreter, ui)?;
        let (implementation, version) = (&interpreter.implementation, &interpreter.full_version);
        let target = interpreter.target.name;
        let name = RuntimeName::new(implementation, version, &interpreter.abi(), target);
        let default = || PathBuf::from(name.map_or_else(String::new, |name| name.to_string()));
        let output = args.output.clone().unwrap_or_else(default);
        let written = archive::write(&output, &BLANK, spec)?;
        let size = Size(written.length);
        ui.step(
            "Packed",
            format_args!("{} ({implementation} {version}; {size})", output.display()),
        );
    }
    Ok(())
}

/// Writes the runtime file of the only interpreter that `settings` name to `output`.
pub(super) fn write(settings: &Settings, output: &Path, ui: Ui) -> Result<(), Error> {
    for interpreter in build::interpreters_alone(settings, ui)? {
        let spec = build::runtime_file(settings, &interpreter, ui)?;
        archive::write(output, &BLANK, spec)?;
    }
    Ok(())
}
