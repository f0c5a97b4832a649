//! Wheels without their files: a resolver reads nothing but the metadata.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use super::error::{Error, Kind};
use super::members::{Zip, document, open};

/// Writes a wheel to the new file `to` that has the metadata of the wheel at `path`, and none of its
/// files.
///
/// # Errors
///
/// Not a wheel, or one without metadata; `to` cannot be written.
pub fn write_skeleton(path: &Path, to: &Path) -> Result<(), Error> {
    write(path, to).map_err(|kind| kind.at(path))
}

fn write(path: &Path, to: &Path) -> Result<(), Kind> {
    let mut zip = open(path)?;
    let info = info(&zip)?;
    let mut skeleton = zip::ZipWriter::new(File::create_new(to)?);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut record = String::new();
    for file in ["METADATA", "WHEEL"] {
        let name = format!("{info}/{file}");
        let text = document(&mut zip, &name)?;
        let digest = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&text));
        record.extend([&*name, ",sha256=", &digest, ",", &text.len().to_string(), "\n"]);
        skeleton.start_file(name, options)?;
        skeleton.write_all(text.as_bytes())?;
    }
    let name = format!("{info}/RECORD");
    record.extend([&*name, ",,\n"]);
    skeleton.start_file(name, options)?;
    skeleton.write_all(record.as_bytes())?;
    skeleton.finish()?;
    Ok(())
}

/// The directory of a wheel's metadata.
pub(super) fn info(zip: &Zip) -> Result<String, Kind> {
    let suffix = ".dist-info/METADATA";
    let mut names = zip.file_names().filter_map(Result::ok);
    let found = names.find(|name| name.ends_with(suffix) && name.matches('/').count() == 1);
    let found = found.ok_or_else(|| Kind::Metadata("has no METADATA".into()))?;
    Ok(found.strip_suffix("/METADATA").unwrap_or(&found).to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::testing::Forge;
    use super::super::unpack::read_metadata;
    use super::*;

    #[test]
    fn a_skeleton_has_the_metadata_and_no_files() {
        let directory = tempfile::tempdir().unwrap();
        let wheel = Forge::new().write(directory.path());
        let to = directory.path().join("skeleton.whl");
        write_skeleton(&wheel, &to).unwrap();
        let mut zip = open(&to).unwrap();
        let names: Vec<_> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
        let info = "demo-1.0.dist-info";
        assert_eq!(names, ["METADATA", "WHEEL", "RECORD"].map(|name| format!("{info}/{name}")));
        let record = document(&mut zip, &format!("{info}/RECORD")).unwrap();
        assert!(Forge::new().true_record().contains(record.lines().next().unwrap()), "{record}");
        let wheel = directory.path().join("demo-2.0-py3-none-any.whl");
        std::fs::rename(&to, &wheel).unwrap();
        assert_eq!(read_metadata(&wheel).unwrap().name, "Demo");
    }
}
