//! `package`: Debian and RPM packages of archives, and `.tar.gz` files.

use std::fs;
use std::path::{Path, PathBuf};

use confique::Layer as _;
use snakecrate_base::ui::Ui;
use snakecrate_format::size::Size;
use snakecrate_format::target::Target;

use super::artifacts::Artifact;
use super::{Error, build, proving};
use crate::archive::Archive;
use crate::build::Build;
use crate::cli::PackageArgs;
use crate::package::{Form, Format, Package};
use crate::settings::{self, Options, Packaging, Services, Settings};
use crate::source::{self, Source};

/// `snakecrate package`
pub(super) fn package(args: &PackageArgs, ui: Ui) -> Result<(), Error> {
    let formats = [(args.deb, Format::Deb), (args.rpm, Format::Rpm), (args.tar, Format::Tar)];
    let formats = formats.into_iter().filter_map(|(wanted, format)| wanted.then_some(format));
    let formats: Vec<Format> = formats.collect();
    let output = args.build.options.output.as_deref();
    let form = PackageForm::of(args);
    // An archive is no source.
    let is_file = Path::new(&args.build.source).is_file();
    if is_file && let Err(source::Error::Archive(path)) = Source::detect(&args.build.source) {
        return of_archive(&path, args, &formats, ui);
    }
    // The output is that of packages, not of archives.
    let mut build = args.build.clone();
    build.options.output = None;
    let (source, artifacts) = build::resolve(&build, &Options::empty())?;
    let file = settings::options_of(&source).map_err(crate::build::Error::from)?;
    let services = file.map(|file| file.services).unwrap_or_default();
    let several = artifacts.len() > 1;
    artifacts.iter().try_for_each(|artifact| {
        of_source(
            &source,
            artifact,
            &services,
            several,
            &Output { formats: &formats, form, place: output },
            ui,
        )
    })
}

/// What packages have of the application.
#[derive(Clone, Copy)]
enum PackageForm {
    Archive,
    AllUsers,
    Unpacked,
}

impl PackageForm {
    fn of(args: &PackageArgs) -> Self {
        match (args.unpacked, args.all_users) {
            (true, _) => Self::Unpacked,
            (false, true) => Self::AllUsers,
            (false, false) => Self::Archive,
        }
    }
}

/// Where packages go.
struct Output<'a> {
    formats: &'a [Format],
    form: PackageForm,
    /// The file or directory that the user names.
    place: Option<&'a Path>,
}

/// What packages have beside an archive.
#[derive(Clone, Copy)]
struct What<'a> {
    /// The artifact that the archive is.
    name: Option<&'a str>,
    packaging: &'a Packaging,
    services: &'a Services,
}

impl Output<'_> {
    /// The directory that packages are written to, which is made. `several` packages need one.
    fn directory(&self, several: bool) -> Result<PathBuf, Error> {
        let Some(output) = self.place else { return Ok(".".into()) };
        if !several && !is_directory(output) {
            let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty());
            return Ok(parent.unwrap_or(Path::new(".")).to_owned());
        }
        if output.is_file() {
            return Err(Error::SeveralPackages(output.to_owned()));
        }
        let failed = |source| Error::Directory { path: output.to_owned(), source };
        fs::create_dir_all(output).map_err(failed)?;
        Ok(output.to_owned())
    }

    /// Writes the packages of `archive`.
    fn write(&self, archive: &Archive, what: What<'_>, several: bool, ui: Ui) -> Result<(), Error> {
        let several = several || self.formats.len() > 1;
        let directory = self.directory(several)?;
        let form = match self.form {
            PackageForm::Archive => Form::Archive,
            PackageForm::AllUsers => Form::AllUsers,
            PackageForm::Unpacked => Form::Unpacked(&directory),
        };
        let package = Package::of(archive, what.name, what.packaging, what.services, form, ui)?;
        if !package.has_licence() {
            ui.warn_with_help(
                format_args!("{} names no licence", package.name()),
                "name it with --license, an SPDX expression such as MIT",
            );
        }
        for format in self.formats {
            let out = match self.place {
                Some(file) if !several && !is_directory(file) => file.to_owned(),
                _ => directory.join(package.file_name(*format)),
            };
            let length = package.write(*format, &out)?;
            ui.step("Packaged", format_args!("{} ({})", out.display(), Size(length)));
        }
        Ok(())
    }
}

/// Whether packages are to be written into `path`: it is a directory, or ends with `/`.
fn is_directory(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// Packages a finished archive. It has no services: they are in the project's file.
fn of_archive(path: &Path, args: &PackageArgs, formats: &[Format], ui: Ui) -> Result<(), Error> {
    let options = &args.build.options;
    let of_build = Options { output: None, packaging: confique::Layer::empty(), ..options.clone() };
    refuse_options(path, &of_build, args.build.artifact.as_ref())?;
    let packaging = Settings::resolve([options.clone()]).packaging;
    let form = PackageForm::of(args);
    let output = Output { formats, form, place: options.output.as_deref() };
    let what = What { name: None, packaging: &packaging, services: &Services::new() };
    output.write(&Archive::open(path)?, what, false, ui)
}

/// Refuses options of a build for the archive at `path`, which is built already.
pub(super) fn refuse_options(
    path: &Path,
    options: &Options,
    artifact: Option<&String>,
) -> Result<(), Error> {
    // The mirror may be a variable, which is for all builds.
    let given = Options { python_mirror: None, ..options.clone() };
    let given = serde_json::to_value(&given).map_err(Error::Option)?;
    match first_key(&given).or_else(|| artifact.cloned()) {
        Some(option) => Err(Error::BuiltAlready { path: path.to_owned(), option }),
        None => Ok(()),
    }
}

/// The key of the first option that is set.
fn first_key(options: &serde_json::Value) -> Option<String> {
    let one = |(key, value): (&String, &serde_json::Value)| match value {
        serde_json::Value::Null => None,
        serde_json::Value::Object(_) => first_key(value).map(|inner| format!("{key}.{inner}")),
        _ => Some(key.clone()),
    };
    options.as_object()?.iter().find_map(one)
}

/// Builds the archive of an artifact for each of its targets, and packages it.
fn of_source(
    source: &Source,
    artifact: &Artifact,
    services: &Services,
    several: bool,
    output: &Output<'_>,
    ui: Ui,
) -> Result<(), Error> {
    let settings = &artifact.settings;
    let one = |mut build: Build, targets: usize, target: &'static Target, _: &dyn Fn() -> _| {
        let several = several || targets > 1;
        let name = artifact.name.as_deref().unwrap_or(build.name());
        let name = if targets > 1 { format!("{name}-{target}") } else { name.to_owned() };
        let archive = output.directory(several || output.formats.len() > 1)?.join(name);
        let archive = if archive.is_dir() { archive.with_extension("bin") } else { archive };
        let (aside, proven) =
            build::prove(&mut build, settings, &archive, build::Refused::Kept, ui)?;
        if proven.is_err() {
            let kept = build::keep(aside, &proven, &archive)?;
            return Err(proving::unproven(&build, proven.expect_err("it failed"), kept));
        }
        let archive = Archive::open(aside.path())?;
        let own = What {
            name: artifact.name.as_deref(),
            packaging: &settings.packaging,
            services: &services_of(services, &archive, artifact.name.is_some(), ui),
        };
        output.write(&archive, own, several, ui)
    };
    build::for_each(source, artifact, ui, one)
}

/// The services whose entries `archive` has, if it is one of several artifacts; else all.
fn services_of(services: &Services, archive: &Archive, is_artifact: bool, ui: Ui) -> Services {
    let manifest = archive.manifest();
    let mut services = services.clone();
    if is_artifact {
        services.retain(|name, service| {
            let wanted = service.entry.as_ref().unwrap_or(name);
            let has = manifest.entries.iter().any(|entry| entry.name == *wanted);
            if !has {
                let what = format_args!("no service {name}: {} has no {wanted}", manifest.name);
                ui.detail(what);
            }
            has
        });
    }
    services
}
