//! The metadata of the application, from the `.dist-info` in its archive.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use snakecrate_format::desktop::FOLDER;
use snakecrate_format::manifest::{Component, Kind, Manifest};

use super::{Error, text};
use crate::archive::{self, Archive};
use crate::wheel::{Metadata, normalize};

/// The longest file that is read from an archive: a manual page or a licence.
const LONGEST: u64 = 4 << 20;

/// Files of the application in its archive.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Its metadata; empty for scripts and folders, which have none.
    pub(super) metadata: Metadata,
    /// The texts of its licences.
    pub(super) licences: Vec<String>,
    /// Files below `share` by their paths.
    pub(super) shared: BTreeMap<String, Vec<u8>>,
    /// Files for desktops by their paths below `share`.
    pub(super) desktop: BTreeMap<String, Vec<u8>>,
}

impl Files {
    /// Reads them from `archive`: from the application, and from the distribution of its name.
    pub(super) fn of(archive: &Archive) -> Result<Self, Error> {
        let name = normalize(&archive.manifest().name);
        let is_own = |one: &&Component| {
            one.kind == Kind::App || one.kind == Kind::Wheel && normalize(&one.name) == name
        };
        let mut all = BTreeMap::new();
        for component in archive.manifest().components.iter().filter(is_own) {
            all.append(&mut wanted(archive, component)?);
        }
        let mut files = Self::default();
        let is_metadata = |path: &str| path.ends_with(".dist-info/METADATA");
        let found = all.iter().filter(|(path, _)| is_metadata(path)).find_map(|(path, bytes)| {
            let metadata = Metadata::parse(&String::from_utf8_lossy(bytes));
            let is_own = normalize(&metadata.name) == name;
            is_own.then(|| (path.trim_end_matches("METADATA").to_owned(), metadata))
        });
        if let Some((directory, metadata)) = found {
            let licences = metadata.license.files.iter().filter_map(|file| {
                let new = all.get(&format!("{directory}licenses/{file}"));
                new.or_else(|| all.get(&format!("{directory}{file}")))
            });
            files.licences = licences.map(|bytes| String::from_utf8_lossy(bytes).into()).collect();
            files.metadata = metadata;
        }
        let desktop = all.iter().filter_map(|(path, bytes)| {
            let path = path.strip_prefix(FOLDER)?.strip_prefix('/')?;
            Some((path.to_owned(), bytes.clone()))
        });
        files.desktop = desktop.collect();
        files.shared = all.into_iter().filter(|(path, _)| path.starts_with("share/")).collect();
        Ok(files)
    }
}

/// The files of `component` that packages have a use for.
fn wanted(
    archive: &Archive,
    component: &Component,
) -> Result<BTreeMap<String, Vec<u8>>, archive::Error> {
    let found = Mutex::new(BTreeMap::new());
    // The build puts the files for desktops into the application.
    let below = match component.kind {
        Kind::App => format!("{FOLDER}/"),
        _ => "share/".into(),
    };
    archive::visit(archive, component, |path: &str, contents: &mut dyn Read| -> io::Result<()> {
        let in_metadata = path.split('/').any(|part| part.ends_with(".dist-info"));
        if in_metadata || path.starts_with("share/") || path.starts_with(&*below) {
            let mut bytes = Vec::new();
            contents.take(LONGEST + 1).read_to_end(&mut bytes)?;
            if bytes.len() as u64 <= LONGEST {
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                found.insert(path.to_owned(), bytes);
            }
        }
        Ok(())
    })?;
    Ok(found.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// A person with an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    name: String,
    mail: String,
}

impl Person {
    /// Reads `NAME <MAIL>`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text::line(text);
        let (name, mail) = text.strip_suffix('>')?.rsplit_once('<')?;
        Self::new(name, mail)
    }

    fn new(name: &str, mail: &str) -> Option<Self> {
        let name = text::line(name).trim_matches(['"', '\'']).to_owned();
        // A comma would separate two people, and brackets an address.
        let name: String = name.chars().filter(|c| !",<>()\"".contains(*c)).collect();
        let (name, mail) = (name.trim().to_owned(), mail.trim().to_owned());
        let (user, host) = mail.split_once('@')?;
        let is_allowed = |c: char| c.is_ascii_graphic() && !"<>,()\"@".contains(c);
        let is_mail = !user.is_empty() && host.contains('.');
        let is_mail = is_mail && user.chars().all(is_allowed) && host.chars().all(is_allowed);
        (!name.is_empty() && is_mail).then_some(Self { name, mail })
    }

    /// The vendor of the archive, if its contact is an e-mail address.
    pub(super) fn publishing(manifest: &Manifest) -> Option<Self> {
        Self::new(manifest.vendor.as_ref()?, manifest.contact.as_ref()?)
    }

    /// The first of the maintainers and authors of `metadata` who has an address.
    pub(super) fn of(metadata: &Metadata) -> Option<Self> {
        let Metadata { maintainer, maintainer_email, author, author_email, .. } = metadata;
        let pairs = [(maintainer, maintainer_email), (author, author_email)];
        pairs.into_iter().find_map(|(name, mail)| {
            let mails = mail.as_deref().unwrap_or_default();
            let name = name.as_deref().unwrap_or_default();
            people(mails).find_map(|one| {
                let one = one.trim();
                // `a@b.c`, whose name is in the other field, or is the address's own.
                let plain = || {
                    let user = one.split('@').next().unwrap_or_default();
                    let name = name.split(',').next().unwrap_or_default();
                    Self::new(if name.trim().is_empty() { user } else { name }, one)
                };
                Self::parse(one).or_else(plain)
            })
        })
    }
}

/// The people in a list of `NAME <MAIL>`. Names in quotation marks may have commas.
fn people(list: &str) -> impl Iterator<Item = String> {
    let (mut all, mut quoted) = (vec![String::new()], false);
    for c in list.chars() {
        quoted ^= c == '"';
        if c == ',' && !quoted {
            all.push(String::new());
        } else if let Some(last) = all.last_mut() {
            last.push(c);
        }
    }
    all.into_iter()
}

impl std::fmt::Display for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} <{}>", self.name, self.mail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(lines: &str) -> Option<String> {
        let metadata = Metadata::parse(&format!("Name: demo\n{lines}"));
        Person::of(&metadata).map(|person| person.to_string())
    }

    #[test]
    fn maintainers_come_before_authors() {
        for (lines, wanted) in [
            ("Author: A B\nAuthor-email: a@b.c\n", Some("A B <a@b.c>")),
            ("Author-email: A B <a@b.c>, C <c@d.e>\n", Some("A B <a@b.c>")),
            ("Author-email: \"B, A\" <a@b.c>\n", Some("B A <a@b.c>")),
            ("Author-email: a@b.c\nMaintainer-email: M <m@b.c>\n", Some("M <m@b.c>")),
            ("Author-email: a@b.c\nMaintainer: M\n", Some("a <a@b.c>")),
            ("Author: A B\n", None),
            ("Author-email: nobody\n", None),
        ] {
            assert_eq!(person(lines).as_deref(), wanted, "{lines}");
        }
    }

    #[test]
    fn a_person_is_a_name_and_an_address() {
        for bad in ["", "A", "<a@b.c>", "A <a>", "A <a@b>", "A <a b@c.d>", "A <a@b@c.d>"] {
            assert_eq!(Person::parse(bad), None, "{bad}");
        }
        let person = Person::parse("A\nDepends: x <a@b.c>").unwrap();
        assert_eq!(person.to_string(), "A Depends: x <a@b.c>");
    }
}
