//! Resolutions for another target than this machine's.

use snakecrate_base::error::Remedy as _;
use snakecrate_format::target::{AARCH64_LINUX, Target, X86_64_LINUX};

use super::*;

/// A target that this machine isn't.
fn foreign() -> &'static Target {
    let host = snakecrate_base::host::target().unwrap();
    if host == &AARCH64_LINUX { &X86_64_LINUX } else { &AARCH64_LINUX }
}

/// The tag of wheels for `target`, whatever the Python.
fn tag(target: &Target) -> String {
    format!("py3-none-manylinux_2_28_{}", target.wheel_processor)
}

/// A place with `wheels` for `--find-links`, and this machine's Python as one of the foreign target.
struct Place {
    directory: tempfile::TempDir,
    python: Interpreter,
}

impl Place {
    /// None without uv.
    fn new() -> Option<Self> {
        if !has_uv() {
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("wheels")).unwrap();
        Some(Self { directory, python: Interpreter { target: foreign(), ..real_interpreter() } })
    }

    fn wheels(&self) -> PathBuf {
        self.directory.path().join("wheels")
    }

    fn options(&self) -> Options {
        Options {
            offline: true,
            find_links: vec![self.wheels().to_string_lossy().into_owned()],
            cache: BuildCache::at(self.directory.path().join("cache")),
            ..Options::default()
        }
    }

    fn resolve(&self, inputs: &Inputs) -> Result<Vec<Fetched>, Error> {
        super::super::resolve(&self.python, inputs, &self.options(), quiet())
    }

    /// A source distribution whose build makes a wheel with `tag`, in the directory for
    /// `--find-links`. Returns its path.
    fn sdist(&self, name: &str, version: &str, tag: &str) -> PathBuf {
        let project = self.project(name, version, tag);
        let path = self.wheels().join(format!("{name}-{version}.tar.gz"));
        let file = fs::File::create(&path).unwrap();
        let gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        let mut tar = tar::Builder::new(gzip);
        tar.append_dir_all(format!("{name}-{version}"), project).unwrap();
        tar.into_inner().unwrap().finish().unwrap();
        path
    }

    /// A project whose build makes a wheel with `tag`. It needs no other distribution.
    fn project(&self, name: &str, version: &str, tag: &str) -> PathBuf {
        let project = self.directory.path().join("projects").join(name);
        fs::create_dir_all(&project).unwrap();
        let wheel = forge_for(&project, name, version, tag, &[]);
        let backend = format!(
            "import shutil\ndef build_wheel(out, config=None, metadata=None):\n    \
             return shutil.copy({:?}, out).rpartition('/')[2]\n",
            wheel.file_name().unwrap().to_str().unwrap()
        );
        let metadata = format!("Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n");
        let system = "[build-system]\nrequires = []\nbuild-backend = 'backend'\n\
                      backend-path = ['.']\n";
        let table = format!("[project]\nname = '{name}'\nversion = '{version}'\n");
        for (file, text) in [
            ("backend.py", backend),
            ("PKG-INFO", metadata),
            ("pyproject.toml", format!("{system}{table}")),
        ] {
            fs::write(project.join(file), text).unwrap();
        }
        project
    }
}

fn files(fetched: &[Fetched]) -> Vec<String> {
    let name = |wheel: &Fetched| wheel.path.file_name().unwrap().to_str().unwrap().to_owned();
    fetched.iter().map(name).collect()
}

#[test]
fn wheels_and_markers_are_those_of_the_target() {
    let Some(place) = Place::new() else { return };
    let (own, wheels) = (snakecrate_base::host::target().unwrap(), place.wheels());
    for target in [own, foreign()] {
        forge_for(&wheels, "lib", "1.0", &tag(target), &[]);
        forge(&wheels, target.wheel_processor, "1.0", &[]);
    }
    let requires = [own, foreign()].map(|target| {
        let processor = target.wheel_processor;
        format!("{processor}; platform_machine == '{processor}'")
    });
    forge(&wheels, "app", "1.0", &["lib", &requires[0], &requires[1]]);
    let fetched = place.resolve(&requirements(&["app"])).unwrap();
    let mut expected = vec![
        "app-1.0-py3-none-any.whl".to_owned(),
        format!("lib-1.0-{}.whl", tag(foreign())),
        format!("{}-1.0-py3-none-any.whl", foreign().wheel_processor),
    ];
    expected.sort();
    let mut found = files(&fetched);
    found.sort();
    assert_eq!(found, expected);
    // The same requirements for this machine are another resolution.
    let here = super::super::resolve(
        &real_interpreter(),
        &requirements(&["app"]),
        &place.options(),
        quiet(),
    );
    assert!(files(&here.unwrap()).contains(&format!("lib-1.0-{}.whl", tag(own))));
}

#[test]
fn the_versions_of_markers_are_the_targets() {
    let Some(mut place) = Place::new() else { return };
    let wheels = place.wheels();
    place.python.full_version = format!("{}.99", place.python.minor());
    let marker = format!("lib; python_full_version == '{}'", place.python.full_version);
    forge(&wheels, "app", "1.0", &[&marker]);
    forge(&wheels, "lib", "1.0", &[]);
    let fetched = place.resolve(&requirements(&["app"])).unwrap();
    assert_eq!(names(&fetched), ["app 1.0", "lib 1.0"]);
}

#[test]
fn a_build_for_a_foreign_target_has_to_be_for_all() {
    let Some(place) = Place::new() else { return };
    let own =
        format!("py3-none-linux_{}", snakecrate_base::host::target().unwrap().wheel_processor);
    place.sdist("pure", "1.0", "py3-none-any");
    let fetched = place.resolve(&requirements(&["pure"])).unwrap();
    assert_eq!(files(&fetched), ["pure-1.0-py3-none-any.whl"]);
    assert_eq!(fetched[0].origin, Origin::Built);

    place.sdist("native", "1.0", &own);
    let error = place.resolve(&requirements(&["native"])).unwrap_err();
    assert!(
        matches!(&error, Error::Foreign { what, file, .. }
            if what == "native-1.0.tar.gz" && *file == format!("native-1.0-{own}.whl")),
        "{error:?}"
    );
    assert!(error.remedy().unwrap().contains("--find-links"), "{error:?}");
    // A cross-compiled one is for the target.
    place.sdist("crossed", "1.0", &format!("py3-none-linux_{}", foreign().wheel_processor));
    assert_eq!(names(&place.resolve(&requirements(&["crossed"])).unwrap()), ["crossed 1.0"]);
}

#[test]
fn the_users_own_project_has_to_be_for_all_too() {
    let Some(place) = Place::new() else { return };
    let own =
        format!("py3-none-linux_{}", snakecrate_base::host::target().unwrap().wheel_processor);
    let get = |name: &str, tag: &str| {
        let path = place.project(name, "1.0", tag);
        let local = Some(Local { path, extras: vec![], all_extras: false });
        place.resolve(&Inputs { local, ..Inputs::default() })
    };
    assert_eq!(names(&get("mine", "py3-none-any").unwrap()), ["mine 1.0"]);
    let error = get("built", &own).unwrap_err();
    assert!(matches!(&error, Error::Foreign { what, .. } if what.ends_with("/built")), "{error:?}");
}

#[test]
fn a_lock_without_a_wheel_for_the_target_is_an_error_with_its_name() {
    let Some(place) = Place::new() else { return };
    let own = snakecrate_base::host::target().unwrap();
    let remote = |path: &Path| Remote {
        url: paths::file_url(path),
        sha256: Some(digest(path)),
        subdirectory: None,
        index: None,
    };
    let wheel = remote(&forge_for(&place.wheels(), "lib", "1.0", &tag(own), &[]));
    let sdist = remote(&place.sdist("lib", "1.0", "py3-none-any"));
    let get = |sdist: Option<Remote>| {
        let source = LockedSource::Files { wheels: vec![wheel.clone()], sdist };
        let pin = Locked { source, ..locked("lib", "1.0", "") };
        resolve_pins(&place.python, &[pin], &Inputs::default(), &place.options(), quiet())
    };
    let (without, with) = (get(None).unwrap_err(), get(Some(sdist)).unwrap_err());
    let minor = place.python.minor();
    assert_eq!(
        without.to_string(),
        format!("no file of lib fits Python {minor} on {}", foreign().name)
    );
    assert!(matches!(&with, Error::NoWheel { name, .. } if name == "lib"), "{with:?}");
    assert!(with.remedy().unwrap().contains("a lock file must list the wheel"), "{with:?}");
}
