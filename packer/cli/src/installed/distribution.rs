//! Installed distributions
//! ([specification](https://packaging.python.org/en/latest/specifications/recording-installed-packages/)).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::{At as _, Error};
use super::paths::normal;
use crate::wheel::{Metadata, Record};

/// An installed distribution.
#[derive(Debug)]
pub(super) struct Installed {
    /// As its metadata writes it.
    pub(super) name: String,
    /// Its `.dist-info` directory.
    pub(super) info: PathBuf,
    /// Its files, and the paths by which RECORD lists them.
    pub(super) files: BTreeMap<PathBuf, String>,
    /// The directory of the project, if it is an editable installation.
    pub(super) editable: Option<PathBuf>,
}

/// `direct_url.json`
/// ([specification](https://packaging.python.org/en/latest/specifications/direct-url/)).
#[derive(Deserialize)]
struct DirectUrl {
    url: String,
    #[serde(default)]
    dir_info: DirInfo,
}

#[derive(Deserialize, Default)]
struct DirInfo {
    #[serde(default)]
    editable: bool,
}

impl Installed {
    /// The distributions in `site`, sorted by path.
    pub(super) fn all(site: &Path) -> Result<Vec<Self>, Error> {
        let mut all = Vec::new();
        let mut entries: Vec<_> =
            fs::read_dir(site).at(site)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        entries.sort();
        for path in entries {
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("dist-info") => all.push(Self::read(site, path)?),
                Some("egg-info") => return Err(Error::Egg(path)),
                _ => {}
            }
        }
        Ok(all)
    }

    fn read(site: &Path, info: PathBuf) -> Result<Self, Error> {
        let Ok(record) = fs::read_to_string(info.join("RECORD")) else {
            return Err(Error::NoRecord(info));
        };
        let path = info.join("METADATA");
        let metadata = Metadata::parse(&String::from_utf8_lossy(&fs::read(&path).at(&path)?));
        let record = Record::parse(&record).map_err(|kind| kind.at(info.join("RECORD")))?;
        let files = record.paths().map(|path| (normal(&site.join(path)), path.to_owned()));
        let files = files.collect();
        let editable = editable(&info);
        Ok(Self { name: metadata.name, info, files, editable })
    }
}

fn editable(info: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(info.join("direct_url.json")).ok()?;
    let found: DirectUrl = serde_json::from_str(&text).ok()?;
    let url = url::Url::parse(&found.url).ok()?;
    url.to_file_path().ok().filter(|_| found.dir_info.editable)
}
