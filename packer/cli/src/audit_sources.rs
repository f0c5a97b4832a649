//! The native code in the inputs of `snakecrate audit`: archives, wheels, directories, ELF files.

use std::fs::{self, File};
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use snakecrate_audit::{self as audit, Bundled, Defect, Object, Root, Unit, elf};
use snakecrate_base::error::Remedy;
use snakecrate_format::manifest::{Choice, Component, Kind};
use snakecrate_format::record::BLANK;
use snakecrate_format::target::{TARGETS, Target};
use zip::ZipArchive;

use crate::archive::{self, Archive};
use crate::wheel::{self, WheelName};

/// Why a file or directory cannot be audited.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or directory that cannot be read.
    #[error(transparent)]
    Audit(#[from] audit::Error),
    /// A damaged archive.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// A file of another kind.
    #[error("{} isn't an archive, a wheel, a directory or an ELF file", .0.display())]
    Kind(PathBuf),
    /// No target is known for this machine.
    #[error("this system isn't one that archives are made for")]
    NoTarget,
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Audit(error) => error.remedy(),
            Self::Archive(error) => error.remedy(),
            Self::Kind(_) => Some("name an archive, a .whl, a directory or an ELF file".into()),
            Self::NoTarget => Some("audit on Linux".into()),
        }
    }
}

/// The subject of an audit.
#[derive(Debug)]
pub struct Subject {
    /// Its native code.
    pub units: Vec<Unit>,
    /// The archive's target; for anything else, the target that was given.
    pub target: &'static Target,
    /// The C library that an archive bundles.
    pub bundles: Option<Bundled>,
}

/// The native code at `path`, as seen on `target`. An archive has a target of its own, a wheel that of
/// its tags, and everything else that of its native code if all of it is for another one.
///
/// # Errors
///
/// It cannot be read, or can hold no ELF files.
pub fn collect(path: &Path, target: Option<&'static Target>) -> Result<Subject, Error> {
    let fail = |source| audit::Error::Read { path: path.to_owned(), source };
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    // Anything but an archive is one unit, audited for the given target, or for the one whose code
    // is all that it has.
    let single = |read: fn(&Path, String, &Target) -> Result<Unit, Error>| {
        let given = target.ok_or(Error::NoTarget)?;
        let subject = |unit, target| Subject { units: vec![unit], target, bundles: None };
        let unit = read(path, name.clone(), given)?;
        if is_foreign(&unit) {
            for &other in TARGETS.iter().filter(|other| **other != given) {
                let unit = read(path, name.clone(), other)?;
                if !is_foreign(&unit) {
                    return Ok(subject(unit, other));
                }
            }
        }
        Ok(subject(unit, given))
    };
    if fs::metadata(path).map_err(fail)?.is_dir() {
        return single(|path, name, target| Ok(audit::directory(path, &name, target)?));
    }
    if path.extension().is_some_and(|extension| extension == "whl") {
        if let Some(target) = tagged(path) {
            let units = vec![wheel_unit(path, name, target)?];
            return Ok(Subject { units, target, bundles: None });
        }
        return single(wheel_unit);
    }
    let mut start = [0; 4];
    let mut file = File::open(path).map_err(fail)?;
    let is_runtime = |start: &[u8; 4]| BLANK.starts_with(start);
    if file.read_exact(&mut start).is_err() || !(elf::is_elf(&start) || is_runtime(&start)) {
        return Err(Error::Kind(path.to_owned()));
    }
    match Archive::open_any(path) {
        Ok(archive) => archive_subject(&archive),
        Err(archive::Error::NotAnArchive { .. }) => single(|path, name, target| {
            audit::file(path, &name, target)?.ok_or_else(|| Error::Kind(path.to_owned()))
        }),
        Err(error) => Err(error.into()),
    }
}

/// The only target that a wheel's tags name: the one that it is installed on, whatever is in it.
fn tagged(wheel: &Path) -> Option<&'static Target> {
    let platforms = WheelName::of(wheel).ok()?.platforms;
    let is_named = |target: &Target| {
        let machine = |tag: &String| audit::claim(tag).1 == Some(target.wheel_processor);
        platforms.iter().any(machine)
    };
    let mut named = TARGETS.iter().copied().filter(|target| is_named(target));
    named.next().filter(|_| named.next().is_none())
}

/// Whether a unit has native code, and all of it is for another machine.
fn is_foreign(unit: &Unit) -> bool {
    let machine = |object: &Object| matches!(object.defect, Some(Defect::Machine(_)));
    !unit.objects.is_empty() && unit.objects.iter().all(machine)
}

fn wheel_unit(path: &Path, name: String, target: &Target) -> Result<Unit, Error> {
    let fail = |source: io::Error| audit::Error::Read { path: path.to_owned(), source };
    let mut zip = File::open(path)
        .and_then(|file| Ok(ZipArchive::new(BufReader::new(file))?))
        .map_err(fail)?;
    let mut objects = Vec::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).map_err(|error| fail(error.into()))?;
        let installed = installed_path(file.name().map_err(|error| fail(error.into()))?.as_ref());
        objects.extend(audit::object(&installed, &mut file, target).map_err(fail)?);
    }
    objects.sort_by(|a, b| a.path.cmp(&b.path));
    let wheel = WheelName::of(path).ok();
    let tags = wheel.as_ref().map(|wheel| wheel.platforms.clone()).unwrap_or_default();
    let name = wheel.map_or(name, |wheel| wheel::normalize(&wheel.name));
    Ok(Unit { name, root: Root::Env, tags, objects })
}

/// The path of a wheel's file below `site-packages` once it is installed. Scripts get a `bin` there,
/// although installers put them elsewhere: the libraries beside them are found all the same.
fn installed_path(path: &str) -> String {
    let Some((top, rest)) = path.split_once('/') else { return path.to_owned() };
    if top.strip_suffix(".data").is_none() {
        return path.to_owned();
    }
    match rest.split_once('/') {
        Some(("purelib" | "platlib", rest)) => rest.to_owned(),
        Some(("scripts", rest)) => format!("bin/{rest}"),
        _ => path.to_owned(),
    }
}

fn archive_subject(archive: &Archive) -> Result<Subject, Error> {
    let manifest = archive.manifest();
    let target = archive.target()?;
    let components = manifest.components.iter();
    let components = components.filter(|component| component.kind != Kind::CLibrary);
    let units = components.map(|component| component_unit(archive, component, target));
    let bundles = manifest.c_library().map(|(library, component)| Bundled {
        glibc: component.version.clone(),
        always: library.choice == Choice::Bundled,
    });
    Ok(Subject { units: units.collect::<Result<_, Error>>()?, target, bundles })
}

fn component_unit(
    archive: &Archive,
    component: &Component,
    target: &Target,
) -> Result<Unit, Error> {
    let found = Mutex::new(Vec::new());
    archive::visit(archive, component, |path, contents| {
        if let Some(object) = audit::object(path, contents, target)? {
            found.lock().unwrap_or_else(PoisonError::into_inner).push(object);
        }
        Ok(())
    })?;
    let mut objects = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    objects.sort_by(|a, b| a.path.cmp(&b.path));
    let root = if component.is_of_runtime() { Root::Runtime } else { Root::Env };
    let file = component.source.as_ref().map(|source| source.file.as_str()).unwrap_or_default();
    let tags = WheelName::parse(file).map(|wheel| wheel.platforms).unwrap_or_default();
    Ok(Unit { name: component.name.clone(), root, tags, objects })
}
