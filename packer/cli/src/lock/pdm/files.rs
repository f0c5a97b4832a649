//! Places of a package's files.

use super::document::{LockedFile, Metadata, Package};
use crate::lock::error::Error;
use crate::lock::model::{File, Hash, Origin};
use crate::lock::paths::{joined, url_of};
use crate::lock::places;
use crate::lock::requirement::texts;
use crate::lock::wanted::{LockFile, Wanted};
use crate::wheel::normalize;

pub(super) fn origin(
    file: &LockFile,
    wanted: &Wanted,
    metadata: &Metadata,
    package: &Package,
) -> Result<Origin, Error> {
    let invalid = |cause: &str| file.invalid(format!("{} {cause}", package.name));
    let key = format!("{} {}", package.name, package.version.as_deref().unwrap_or_default());
    let files = package.files.as_deref().or_else(|| metadata.files.get(&key).map(Vec::as_slice));
    let files = files.unwrap_or_default();
    let hash = |one: &LockedFile| {
        Hash::parse(&one.hash)
            .ok_or_else(|| file.invalid(format!("`{}` is not a digest", one.hash)))
    };
    let hashes = || files.iter().map(hash).collect::<Result<Vec<Hash>, Error>>();
    if let Some(url) = &package.git {
        let commit = package.revision.clone().ok_or_else(|| invalid("has no revision"))?;
        let url = url.trim_start_matches("git+").to_owned();
        return Ok(Origin::Git { url, commit, subdirectory: package.subdirectory.clone() });
    }
    if package.hg.is_some() || package.svn.is_some() || package.bzr.is_some() {
        return Err(invalid("is from a version control system other than git"));
    }
    let root = file.directory();
    // A local directory is locked as a path, but also as a URL below the project.
    let url = package.url.as_ref().map(|url| {
        let root = url_of(root);
        places::expanded(&url.replace("file:///${PROJECT_ROOT}", root.trim_end_matches('/')))
    });
    let of_url = url.as_ref().filter(|url| url.starts_with("file:"));
    let of_url = of_url.and_then(|url| url::Url::parse(url).ok()?.to_file_path().ok());
    if let Some(path) = package.path.as_ref().map(|path| joined(file, path)).or(of_url) {
        return Ok(places::local_origin(path, hashes()?));
    }
    if let Some(url) = url {
        return Ok(places::archive(&url, hashes()?, package.subdirectory.clone()));
    }
    let file_of = |one: &LockedFile| {
        let hashes = vec![hash(one)?];
        Ok(match (&one.url, &one.file) {
            (Some(url), _) => places::file_at(places::expanded(url), hashes),
            (None, name) => File { name: name.clone().unwrap_or_default(), url: None, hashes },
        })
    };
    let files = files.iter().map(file_of).collect::<Result<_, Error>>()?;
    Ok(Origin::Files { index: index(wanted, &normalize(&package.name)), files })
}

/// The index of `[[tool.pdm.source]]` that has a package: the one that lists it, else the one that
/// replaces `PyPI`. The lock does not say it.
fn index(wanted: &Wanted, name: &str) -> Option<String> {
    let sources = wanted.at(&["tool", "pdm", "source"])?.as_array()?;
    let lists = |source: &&toml::Value| {
        let patterns = texts(source.get("include_packages"));
        let matches = |text: &String| glob::Pattern::new(text).is_ok_and(|one| one.matches(name));
        patterns.iter().any(matches)
    };
    let replaces =
        |source: &&toml::Value| source.get("name").and_then(toml::Value::as_str) == Some("pypi");
    let source = sources.iter().find(lists).or_else(|| sources.iter().find(replaces))?;
    let index = source.get("type").and_then(toml::Value::as_str) != Some("find_links");
    let url = source.get("url").and_then(toml::Value::as_str).filter(|_| index)?;
    Some(places::expanded(url))
}
