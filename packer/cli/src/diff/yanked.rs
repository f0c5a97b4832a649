//! Versions that were yanked: their projects ask not to install them any more (PEP 592).
//!
//! The answer is in an index's page of the project, as JSON (PEP 691) or HTML (PEP 503).

use std::env;
use std::str::FromStr as _;

use html5gum::{Token, Tokenizer};
use pep440_rs::Version;
use percent_encoding::percent_decode_str;
use rayon::prelude::*;
use serde::Deserialize;
use snakecrate_base::error::Remedy;
use snakecrate_base::redact::redacted;
use snakecrate_download::{self as download, text_as};
use snakecrate_format::manifest::Kind;

use super::{ComponentChange, Difference, Note, Side};
use crate::wheel::WheelName;

/// The index that uv has by default.
const PYPI: &str = "https://pypi.org/simple";
/// The variables with another one: uv's.
const VARIABLES: [&str; 2] = ["UV_DEFAULT_INDEX", "UV_INDEX_URL"];
/// JSON, or else HTML.
const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, \
                      application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/// The index cannot be asked.
#[derive(Debug, thiserror::Error)]
#[error("cannot ask the package index whether {name} {version} was yanked: {source}")]
pub struct Error {
    name: String,
    version: String,
    source: Box<download::Error>,
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        let remedy = self.source.remedy().unwrap_or_else(|| "try again later".into());
        Some(format!("{remedy}; or leave out --online"))
    }
}

/// A package index.
#[derive(Debug)]
pub struct Index(String);

/// A file of a project.
#[derive(Debug, PartialEq, Eq)]
struct File {
    name: String,
    /// The reason, if it was yanked; it may be empty.
    yanked: Option<String>,
}

impl Index {
    /// The index at `url`, if the user gives one.
    pub fn new(url: Option<&str>) -> Self {
        let of_variable = || {
            let mut values = VARIABLES.iter().filter_map(|name| env::var(name).ok());
            values.find(|value| !value.is_empty())
        };
        let url = url.map(str::to_owned).or_else(of_variable).unwrap_or_else(|| PYPI.into());
        // An index may have a name: `internal=https://…`.
        let url = match url.split_once('=') {
            Some((name, rest)) if !name.contains(['/', ':', '?']) => rest.to_owned(),
            _ => url,
        };
        Self(url.trim_end_matches('/').to_owned())
    }

    /// The files of the project `name`; none if the index doesn't have it.
    fn files(&self, name: &str) -> Result<Vec<File>, download::Error> {
        match text_as(&format!("{}/{name}/", self.0), ACCEPT) {
            Ok(text) => Ok(of_json(&text).unwrap_or_else(|| of_html(&text))),
            Err(download::Error::Status { status: 404 | 410, .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

impl Difference {
    /// Asks `index` which of the new versions were yanked, and notes them.
    ///
    /// # Errors
    ///
    /// The index does not answer.
    pub fn look_up(&mut self, index: &Index) -> Result<(), Error> {
        self.components.par_iter_mut().try_for_each(|change| change.look_up(index))?;
        self.index = Some(redacted(&index.0).into_owned());
        Ok(())
    }
}

impl ComponentChange {
    fn look_up(&mut self, index: &Index) -> Result<(), Error> {
        let Some(new) = self.new.as_ref().filter(|_| self.kind == Kind::Wheel) else {
            return Ok(());
        };
        let files = index.files(&self.name).map_err(|source| Error {
            name: self.name.clone(),
            version: new.version.clone(),
            source: source.into(),
        })?;
        if let Some(reason) = reason(&files, new) {
            self.yanked = Some(reason);
            self.notes.push(Note::Yanked);
        }
        Ok(())
    }
}

/// Why the file of a component was yanked. Where it isn't known, all files of its version must have been.
fn reason(files: &[File], new: &Side) -> Option<String> {
    let own = new.source.as_ref().map(|source| &source.file);
    if let Some(file) = own.and_then(|own| files.iter().find(|file| file.name == *own)) {
        return file.yanked.clone();
    }
    let version = Version::from_str(&new.version).ok()?;
    let is_of_version = |file: &&File| {
        let name = WheelName::parse(&file.name).ok();
        name.is_some_and(|name| Version::from_str(&name.version).is_ok_and(|one| one == version))
    };
    let mut reasons = files.iter().filter(is_of_version).map(|file| file.yanked.clone());
    let first = reasons.next()??;
    reasons.all(|reason| reason.is_some()).then_some(first)
}

fn of_json(text: &str) -> Option<Vec<File>> {
    #[derive(Deserialize)]
    struct Project {
        files: Vec<ProjectFile>,
    }
    #[derive(Deserialize)]
    struct ProjectFile {
        filename: String,
        #[serde(default)]
        yanked: Yanked,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Yanked {
        Is(bool),
        Reason(String),
    }
    impl Default for Yanked {
        fn default() -> Self {
            Self::Is(false)
        }
    }
    let project: Project = serde_json::from_str(text).ok()?;
    let file = |file: ProjectFile| File {
        name: file.filename,
        yanked: match file.yanked {
            Yanked::Is(false) => None,
            Yanked::Is(true) => Some(String::new()),
            Yanked::Reason(text) => Some(text),
        },
    };
    Some(project.files.into_iter().map(file).collect())
}

/// The links of a page: the last part of each address is a file's name.
fn of_html(text: &str) -> Vec<File> {
    let text_of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let file = |token| {
        let Token::StartTag(tag) = token else { return None };
        let value = |name: &[u8]| tag.attributes.get(name).map(|value| text_of(value));
        let address = (tag.name.as_slice() == b"a").then(|| value(b"href"))??;
        let path = address.split(['#', '?']).next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        let name = percent_decode_str(name).decode_utf8_lossy().into_owned();
        Some(File { name, yanked: value(b"data-yanked") })
    };
    Tokenizer::new(text).flatten().filter_map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use snakecrate_format::digest::Digest;
    use snakecrate_format::manifest::Source;

    const HTML: &str = "<!DOCTYPE html><html><body><h1>Links</h1>
        <a href='../../files/a-1.0-py3-none-any.whl#sha256=00' data-yanked='broken &amp; bad'>a</a>
        <A HREF=\"https://x.test/a-1.0%2Bcpu-py3-none-any.whl?x=1\" data-yanked>b</A>
        <!-- <a href='a-9.whl' data-yanked></a> -->
        <a href='a-2.0-py3-none-any.whl'>a</a></body></html>";
    const JSON: &str = r#"{"meta": {"api-version": "1.1"}, "name": "a", "files": [
        {"filename": "a-1.0-py3-none-any.whl", "url": "x", "yanked": "broken & bad"},
        {"filename": "a-1.0+cpu-py3-none-any.whl", "url": "x", "yanked": true},
        {"filename": "a-2.0-py3-none-any.whl", "url": "x", "hashes": {}}]}"#;

    fn side(version: &str, file: Option<&str>) -> Side {
        Side {
            version: version.into(),
            digest: Digest::of(b""),
            files: 1,
            unpacked: 1,
            stored: 1,
            source: file.map(|file| Source { file: file.into(), sha256: "00".into() }),
            licenses: vec![],
        }
    }

    #[test]
    fn json_and_html_say_the_same() {
        let files = of_json(JSON).unwrap();
        assert_eq!(files, of_html(HTML));
        assert!(of_json(HTML).is_none());
        let names = files.iter().map(|file| (&*file.name, file.yanked.as_deref()));
        let wanted = [
            ("a-1.0-py3-none-any.whl", Some("broken & bad")),
            ("a-1.0+cpu-py3-none-any.whl", Some("")),
            ("a-2.0-py3-none-any.whl", None),
        ];
        assert_eq!(names.collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn a_version_is_yanked_with_its_file_or_with_all_its_files() {
        let files = of_json(JSON).unwrap();
        let own = side("1.0", Some("a-1.0-py3-none-any.whl"));
        assert_eq!(reason(&files, &own).unwrap(), "broken & bad");
        assert_eq!(reason(&files, &side("1", None)).unwrap(), "broken & bad");
        assert_eq!(reason(&files, &side("2.0", None)), None);
        assert_eq!(reason(&files, &side("3.0", None)), None);
        let more = File { name: "a-1.0-cp312-cp312-any.whl".into(), yanked: None };
        let files: Vec<File> = files.into_iter().chain([more]).collect();
        assert_eq!(reason(&files, &side("1.0", None)), None, "not all of them");
    }
}
