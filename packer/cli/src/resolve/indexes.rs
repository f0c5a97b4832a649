//! The package indexes that uv is configured for
//! ([uv's sources](https://docs.astral.sh/uv/concepts/configuration-files/)).

use std::env;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use snakecrate_base::redact::redacted;

use super::build_system::tool_uv;

/// Variables with URLs of indexes. The names that may precede the URLs stand before a `=`.
const VARIABLES: [&str; 5] =
    ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"];

/// The index that uv asks where none is configured.
const PYPI: &str = "https://pypi.org/simple/";

/// An index, or a place with wheels.
#[derive(Debug, Deserialize)]
pub(super) struct Index {
    pub(super) name: Option<String>,
    pub(super) url: String,
}

/// An index that uv is configured for.
#[derive(Debug, PartialEq, Eq)]
pub struct Configured {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The URL or path, without credentials.
    pub url: String,
    /// The variable or file that has it.
    pub from: String,
}

/// How many configurations above a project count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// The nearest, as for uv.
    Nearest,
    /// All.
    All,
}

/// Keys of `[tool.uv]` and uv.toml.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Configuration {
    index: Vec<Index>,
    index_url: Option<String>,
    extra_index_url: Vec<String>,
    find_links: Vec<String>,
    pip: Option<Box<Configuration>>,
}

/// The indexes that uv uses in `directory`; none if it uses `PyPI` only.
pub fn configured(directory: &Path) -> Vec<Configured> {
    let files = configurations(directory, Depth::Nearest).into_iter();
    let files = files.map(|(path, index)| (path.display().to_string(), index));
    let variables = of_variables().map(|(name, index)| (name.to_owned(), index));
    let one = |(from, index): (String, Index)| Configured {
        name: index.name,
        url: redacted(&index.url).into_owned(),
        from,
    };
    variables.chain(files).map(one).collect()
}

/// The addresses of the indexes that uv asks in `directory`, with credentials; `given` is the one that
/// options name. Pages with links are no indexes.
pub fn index_urls(directory: &Path, given: Option<&str>) -> Vec<String> {
    let given = given.map(Index::parse);
    let has_default = given.is_some();
    let variables = of_variables().filter(|(name, _)| *name != "UV_FIND_LINKS");
    let files = configurations(directory, Depth::Nearest).into_iter().map(|(_, index)| index);
    let all = given.into_iter().chain(variables.map(|(_, index)| index)).chain(files);
    let mut urls: Vec<String> = all.filter_map(Index::address).map(Into::into).collect();
    if !has_default {
        urls.push(PYPI.into());
    }
    urls.dedup();
    urls
}

/// The indexes in variables, with the names of these.
pub(super) fn of_variables() -> impl Iterator<Item = (&'static str, Index)> {
    VARIABLES.into_iter().flat_map(|name| {
        let value = env::var(name).unwrap_or_default();
        let urls = value.split([' ', ',']).filter(|url| !url.is_empty());
        urls.map(|url| (name, Index::parse(url))).collect::<Vec<_>>()
    })
}

/// The indexes in the files that uv reads in `directory`: of the project, or of a workspace above it, of
/// the user and of the machine.
pub(super) fn configurations(directory: &Path, depth: Depth) -> Vec<(PathBuf, Index)> {
    let mut found: Vec<(PathBuf, toml::Table)> = Vec::new();
    for place in directory.ancestors() {
        let (file, project) = (place.join("uv.toml"), place.join("pyproject.toml"));
        found.extend(read(&file).map(|table| (file, table)));
        found.extend(tool_uv(place).map(|table| (project, table)));
        if depth == Depth::Nearest && !found.is_empty() {
            break;
        }
    }
    let user = env::var_os("UV_CONFIG_FILE").map(PathBuf::from);
    let user = user.or_else(|| Some(dirs::config_dir()?.join("uv/uv.toml")));
    let files = user.into_iter().chain(["/etc/uv/uv.toml".into(), "/etc/xdg/uv/uv.toml".into()]);
    found.extend(files.filter_map(|path| Some((path.clone(), read(&path)?))));
    let indexes = found.into_iter().flat_map(|(path, table)| {
        let configuration: Configuration = table.try_into().unwrap_or_default();
        configuration.indexes().into_iter().map(move |index| (path.clone(), index))
    });
    indexes.collect()
}

fn read(path: &Path) -> Option<toml::Table> {
    std::fs::read_to_string(path).ok()?.parse().ok()
}

impl Configuration {
    fn indexes(self) -> Vec<Index> {
        let urls = self.index_url.into_iter().chain(self.extra_index_url).chain(self.find_links);
        let own = self.index.into_iter().chain(urls.map(|url| Index { name: None, url }));
        own.chain(self.pip.map(|pip| pip.indexes()).unwrap_or_default()).collect()
    }
}

impl Index {
    /// `URL` or `NAME=URL`.
    pub(super) fn parse(text: &str) -> Self {
        match text.split_once('=') {
            Some((name, url)) if !name.contains(['/', ':', '?']) => {
                Self { name: Some(name.to_owned()), url: url.to_owned() }
            }
            _ => Self { name: None, url: text.to_owned() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_of_a_projects_configuration_count() {
        let directory = tempfile::tempdir().unwrap();
        let below = directory.path().join("below");
        std::fs::create_dir(&below).unwrap();
        let text = "[[tool.uv.index]]\nname = 'a'\nurl = 'https://u:p@a.test/simple'\n";
        std::fs::write(directory.path().join("pyproject.toml"), text).unwrap();
        std::fs::write(below.join("uv.toml"), "[pip]\nindex-url = 'https://u:q@b.test'\n").unwrap();
        let urls = |depth| {
            let all = configurations(&below, depth).into_iter();
            all.map(|(_, index)| index.url).collect::<Vec<_>>()
        };
        let all = urls(Depth::All);
        assert!(
            all.starts_with(&["https://u:q@b.test".into(), "https://u:p@a.test/simple".into()])
        );
        assert!(!urls(Depth::Nearest).contains(&all[1]));
        let shown = Configured {
            name: None,
            url: "https://b.test".into(),
            from: below.join("uv.toml").display().to_string(),
        };
        assert!(configured(&below).contains(&shown));
    }
}
