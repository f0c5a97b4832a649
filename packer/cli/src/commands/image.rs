//! `image`: images of archives for containers.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use confique::Layer as _;
use snakecrate_base::temporary;
use snakecrate_base::ui::Ui;
use snakecrate_format::size::Size;
use snakecrate_format::target::{TARGETS, Target};
use snakecrate_image::{Base, Compression, Image};
use snakecrate_registry::Reference;

use super::artifacts;
use super::registry::Registries;
use super::{Error, build, package, proving, runtime};
use crate::archive::Archive;
use crate::build::Build;
use crate::build_cache::BuildCache;
use crate::cli::{ImageArgs, ImageCommand, LayerCompression, RebaseArgs};
use crate::image::{self, Labels, Maker, Old, architecture};
use crate::settings::{LibcChoice, Options, Settings};
use crate::source::{self, Source};

/// `snakecrate image`
pub(super) fn image(args: &ImageArgs, ui: Ui) -> Result<(), Error> {
    if let Some(ImageCommand::Rebase(args)) = &args.command {
        return rebase(args, ui);
    }
    let cache = BuildCache::open().map_err(image::Error::from)?;
    let registries = Registries::new(&args.registry, &cache, ui);
    // A name that isn't one is reported before the build, and so is a base that cannot be had.
    let target = args.push.as_deref().map(str::parse).transpose()?;
    let below = args.base.as_deref().map(|base| Below::read(base, &registries)).transpose()?;
    let (mut image, name) = made(args, below.as_ref(), &cache, ui)?;
    let source = below.as_ref().and_then(|below| below.reference.as_ref());
    let default = || target.is_none().then(|| PathBuf::from(format!("{name}.oci")));
    if let Some(output) = args.options.output.clone().or_else(default) {
        if let Some(source) = source {
            registries.pull_layers(&mut image, source)?;
        }
        write(&image, &name, &output, ui)?;
    }
    target.map_or(Ok(()), |target| registries.push(&image, &target, source))
}

/// `snakecrate image rebase`
fn rebase(args: &RebaseArgs, ui: Ui) -> Result<(), Error> {
    let cache = BuildCache::open().map_err(image::Error::from)?;
    let registries = Registries::new(&args.registry, &cache, ui);
    let target = args.push.as_deref().map(str::parse).transpose()?;
    let old = Below::read(&args.image, &registries)?;
    let target: Option<Reference> = target.or_else(|| {
        let is_asked = args.output.is_none();
        old.reference.clone().filter(|_| is_asked)
    });
    if target.is_none() && args.output.is_none() {
        return Err(Error::NoOutput(args.image.clone()));
    }
    let level = Settings::resolve([args.options(TARGETS[0])]).level;
    let compression = match args.compression {
        LayerCompression::Gzip => Compression::Gzip,
        LayerCompression::Zstd => Compression::Zstd(level),
    };
    let maker = Maker::new(&cache, compression, ui)?;
    let temporary = cache.temporary_directory();
    let temporary =
        temporary.map_err(|source| Error::Directory { path: cache.path().to_owned(), source })?;
    let mut image = maker.rebase(&old.image, |old: &Old| {
        let path = temporary.path().join(old.target.name);
        runtime::write(&Settings::resolve([args.options(old.target)]), &path, ui)?;
        Ok::<_, Error>(Archive::open_any(&path)?)
    })?;
    let source = old.reference.as_ref();
    if let Some(output) = &args.output {
        if let Some(source) = source {
            registries.pull_layers(&mut image, source)?;
        }
        let name = source.map_or("image", Reference::repository);
        let name = name.rsplit('/').next().unwrap_or(name);
        write(&image, name, output, ui)?;
    }
    target.map_or(Ok(()), |target| registries.push(&image, &target, source))
}

/// The image that the one to make is put on, or that gets another runtime.
struct Below {
    /// The user's name for it.
    name: String,
    image: Image,
    /// Its name in a registry, where its layers are.
    reference: Option<Reference>,
}

impl Below {
    /// The image in the OCI layout or registry that `name` is.
    fn read(name: &str, registries: &Registries<'_>) -> Result<Self, Error> {
        let path = Path::new(name);
        let (image, reference) = if path.is_dir() {
            (Image::read_layout(path).map_err(image::Error::from)?, None)
        } else {
            let reference = name.parse()?;
            (registries.pull(&reference)?, Some(reference))
        };
        Ok(Self { name: name.to_owned(), image, reference })
    }

    /// The part for `target`.
    fn base(&self, target: &'static Target) -> Result<Base, Error> {
        let base = Base::of(&self.image, &self.name, &architecture(target));
        Ok(base.map_err(image::Error::from)?)
    }
}

/// The image that the arguments ask for, and its name. Its layers are in `cache`.
fn made(
    args: &ImageArgs,
    below: Option<&Below>,
    cache: &BuildCache,
    ui: Ui,
) -> Result<(Image, String), Error> {
    let labels = Labels::given(&args.labels)?;
    let archives = args.sources.iter().filter_map(|source| archive_at(source));
    let archives: Vec<_> = archives.collect();
    if archives.len() == args.sources.len() {
        return of_archives(&archives, args, below, &labels, cache, ui);
    }
    match args.sources.as_slice() {
        [source] => of_source(source, args, below, labels, cache, ui),
        _ => Err(Error::SeveralSources),
    }
}

/// The archive that `source` is, which is no source then.
fn archive_at(source: &str) -> Option<PathBuf> {
    let is_file = Path::new(source).is_file();
    match is_file.then(|| Source::detect(source)) {
        Some(Err(source::Error::Archive(path))) => Some(path),
        _ => None,
    }
}

/// The image of finished archives, one for each target.
fn of_archives(
    paths: &[PathBuf],
    args: &ImageArgs,
    below: Option<&Below>,
    labels: &Labels,
    cache: &BuildCache,
    ui: Ui,
) -> Result<(Image, String), Error> {
    let of_image = Options { output: None, level: None, ..args.options.clone() };
    package::refuse_options(&paths[0], &of_image, args.artifact.as_ref())?;
    let settings = Settings::resolve([args.options.clone()]);
    let maker = Maker::new(cache, compression(args, &settings), ui)?;
    let mut images = Vec::new();
    let mut name = String::new();
    for path in paths {
        let archive = Archive::open(path)?;
        images.push(of_archive(&archive, &maker, below, labels)?);
        name.clone_from(&archive.manifest().name);
    }
    Ok((Image::for_all(images).map_err(image::Error::from)?, name))
}

fn of_archive(
    archive: &Archive,
    maker: &Maker<'_>,
    below: Option<&Below>,
    labels: &Labels,
) -> Result<Image, Error> {
    let base = below.map(|below| below.base(archive.target()?)).transpose()?;
    Ok(maker.image(archive, labels, base.as_ref())?)
}

/// The image of a source, whose archive is built and proven for each target.
fn of_source(
    source: &str,
    args: &ImageArgs,
    below: Option<&Below>,
    labels: Labels,
    cache: &BuildCache,
    ui: Ui,
) -> Result<(Image, String), Error> {
    let (source, artifacts) = build::resolve(&args.build(source), &Options::empty())?;
    let mut artifact = artifacts::only(artifacts, "an image is of one of them")?;
    if artifact.settings.libc == LibcChoice::Host {
        return Err(Error::HostLibrary);
    }
    // Nothing else is there.
    artifact.settings.libc = LibcChoice::Bundled;
    let labels = match source.directory_of_files() {
        Some(directory) => labels.with_revision_of(directory),
        None => labels,
    };
    let settings = &artifact.settings;
    let maker = Maker::new(cache, compression(args, settings), ui)?;
    let images = Mutex::new((Vec::new(), String::new()));
    let one = |mut build: Build, _, _: &'static Target, _: &dyn Fn() -> _| {
        let directory = cache.temporary_directory();
        let directory = directory
            .map_err(|source| Error::Directory { path: cache.path().to_owned(), source })?;
        let name = artifact.name.as_deref().unwrap_or(build.name()).to_owned();
        let archive = directory.path().join(&name);
        let (aside, proven) =
            build::prove(&mut build, settings, &archive, build::Refused::Removed, ui)?;
        if let Err(error) = proven {
            return Err(proving::unproven(&build, error, None));
        }
        let image = of_archive(&Archive::open(aside.path())?, &maker, below, &labels)?;
        let mut images = images.lock().unwrap_or_else(PoisonError::into_inner);
        images.0.push(image);
        images.1 = name;
        Ok(())
    };
    build::for_each(&source, &artifact, ui, one)?;
    let (images, name) = images.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((Image::for_all(images).map_err(image::Error::from)?, name))
}

/// The compression of layers. An uncompressed tar has uncompressed layers.
fn compression(args: &ImageArgs, settings: &Settings) -> Compression {
    let is_docker_archive = args.options.output.as_deref().is_some_and(is_tar);
    match args.compression {
        _ if is_docker_archive => Compression::None,
        LayerCompression::Gzip => Compression::Gzip,
        LayerCompression::Zstd => Compression::Zstd(settings.level),
    }
}

fn is_tar(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "tar")
}

/// Writes the image to `out`: a docker-archive if that is a `.tar`, else an OCI layout.
fn write(image: &Image, name: &str, out: &Path, ui: Ui) -> Result<(), Error> {
    let tag = image.tag.as_deref().unwrap_or("latest");
    if is_tar(out) {
        let name = format!("{}:{tag}", name.to_lowercase());
        image.write_docker_archive(&name, out).map_err(image::Error::from)?;
        let length = fs::metadata(out).map_or(0, |metadata| metadata.len());
        ui.step("Imaged", format_args!("{} ({}; {name})", out.display(), Size(length)));
        return Ok(());
    }
    let failed = |source| Error::Directory { path: out.to_owned(), source };
    match fs::read_dir(out).map(|mut names| names.next().is_none()) {
        Ok(true) => {}
        // An image of before is replaced, and nothing else.
        Ok(false) if out.join("oci-layout").is_file() => {}
        Ok(false) => return Err(failed(io::ErrorKind::DirectoryNotEmpty.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let parent = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let staging = temporary::directory_with(&temporary::executable_builder(), parent);
    let staging = staging.map_err(failed)?;
    image.write_layout(staging.path()).map_err(image::Error::from)?;
    if out.exists() {
        fs::remove_dir_all(out).map_err(failed)?;
    }
    fs::rename(staging.path(), out).map_err(failed)?;
    let _gone = staging.keep();
    let length = image.blobs.values().map(|blob| blob.size).sum();
    let targets = image.host_manifests().count();
    let targets = if targets > 1 { format!("{targets} targets; ") } else { String::new() };
    ui.step("Imaged", format_args!("{}:{tag} ({targets}{})", out.display(), Size(length)));
    Ok(())
}
