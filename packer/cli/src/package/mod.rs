//! Debian and RPM packages of an archive, and `.tar.gz` files.
//!
//! ```text
//! archive ─→ metadata, manual pages, completions ─┐
//! [tool.snakecrate.packaging] and .service ───────┼→ Package ─→ files ─→ .deb, .rpm, .tar.gz
//! ```
//!
//! A package has the archive at `/usr/libexec/NAME/NAME`, or its files as an environment in `/opt/NAME`, links
//! in `/usr/bin`, and what belongs to them. The bytes depend on the archive, the settings and `SOURCE_DATE_EPOCH` alone.

mod about;
mod contents;
mod copyright;
mod date;
mod deb;
mod documents;
mod error;
mod file;
mod licence;
mod metadata;
mod name;
mod rpm;
mod scripts;
mod tarball;
mod text;
mod units;
mod version;

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use pep440_rs::Version;
use snakecrate_audit::{self as audit, Options};
use snakecrate_base::temporary;
use snakecrate_base::ui::Ui;
use snakecrate_cache::environment::ready::LAUNCHER;
use snakecrate_format::target::{Processor, Target};

use crate::archive::{Archive, SBOM};
use crate::audit_sources;
use crate::prefix::{self, Prefix};
use crate::settings::{Packaging, Services};
pub use about::About;
use copyright::Part;
pub use date::Date;
pub use error::Error;
use metadata::{Files, Person};
use tempfile::TempDir;
use units::{About as AboutUnits, Unit};

/// A format of packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Debian's: deb(5).
    Deb,
    /// RPM, version 4.
    Rpm,
    /// A compressed tar file in the layout of a prefix.
    Tar,
}

/// A package before it has a format.
#[derive(Debug)]
pub struct Package {
    archive: PathBuf,
    /// Its files, in a package that has no archive.
    unpacked: Option<Unpacked>,
    /// Whether its installation fills the cache of all users.
    all_users: bool,
    target: &'static Target,
    name: String,
    version: Version,
    release: u32,
    /// In one line.
    summary: String,
    /// The project's own summary, where `summary` is a shortened one.
    more: Option<String>,
    homepage: Option<String>,
    licence: Option<String>,
    maintainer: Option<Person>,
    vendor: Option<String>,
    section: String,
    priority: String,
    /// The glibc that a host has to have, `(major, minor)`.
    glibc: Option<(u32, u32)>,
    /// Names of the links in `/usr/bin`.
    commands: Vec<String>,
    files: Files,
    parts: Vec<Part>,
    units: Vec<Unit>,
    date: Date,
}

/// What a package has of the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form<'a> {
    /// The archive, which every user unpacks.
    Archive,
    /// The archive, which its installation unpacks for all users.
    AllUsers,
    /// The environment. It is unpacked below this directory as long as the package is written.
    Unpacked(&'a Path),
}

/// An archive's files, on the disk until this is dropped.
#[derive(Debug)]
struct Unpacked {
    prefix: Prefix,
    _directory: TempDir,
}

impl Package {
    /// The package of `archive`. `own` is its name among several archives of a project.
    ///
    /// # Errors
    ///
    /// A value that no package can have, or one that is missing: see [`Error`].
    pub fn of(
        archive: &Archive,
        own: Option<&str>,
        packaging: &Packaging,
        services: &Services,
        form: Form<'_>,
        ui: Ui,
    ) -> Result<Self, Error> {
        let manifest = archive.manifest();
        let name = match &packaging.name {
            Some(given) => name::named(given)?,
            None => name::package(own.unwrap_or(&manifest.name))?,
        };
        let files = Files::of(archive)?;
        let metadata = &files.metadata;
        let given = packaging.version.as_ref().or(manifest.version.as_ref());
        let given = given.ok_or_else(|| Error::NoVersion(manifest.name.clone()))?;
        let version = Version::from_str(given)
            .map_err(|cause| Error::Version { version: given.clone(), cause: cause.to_string() })?;
        if u32::try_from(version.epoch()).is_err() {
            return Err(Error::Version { version: given.clone(), cause: "its epoch".into() });
        }
        let maintainer = match &packaging.maintainer {
            Some(text) => Some(Person::parse(text).ok_or_else(|| Error::Maintainer(text.clone()))?),
            None => Person::publishing(manifest).or_else(|| Person::of(metadata)),
        };
        let stated = packaging.summary.as_ref().or(metadata.summary.as_ref());
        let stated = stated.map(|stated| text::line(stated)).filter(|stated| !stated.is_empty());
        let default = || "Application in one executable file".to_owned();
        let summary = text::synopsis(stated.as_ref().unwrap_or(&default()), &manifest.name);
        let commands: Vec<_> = manifest.entries.iter().map(|entry| entry.name.clone()).collect();
        commands.iter().try_for_each(|command| name::command(command))?;
        let homepage = packaging.homepage.clone().or_else(|| metadata.home_page.clone());
        let homepage = homepage.map(|url| text::line(&url)).filter(|url| is_web_page(url));
        let about = AboutUnits { package: &name, summary: &summary, homepage: homepage.as_deref() };
        let licence = packaging.license.clone().or_else(|| licence::of(&metadata.license));
        Ok(Self {
            archive: archive.path().to_owned(),
            unpacked: match form {
                Form::Unpacked(directory) => Some(Unpacked::of(archive, &name, directory, ui)?),
                Form::Archive | Form::AllUsers => None,
            },
            all_users: form == Form::AllUsers,
            target: archive.target()?,
            version,
            release: packaging.release,
            units: Unit::all(services, manifest, about)?,
            more: stated.filter(|stated| stated.len() > summary.len() + 8),
            summary,
            homepage,
            licence: licence.map(|licence| text::line(&licence)),
            maintainer,
            vendor: manifest.vendor.clone(),
            section: word("section", &packaging.section)?,
            priority: word("priority", &packaging.priority)?,
            glibc: required_glibc(archive)?,
            commands,
            parts: parts(archive)?,
            files,
            date: Date::of_environment()?,
            name,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The directory that is its own, without a `/` in front.
    fn place(&self) -> String {
        match self.unpacked {
            Some(_) => format!("opt/{}", self.name),
            None => format!("usr/libexec/{}", self.name),
        }
    }

    /// The path of its archive or launcher, without a `/` in front.
    fn program(&self) -> String {
        match self.unpacked {
            Some(_) => format!("{}/{LAUNCHER}", self.place()),
            None => format!("{}/{}", self.place(), self.name),
        }
    }

    /// Whether its metadata or the settings name a licence.
    pub fn has_licence(&self) -> bool {
        self.licence.is_some()
    }

    /// The name that a package's file has by custom.
    pub fn file_name(&self, format: Format) -> String {
        let Self { name, release, .. } = self;
        let version = version::upstream(&self.version);
        let processor = format.processor(self.target);
        match format {
            Format::Deb => format!("{name}_{version}-{release}_{processor}.deb"),
            Format::Rpm => format!("{name}-{version}-{release}.{processor}.rpm"),
            Format::Tar => format!("{name}-{}-{}.tar.gz", self.version, self.target),
        }
    }

    /// Writes the package to `out`, which appears when it is complete. Returns its length in bytes.
    ///
    /// # Errors
    ///
    /// The file cannot be written, or the format requires what is missing.
    pub fn write(&self, format: Format, out: &Path) -> Result<u64, Error> {
        let failed = |source| Error::Write { path: out.to_owned(), source };
        if out.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        let directory = match out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        temporary::remove_abandoned(directory);
        let builder = temporary::readable_builder();
        let mut file = temporary::locked_file_in(directory, &builder).map_err(failed)?;
        match format {
            Format::Deb => deb::write(self, file.as_file_mut(), out)?,
            Format::Rpm => rpm::write(self, file.as_file_mut(), out)?,
            Format::Tar => tarball::write(self, file.as_file_mut(), out)?,
        }
        let length = file.as_file().metadata().map_err(failed)?.len();
        file.persist(out).map_err(|error| failed(error.error))?;
        Ok(length)
    }

    /// The longer description.
    fn description(&self) -> String {
        let own = match self.unpacked {
            Some(_) => {
                "The package has its own Python and all libraries that the application requires, in a \
                 directory. It uses no Python of the system."
            }
            None => {
                "The package has one executable file with its own Python and all libraries that the \
                 application requires. It uses no Python of the system."
            }
        };
        let more = self.more.as_ref().map(|more| format!("{}\n\n", text::wrapped(more, 74)));
        more.unwrap_or_default() + &text::wrapped(own, 74)
    }
}

impl Unpacked {
    /// The files of `archive` for the package `name`.
    fn of(archive: &Archive, name: &str, directory: &Path, ui: Ui) -> Result<Self, Error> {
        let failed = |source| Error::Write { path: directory.to_owned(), source };
        temporary::remove_abandoned(directory);
        let staging = temporary::directory_in(directory).map_err(failed)?;
        let place = format!("/opt/{name}");
        // The host that installs it may have any C library.
        let own_c_library = archive.manifest().c_library.is_some();
        let settings = prefix::Settings { place: Some(&place), own_c_library };
        let prefix = Prefix::unpack(archive, settings, staging.path(), ui)?;
        Ok(Self { prefix, _directory: staging })
    }
}

impl Format {
    /// The name that the format has for a target's processor.
    const fn processor(self, target: &Target) -> &'static str {
        match (self, target.processor) {
            (Self::Deb, Processor::X86_64) => "amd64",
            (Self::Deb, Processor::Aarch64) => "arm64",
            (Self::Rpm | Self::Tar, Processor::X86_64) => "x86_64",
            (Self::Rpm | Self::Tar, Processor::Aarch64) => "aarch64",
        }
    }
}

fn is_web_page(url: &str) -> bool {
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic());
    is_plain && (url.starts_with("https://") || url.starts_with("http://"))
}

/// A value of one word.
fn word(what: &'static str, value: &str) -> Result<String, Error> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-+./".contains(c);
    if value.is_empty() || !value.chars().all(is_allowed) {
        return Err(Error::Value { what, value: value.escape_default().to_string() });
    }
    Ok(value.to_owned())
}

/// The glibc that the archive requires from its host: none if it bundles one.
fn required_glibc(archive: &Archive) -> Result<Option<(u32, u32)>, Error> {
    if archive.manifest().c_library.is_some() {
        return Ok(None);
    }
    let target = archive.target()?;
    let subject = audit_sources::collect(archive.path(), Some(target))?;
    Ok(audit::audit("", &subject.units, &Options::new(target)).glibc())
}

/// The distributions in the archive, as its bill of materials has them; without the application, whose
/// licence is the package's.
fn parts(archive: &Archive) -> Result<Vec<Part>, Error> {
    let bytes = archive.attachment(SBOM)?.unwrap_or_default();
    let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let part = |component: &serde_json::Value| Part {
        name: text(&component["name"]),
        version: text(&component["version"]),
        licences: component["licenses"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| match &one["expression"] {
                serde_json::Value::String(expression) => expression.clone(),
                _ => text(&one["license"]["name"]),
            })
            .collect(),
    };
    let components = document["components"].as_array().into_iter().flatten();
    let others = components.filter(|component| component["type"] != "application");
    let mut parts: Vec<Part> = others.map(part).collect();
    parts.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(parts)
}
