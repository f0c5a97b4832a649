mod foreign;

use std::fs;

use super::*;
use crate::build_cache::BuildCache;
use crate::wheel::testing::{Forge, real_interpreter};
use snakecrate_base::skip;
use snakecrate_base::ui::Verbosity;

/// Whether there is a uv to test with.
fn has_uv() -> bool {
    match find_uv::find(Path::new("python3")) {
        Ok(_) => true,
        Err(error) => skip!("{error}"),
    }
}

fn quiet() -> Ui {
    Ui::new(Verbosity::Quiet)
}

/// Runs `check` in a directory of its own: `wheels` is for `--find-links`.
fn resolving(check: impl Fn(&Path, &dyn Fn(&Inputs) -> Result<Vec<Fetched>, Error>)) {
    if !has_uv() {
        return;
    }
    let interpreter = real_interpreter();
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::create_dir(root.join("wheels")).unwrap();
    let resolve = |inputs: &Inputs| {
        let options = Options {
            offline: true,
            find_links: vec![root.join("wheels").to_string_lossy().into_owned()],
            cache: BuildCache::at(root.join("cache")),
            ..Options::default()
        };
        super::resolve(&interpreter, inputs, &options, quiet())
    };
    check(root, &resolve);
}

/// A wheel of nothing but metadata, for all.
fn forge(directory: &Path, name: &str, version: &str, requires: &[&str]) -> PathBuf {
    forge_for(directory, name, version, "py3-none-any", requires)
}

/// A wheel of nothing but metadata, with a tag.
fn forge_for(directory: &Path, name: &str, version: &str, tag: &str, requires: &[&str]) -> PathBuf {
    let mut forge = Forge::new();
    forge.file = format!("{name}-{version}-{tag}.whl");
    let mut metadata =
        format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nProvides-Extra: more\n");
    for requirement in requires {
        metadata.extend(["Requires-Dist: ", requirement, "\n"]);
    }
    forge.files.clear();
    let info = format!("{name}-{version}.dist-info");
    forge.add(&format!("{info}/METADATA"), metadata.as_bytes());
    let wheel = format!("Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n");
    forge.add(&format!("{info}/WHEEL"), wheel.as_bytes());
    forge.write_as(directory, &info)
}

fn requirements(texts: &[&str]) -> Inputs {
    Inputs {
        requirements: texts.iter().map(|text| (*text).to_owned()).collect(),
        ..Inputs::default()
    }
}

fn names(fetched: &[Fetched]) -> Vec<String> {
    fetched.iter().map(|wheel| format!("{} {}", wheel.name, wheel.version)).collect()
}

#[test]
fn large_local_wheels_are_fetched_whole_behind_their_stand_ins() {
    resolving(|root, resolve| {
        let mut large = Forge::new();
        large.file = "stand_in_demo-1.0-py3-none-any.whl".into();
        let mut noise = vec![0; 9 << 20];
        blake3::Hasher::new().finalize_xof().fill(&mut noise);
        large.add("demo/noise", &noise);
        let metadata = b"Metadata-Version: 2.1\nName: stand-in-demo\nVersion: 1.0\n";
        large.files.retain(|(path, ..)| !path.contains(".dist-info"));
        large.add("stand_in_demo-1.0.dist-info/METADATA", metadata);
        large.add("stand_in_demo-1.0.dist-info/WHEEL", b"Wheel-Version: 1.0\nTag: py3-none-any\n");
        let wheel = large.write_as(&root.join("wheels"), "stand_in_demo-1.0.dist-info");
        let fetched = resolve(&requirements(&["stand-in-demo"])).unwrap();
        // The real wheel, not the one that uv saw.
        assert_eq!(fs::read(&fetched[0].path).unwrap(), fs::read(&wheel).unwrap());
        assert_eq!(fetched[0].sha256, snakecrate_download::file_sha256(&wheel).unwrap());
        // Offline again, from the cache of wheels alone.
        fs::remove_file(&wheel).unwrap();
        let again = resolve(&requirements(&["stand_in_demo>=1"])).unwrap();
        assert_eq!(again, fetched);
    });
}

#[test]
fn dependencies_are_fetched_once() {
    resolving(|root, resolve| {
        let wheels = root.join("wheels");
        forge(&wheels, "app", "1.0", &["lib>=1"]);
        forge(&wheels, "lib", "1.0", &[]);
        forge(&wheels, "lib", "2.0", &[]);
        let fetched = resolve(&requirements(&["App"])).unwrap();
        assert_eq!(names(&fetched), ["app 1.0", "lib 2.0"]);
        for wheel in &fetched {
            assert_eq!(snakecrate_download::file_sha256(&wheel.path).unwrap(), wheel.sha256);
            assert!(
                matches!(&wheel.origin, Origin::Index { sha256, .. } if *sha256 == wheel.sha256)
            );
        }
        fs::remove_dir_all(&wheels).unwrap();
        fs::create_dir(&wheels).unwrap();
        let again = resolve(&requirements(&["App"])).unwrap();
        assert_eq!(names(&again), ["app 1.0", "lib 2.0"]);
        let other = resolve(&requirements(&["lib<2", "app"]));
        assert!(
            matches!(other, Err(Error::OfflineResolution(_))),
            "lib 1.0 was never fetched: {other:?}"
        );
    });
}

#[test]
fn a_users_wheel_brings_the_requirements_of_its_extras() {
    resolving(|root, resolve| {
        forge(&root.join("wheels"), "lib", "1.0", &[]);
        let path = forge(root, "app", "1.0", &["lib ; extra == 'more'"]);
        let plain = Inputs {
            local: Some(Local { path: path.clone(), extras: vec![], all_extras: false }),
            ..Inputs::default()
        };
        assert_eq!(names(&resolve(&plain).unwrap()), ["app 1.0"]);
        let more = Inputs {
            local: Some(Local { path, extras: vec!["more".into()], all_extras: false }),
            ..Inputs::default()
        };
        let fetched = resolve(&more).unwrap();
        assert_eq!(names(&fetched), ["app 1.0", "lib 1.0"]);
        assert_eq!(fetched.iter().map(|wheel| wheel.local).collect::<Vec<_>>(), [true, false]);
    });
}

#[test]
fn hashes_in_requirements_files_are_honoured() {
    resolving(|root, resolve| {
        let lib = forge(&root.join("wheels"), "lib", "1.0", &[]);
        let list = root.join("list.txt");
        let with_hash = |hash: &str| {
            fs::write(&list, format!("lib==1.0 --hash=sha256:{hash}\n")).unwrap();
            resolve(&Inputs { files: vec![list.clone()], ..Inputs::default() })
        };
        let right = snakecrate_download::file_sha256(&lib).unwrap();
        assert_eq!(names(&with_hash(&right).unwrap()), ["lib 1.0"]);
        let wrong = with_hash(&"0".repeat(64));
        assert!(matches!(wrong, Err(Error::Hash(_) | Error::OfflineResolution(_))), "{wrong:?}");
    });
}

#[test]
fn offline_errors_quote_uv() {
    resolving(|root, resolve| {
        forge(&root.join("wheels"), "app", "1.0", &["missing-thing>=3"]);
        let error = resolve(&requirements(&["app"])).unwrap_err();
        assert!(matches!(error, Error::OfflineResolution(_)), "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains("\n    No solution found") && text.contains("missing-thing"),
            "{text}"
        );
    });
}

#[test]
fn a_wheel_for_another_python_is_refused_at_once() {
    resolving(|root, resolve| {
        let path = root.join("demo-1.0-cp27-cp27mu-manylinux1_x86_64.whl");
        fs::copy(Forge::new().write(root), &path).unwrap();
        let local = Some(Local { path, extras: vec![], all_extras: false });
        let error = resolve(&Inputs { local, ..Inputs::default() }).unwrap_err();
        assert!(error.to_string().contains("the wheel is for cp27"), "{error}");
    });
}

#[test]
fn projects_in_two_directories_become_the_same_bytes() {
    if !has_uv() {
        return;
    }
    let first = built_project(Path::new("project"));
    assert_eq!(built_project(Path::new("elsewhere/project")), first);
}

/// Builds a project with setuptools, twice, and returns the wheel's digest; none without an index.
fn built_project(place: &Path) -> Option<String> {
    let interpreter = real_interpreter();
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("tried.txt");
    fs::write(&list, "setuptools\n").unwrap();
    let uv = find_uv::find(Path::new("python3")).unwrap();
    let mut compile = std::process::Command::new(uv);
    let tried = compile.args(["pip", "compile", "--quiet", "--no-cache"]).arg(&list).output();
    let tried = tried.unwrap();
    if !tried.status.success() {
        let words = String::from_utf8_lossy(&tried.stderr);
        skip!("uv cannot find setuptools: {}", words.lines().last().unwrap_or_default());
    }
    let project = directory.path().join(place);
    fs::create_dir_all(project.join("demo")).unwrap();
    fs::write(project.join("demo/__init__.py"), "def main(): pass\n").unwrap();
    let setup = "from setuptools import setup\nsetup(name='demo', version='1', \
                 packages=['demo'], scripts=['tool'])\n";
    fs::write(project.join("setup.py"), setup).unwrap();
    fs::write(project.join("tool"), "#!/usr/bin/env python3\n").unwrap();
    let inputs = Inputs {
        local: Some(Local { path: project.clone(), extras: vec![], all_extras: false }),
        ..Inputs::default()
    };
    let options =
        Options { cache: BuildCache::at(directory.path().join("cache")), ..Options::default() };
    let resolve = |offline| {
        let options = Options { offline, ..options.clone() };
        super::resolve(&interpreter, &inputs, &options, quiet()).unwrap().remove(0)
    };
    let built = resolve(false);
    assert_eq!((built.name.as_str(), &built.origin, built.local), ("demo", &Origin::Built, true));
    let left: usize = walkdir::WalkDir::new(&project).into_iter().count();
    assert_eq!(left, 5, "something was left in the project");
    assert_eq!(resolve(true), built, "nothing changed, so nothing is built");
    Some(built.sha256)
}

fn digest(path: &Path) -> String {
    snakecrate_download::file_sha256(path).unwrap()
}

/// A distribution of which a lock lists one digest.
fn locked(name: &str, version: &str, sha256: &str) -> Locked {
    Locked {
        name: name.to_owned(),
        version: Some(version.parse().unwrap()),
        source: LockedSource::Index { sha256: [sha256.to_owned()].into(), url: None },
    }
}

#[test]
fn locked_files_are_looked_up_and_others_keep_to_them() {
    if !has_uv() {
        return;
    }
    let interpreter = real_interpreter();
    let directory = tempfile::tempdir().unwrap();
    let wheels = directory.path().join("wheels");
    fs::create_dir(&wheels).unwrap();
    let lib = digest(&forge(&wheels, "lib", "1.0", &[]));
    forge(&wheels, "lib", "2.0", &[]);
    forge(&wheels, "app", "1.0", &["lib>=1"]);
    forge(&wheels, "new", "1.0", &["lib>=2"]);
    let options = Options {
        offline: true,
        find_links: vec![wheels.to_string_lossy().into_owned()],
        cache: BuildCache::at(directory.path().join("cache")),
        ..Options::default()
    };
    let get = |sha256: &str, with: &[&str]| {
        let pins = [locked("lib", "1.0", sha256)];
        resolve_pins(&interpreter, &pins, &requirements(with), &options, quiet())
    };
    assert_eq!(names(&get(&lib, &[]).unwrap()), ["lib 1.0"]);
    assert_eq!(names(&get(&lib, &["app"]).unwrap()), ["app 1.0", "lib 1.0"]);
    let conflict = get(&lib, &["new"]).unwrap_err();
    assert!(matches!(conflict, Error::OfflineResolution(_)), "{conflict}");
    let other = get(&"0".repeat(64), &[]).unwrap_err();
    assert!(matches!(&other, Error::Hash(name) if name == "lib"), "{other}");
}

#[test]
fn a_source_distribution_is_built_from_its_subdirectory() {
    if !has_uv() {
        return;
    }
    let interpreter = real_interpreter();
    let directory = tempfile::tempdir().unwrap();
    let project = directory.path().join("demo-1/below/demo");
    fs::create_dir_all(&project).unwrap();
    let backend = "def build_wheel(out, config=None, metadata=None):\n    import shutil\n    \
                   return shutil.copy(WHEEL, out).rpartition('/')[2]\n";
    let wheel = forge(directory.path(), "demo", "1", &[]);
    let wheel = format!("WHEEL = {:?}\n{backend}", wheel.to_str().unwrap());
    fs::write(project.join("backend.py"), wheel).unwrap();
    let system = "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n";
    fs::write(project.join("pyproject.toml"), system).unwrap();
    let archive = directory.path().join("demo-1.tar.gz");
    let file = fs::File::create(&archive).unwrap();
    let mut tar =
        tar::Builder::new(flate2::write::GzEncoder::new(file, flate2::Compression::fast()));
    tar.append_dir_all("demo-1", directory.path().join("demo-1")).unwrap();
    tar.into_inner().unwrap().finish().unwrap();
    let source = Remote {
        url: paths::file_url(&archive),
        sha256: Some(digest(&archive)),
        subdirectory: Some("below/demo".into()),
        index: None,
    };
    let source = LockedSource::Files { wheels: vec![], sdist: Some(source) };
    let pin = Locked { source, ..locked("demo", "1", "") };
    let options =
        Options { cache: BuildCache::at(directory.path().join("cache")), ..Options::default() };
    let fetched =
        resolve_pins(&interpreter, &[pin], &Inputs::default(), &options, quiet()).unwrap();
    assert_eq!(names(&fetched), ["demo 1"]);
    assert_eq!(fetched[0].origin, Origin::Built);
}
