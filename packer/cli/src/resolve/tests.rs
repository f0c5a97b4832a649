use std::fs;

use super::*;
use crate::wheel::testing::{Forge, real_interpreter};
use snakecrate_base::ui::Verbosity;

/// The tools of this machine: pip always, uv where it is there.
fn tools(interpreter: &Interpreter) -> Vec<Tool> {
    let pip = tool::find_pip(interpreter).map(Tool::Pip).expect("no pip for the tests' python3");
    let uv = Some(Tool::find(interpreter, quiet()).unwrap());
    let uv = uv.filter(|tool| matches!(tool, Tool::Uv(_)));
    uv.into_iter().chain([pip]).collect()
}

fn quiet() -> Ui {
    Ui::new(Verbosity::Quiet)
}

/// Runs `check` with every tool, in a directory of its own: `wheels` is for `--find-links`.
fn with_each_tool(check: impl Fn(&Path, &dyn Fn(&Wanted, bool) -> Result<Vec<Fetched>, Error>)) {
    let interpreter = real_interpreter();
    for tool in tools(&interpreter) {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir(root.join("wheels")).unwrap();
        let resolve = |wanted: &Wanted, no_build| {
            let options = Options {
                offline: true,
                no_build,
                find_links: vec![root.join("wheels").to_string_lossy().into_owned()],
                cache: root.join("cache"),
                ..Options::default()
            };
            resolve_with(OnceCell::from(tool.clone()), &interpreter, wanted, &options, quiet())
        };
        check(root, &resolve);
    }
}

/// A wheel of nothing but metadata.
fn forge(directory: &Path, name: &str, version: &str, requires: &[&str]) -> PathBuf {
    let mut forge = Forge::new();
    forge.file = format!("{name}-{version}-py3-none-any.whl");
    let mut metadata =
        format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nProvides-Extra: more\n");
    for requirement in requires {
        metadata.extend(["Requires-Dist: ", requirement, "\n"]);
    }
    forge.files.clear();
    let info = format!("{name}-{version}.dist-info");
    forge.add(&format!("{info}/METADATA"), metadata.as_bytes());
    let wheel = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
    forge.add(&format!("{info}/WHEEL"), wheel);
    forge.write_as(directory, &info)
}

fn requirements(texts: &[&str]) -> Wanted {
    Wanted {
        requirements: texts.iter().map(|text| (*text).to_owned()).collect(),
        ..Wanted::default()
    }
}

fn names(fetched: &[Fetched]) -> Vec<String> {
    fetched.iter().map(|wheel| format!("{} {}", wheel.name, wheel.version)).collect()
}

#[test]
fn dependencies_come_along_and_what_is_cached_needs_no_source() {
    with_each_tool(|root, resolve| {
        let wheels = root.join("wheels");
        forge(&wheels, "app", "1.0", &["lib>=1"]);
        forge(&wheels, "lib", "1.0", &[]);
        forge(&wheels, "lib", "2.0", &[]);
        let fetched = resolve(&requirements(&["App"]), true).unwrap();
        assert_eq!(names(&fetched), ["app 1.0", "lib 2.0"]);
        for wheel in &fetched {
            assert_eq!(snakecrate_base::download::file_sha256(&wheel.path).unwrap(), wheel.sha256);
            assert!(
                matches!(&wheel.origin, Origin::Index { sha256, .. } if *sha256 == wheel.sha256)
            );
        }
        fs::remove_dir_all(&wheels).unwrap();
        fs::create_dir(&wheels).unwrap();
        let again = resolve(&requirements(&["App"]), true).unwrap();
        assert_eq!(names(&again), ["app 1.0", "lib 2.0"]);
        let other = resolve(&requirements(&["lib<2", "app"]), true);
        assert!(matches!(other, Err(Error::Offline(_))), "lib 1.0 was never fetched: {other:?}");
    });
}

#[test]
fn a_wheel_of_the_users_is_there_with_its_extras() {
    with_each_tool(|root, resolve| {
        forge(&root.join("wheels"), "lib", "1.0", &[]);
        let path = forge(root, "app", "1.0", &["lib ; extra == 'more'"]);
        let plain = Wanted {
            local: Some(Local { path: path.clone(), extras: vec![] }),
            ..Wanted::default()
        };
        assert_eq!(names(&resolve(&plain, false).unwrap()), ["app 1.0"]);
        let more = Wanted {
            local: Some(Local { path, extras: vec!["more".into()] }),
            ..Wanted::default()
        };
        let fetched = resolve(&more, false).unwrap();
        assert_eq!(names(&fetched), ["app 1.0", "lib 1.0"]);
        assert_eq!(fetched.iter().map(|wheel| wheel.local).collect::<Vec<_>>(), [true, false]);
    });
}

#[test]
fn hashes_in_requirements_files_are_honoured() {
    with_each_tool(|root, resolve| {
        let lib = forge(&root.join("wheels"), "lib", "1.0", &[]);
        let list = root.join("list.txt");
        let with_hash = |hash: &str| {
            fs::write(&list, format!("lib==1.0 --hash=sha256:{hash}\n")).unwrap();
            resolve(&Wanted { files: vec![list.clone()], ..Wanted::default() }, false)
        };
        let right = snakecrate_base::download::file_sha256(&lib).unwrap();
        assert_eq!(names(&with_hash(&right).unwrap()), ["lib 1.0"]);
        let wrong = with_hash(&"0".repeat(64));
        assert!(matches!(wrong, Err(Error::Hash(_) | Error::Offline(_))), "{wrong:?}");
    });
}

#[test]
fn what_cannot_be_had_offline_is_said_in_the_tools_words() {
    with_each_tool(|root, resolve| {
        forge(&root.join("wheels"), "app", "1.0", &["missing-thing>=3"]);
        let error = resolve(&requirements(&["app"]), true).unwrap_err();
        assert!(matches!(error, Error::Offline(_)), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("missing-thing") && !text.contains('\n'), "{text}");
    });
}

#[test]
fn a_wheel_for_another_python_is_refused_before_anything_is_asked() {
    with_each_tool(|root, resolve| {
        let path = root.join("demo-1.0-cp27-cp27mu-manylinux1_x86_64.whl");
        fs::copy(Forge::new().write(root), &path).unwrap();
        let local = Some(Local { path, extras: vec![] });
        let error = resolve(&Wanted { local, ..Wanted::default() }, false).unwrap_err();
        assert!(error.to_string().contains("the wheel is for cp27"), "{error}");
    });
}

/// Needs the index, for setuptools.
#[test]
fn projects_are_built_alike_by_every_tool_and_left_as_they_were() {
    let interpreter = real_interpreter();
    let directory = tempfile::tempdir().unwrap();
    let mut wheels = Vec::new();
    for (number, tool) in tools(&interpreter).into_iter().enumerate() {
        let project = directory.path().join(format!("project-{number}"));
        fs::create_dir_all(project.join("demo")).unwrap();
        fs::write(project.join("demo/__init__.py"), "def main(): pass\n").unwrap();
        let setup = "from setuptools import setup\nsetup(name='demo', version='1', \
                     packages=['demo'], scripts=['tool'])\n";
        fs::write(project.join("setup.py"), setup).unwrap();
        fs::write(project.join("tool"), "#!/usr/bin/env python3\n").unwrap();
        let wanted = Wanted {
            local: Some(Local { path: project.clone(), extras: vec![] }),
            ..Wanted::default()
        };
        let options = Options {
            cache: directory.path().join(format!("cache-{number}")),
            ..Options::default()
        };
        let resolve = |offline| {
            let options = Options { offline, ..options.clone() };
            let tool = OnceCell::from(tool.clone());
            resolve_with(tool, &interpreter, &wanted, &options, quiet()).unwrap().remove(0)
        };
        let built = resolve(false);
        assert_eq!(
            (built.name.as_str(), &built.origin, built.local),
            ("demo", &Origin::Built, true)
        );
        let left: usize = walkdir::WalkDir::new(&project).into_iter().count();
        assert_eq!(left, 5, "something was left in the project");
        assert_eq!(resolve(true), built, "nothing changed, so nothing is built");
        wheels.push(built.sha256);
    }
    wheels.dedup();
    assert_eq!(wheels.len(), 1, "the same bytes wherever the project is and whatever builds it");
}
